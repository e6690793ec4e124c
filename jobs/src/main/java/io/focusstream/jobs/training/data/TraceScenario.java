package io.focusstream.jobs.training.data;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Exceptions with their stack traces, between noise. */
final class TraceScenario implements Scenario {
  private final LogHeader header;
  private final double traces;
  private final boolean python;
  private final Set<String> used = new HashSet<>();

  TraceScenario(Rng rng) {
    header = new LogHeader(rng);
    traces = rng.pick(0.1, 0.3, 0.7);
    python = rng.chance(0.2);
  }

  @Override
  public void emit(Rng rng, List<DraftLine> out) {
    if (!rng.chance(traces)) {
      LineBuilder line = new LineBuilder();
      header.write(line, rng, null, null, List.of());
      line.add(ProseTemplates.noise(rng));
      header.end(line);
      out.add(line.build());
      return;
    }
    if (rng.chance(0.6)) {
      LineBuilder line = new LineBuilder();
      header.write(line, rng, null, null, List.of());
      out.add(
          line.add(rng.pick("Failed to ", "Could not ", "Error while trying to ", "Unable to "))
              .add(rng.pick("read", "write", "open", "load", "send", "close"))
              .add(" ")
              .add(rng.pick(Words.NOUNS))
              .build());
    }
    String path = Values.packageName(rng);
    head(rng, out, "", path);
    for (int i = rng.between(1, 5); i > 0; i--) {
      frame(rng, out, rng.chance(0.5) ? path : Values.packageName(rng));
    }
    if (rng.chance(0.5)) {
      head(rng, out, "Caused by: ", Values.packageName(rng));
      for (int i = rng.between(0, 2); i > 0; i--) {
        frame(rng, out, Values.packageName(rng));
      }
      if (rng.chance(0.5)) {
        out.add(DraftLine.plain("\t... " + rng.number(2) + " more"));
      }
    }
  }

  private void head(Rng rng, List<DraftLine> out, String before, String path) {
    String name =
        rng.chance(0.3)
            ? rng.pick(Words.CLASS_PARTS) + rng.pick("Exception", "Error")
            : rng.pick(Words.EXCEPTIONS);
    LineBuilder line =
        new LineBuilder().add(before).add(python ? "" : path + ".").add(name).add(": ");
    List<String> questions =
        before.isEmpty()
            ? List.of(
                "What is the message of {k}?",
                "message of {k}",
                "What did {k} say?",
                "why {k}",
                "what was the {k} about",
                "{k}",
                "What caused the {k}?")
            : List.of(
                "What is the message of {k}?",
                "message of {k}",
                "What did {k} say?",
                "why {k}",
                "{k}",
                "caused by {k}");
    line.fact(name, null, "message", List.of("message", "reason"), questions, message(rng), false);
    out.add(line.build());
  }

  private static String message(Rng rng) {
    return switch (rng.below(5)) {
      case 0 -> Values.reason(rng) + " for " + rng.pick(Words.NOUNS) + "-" + rng.number(2);
      case 1 -> "Cannot " + rng.pick("find", "read", "open") + " " + Values.path(rng);
      case 2 -> Values.host(rng) + ":" + rng.between(1000, 65000) + " is not reachable";
      default -> Values.reason(rng);
    };
  }

  private void frame(Rng rng, List<DraftLine> out, String path) {
    String type = Values.className(rng);
    String method =
        rng.pick(
                "run", "get", "put", "call", "read", "write", "open", "close", "handle", "process",
                "poll", "send", "apply", "start", "execute")
            + (rng.chance(0.4) ? Words.capital(rng.pick(Words.NOUNS)) : "");
    String number = rng.number(rng.between(2, 4));
    String file = type + (python ? ".py" : ".java");
    if (!used.add(file)) {
      return;
    }
    List<String> questions =
        List.of(
            "line in {k}",
            "Which line of {k}?",
            "What line number in {k}?",
            "line number of {k}",
            "At which line of {k}?",
            "{k}:");
    LineBuilder line = new LineBuilder();
    if (python) {
      line.add("  File \"/").add(path.replace('.', '/')).add("/").add(file).add("\", line ");
    } else {
      line.add("\tat ")
          .add(path)
          .add(".")
          .add(type)
          .add(".")
          .add(method)
          .add("(")
          .add(file)
          .add(":");
    }
    line.fact(file, null, "line", List.of("line", "line number"), questions, number, false);
    out.add(line.add(python ? ", in " + method : ")").build());
  }
}
