package io.focusstream.jobs.training.data;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** A dump of settings, {@code name = value}, or a page of metrics. */
final class ConfigScenario implements Scenario {
  private static final List<String> OWN =
      List.of(
          "What is {k}?",
          "{k}",
          "value of {k}",
          "What is {k} set to?",
          "{k} =",
          "{k}=",
          "what is {k}",
          "What is the value of {k}?",
          "setting of {k}",
          "how is {k} configured",
          "What does {k} say?",
          "show {k}",
          "get {k}",
          "config {k}");
  private static final List<String> TITLED =
      List.of(
          "What is the {k}?",
          "{k}",
          "What {k} is it?",
          "the {k}",
          "Which {k}?",
          "what is the {k}",
          "{k}:",
          "which {k} is used",
          "What was the {k}?",
          "show the {k}");
  private final String separator;
  private final String indent;
  private final String joiner;
  private final String title;
  private final boolean metric;
  private boolean titled;
  private final Set<String> used = new HashSet<>();
  private String stem;
  private final LogHeader header;
  private final boolean withHeader;
  private final boolean titles;

  ConfigScenario(Rng rng) {
    metric = rng.chance(0.35);
    separator = metric ? rng.pick(" ", ": ", "=", " = ") : rng.pick(" = ", "=", ": ", " = ", " ");
    indent = rng.pick("", "\t", "  ", "", "    ");
    joiner = rng.pick(".", ".", "_", "-");
    title = rng.pick(Words.CLASS_PARTS) + rng.pick("Config", "Settings", "Options", "Properties");
    stem = rng.pick(Words.NOUNS);
    header = new LogHeader(rng);
    titles = !metric && rng.chance(0.25);
    withHeader = titles || rng.chance(0.15);
  }

  private String name(Rng rng) {
    if (titles) {
      String name =
          Words.capital(rng.chance(0.5) ? stem : rng.pick(Words.NOUNS))
              + " "
              + rng.pick(
                  "version",
                  "id",
                  "commitId",
                  "startTimeMs",
                  "address",
                  "port",
                  "mode",
                  "name",
                  "home",
                  "path",
                  "level",
                  "size",
                  rng.pick(Words.NOUNS));
      return rng.chance(0.3) ? rng.pick(Words.ADJECTIVES) + " " + name : name;
    }
    if (rng.chance(0.2)) {
      stem = rng.pick(Words.PACKAGES);
    }
    StringBuilder out = new StringBuilder(rng.chance(0.6) ? stem : rng.pick(Words.NOUNS));
    for (int i = rng.between(1, 3); i > 0; i--) {
      out.append(joiner)
          .append(rng.chance(0.7) ? rng.pick(Words.NOUNS) : rng.pick(Words.ADJECTIVES));
    }
    if (rng.chance(0.4)) {
      out.append(joiner)
          .append(
              rng.pick(
                  "ms",
                  "bytes",
                  "size",
                  "enabled",
                  "timeout",
                  "max",
                  "min",
                  "count",
                  "class",
                  "path",
                  "interval",
                  "limit",
                  "total",
                  "seconds"));
    }
    return out.toString();
  }

  private String value(Rng rng) {
    if (metric) {
      return rng.chance(0.5)
          ? rng.number(rng.between(1, 8))
          : rng.below(1000) + "." + rng.digits(rng.between(1, 4));
    }
    return switch (rng.below(10)) {
      case 0 -> rng.pick("true", "false");
      case 1 -> rng.pick("null", "none", "auto", "default", "all");
      case 2 ->
          rng.chance(0.6)
              ? Values.path(rng)
              : rng.pick(
                  "[]",
                  "PLAINTEXT",
                  "PLAINTEXT://" + Values.host(rng) + ":" + rng.number(4),
                  "LOG",
                  "0.8",
                  "delete",
                  "[" + rng.pick(Words.NOUNS) + "]");
      case 3 -> Values.packageName(rng) + "." + Values.className(rng);
      case 4 -> Values.host(rng) + ":" + rng.between(1000, 65000);
      case 5 -> Values.duration(rng);
      case 6 -> rng.pick(Words.NOUNS);
      case 7 -> "-1";
      default -> rng.number(rng.between(1, 8));
    };
  }

  @Override
  public void emit(Rng rng, List<DraftLine> out) {
    if (!titled && rng.chance(0.3) && !metric) {
      out.add(DraftLine.plain(title + " values:"));
    }
    titled = true;
    String name = name(rng);
    if (!used.add(name)) {
      return;
    }
    LineBuilder line = new LineBuilder();
    if (withHeader) {
      header.write(line, rng, null, null, List.of());
    }
    line.add(indent).add(name);
    if (metric && rng.chance(0.3)) {
      line.add("{").add(rng.pick(Words.NOUNS)).add("=\"").add(rng.pick(Words.NOUNS)).add("\"}");
    }
    line.add(titles ? ": " : separator);
    String value =
        titles && rng.chance(0.5)
            ? rng.pick(Values.version(rng), rng.hex(16), Values.host(rng), Values.uuid(rng))
            : value(rng);
    line.fact(name, null, "value", List.of("value"), titles ? TITLED : OWN, value, false);
    if (withHeader) {
      header.end(line);
    }
    out.add(line.build());
  }
}
