package io.focusstream.jobs.training.data;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;

/** The front of a log line: timestamp, level, thread, component, in one of many orders. */
final class LogHeader {
  static final int NO_TIME = 14;
  private static final DateTimeFormatter[] FORMATS = new DateTimeFormatter[11];

  static {
    String[] patterns = {
      "yyyy-MM-dd HH:mm:ss",
      "yyyy-MM-dd HH:mm:ss,SSS",
      "yyyy-MM-dd HH:mm:ss.SSS",
      "yyyy-MM-dd'T'HH:mm:ss'Z'",
      "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'",
      "MMM dd HH:mm:ss",
      "dd/MMM/yyyy:HH:mm:ss",
      "HH:mm:ss",
      "HH:mm:ss.SSS",
      "yyyy/MM/dd HH:mm:ss",
      "dd.MM.yyyy HH:mm"
    };
    for (int i = 0; i < patterns.length; i++) {
      FORMATS[i] = DateTimeFormatter.ofPattern(patterns[i], Locale.ROOT);
    }
  }

  private static final List<String> TIME_WORDS = List.of("time", "timestamp");
  static final List<String> TIME_TEMPLATES =
      List.of(
          "When was {k}?",
          "what time was {k} seen",
          "At what time did {k} appear?",
          "when did {k} happen?");
  private final int timeStyle;
  private final int order;
  private final String levelForm;
  private final boolean lowerLevel;
  private final String component;
  private final List<String> threads;
  private final String host;
  private final String context;
  private final String program;
  private long millis;
  private final int stepMillis;

  LogHeader(Rng rng) {
    timeStyle = rng.chance(0.35) ? NO_TIME : rng.below(NO_TIME);
    order = rng.below(16);
    levelForm = rng.pick("%s", "[%s]", "%-5s", "<%s>", "level=%s", "%s:", "|%s|");
    lowerLevel = rng.chance(0.25);
    component =
        rng.chance(0.5)
            ? Values.packageName(rng) + "." + Values.className(rng)
            : Values.className(rng);
    threads =
        List.of(
            rng.pick(
                    "main", "worker", "pool-" + rng.between(1, 9) + "-thread", "http", "exec", "io")
                + "-"
                + rng.between(1, 16),
            rng.pick("main", "scheduler-1", "dispatcher", "Thread-" + rng.number(2)));
    host = Values.host(rng);
    context =
        rng.pick(Words.CLASS_PARTS)
            + rng.pick(Words.CLASS_ENDS)
            + rng.pick(
                " id=" + rng.below(9),
                " clientId=" + rng.pick(Words.NOUNS) + "-" + rng.below(9),
                "",
                " " + rng.pick(Words.NOUNS) + "=" + rng.below(9));
    program =
        rng.pick(
            "sshd",
            "cron",
            "systemd",
            "kernel",
            "dockerd",
            "named",
            "dhcpd",
            rng.pick(Words.NOUNS) + "d");
    millis = rng.longBetween(1_500_000_000L, 1_900_000_000L) * 1000 + rng.below(1000);
    stepMillis = rng.pick(5, 300, 3000, 60000);
  }

  /** The next instant, written. Empty where this log has no times. */
  String time(Rng rng) {
    millis += 1 + rng.below(stepMillis) * (long) rng.between(1, 3);
    if (timeStyle < FORMATS.length) {
      return FORMATS[timeStyle].format(
          LocalDateTime.ofInstant(Instant.ofEpochMilli(millis), ZoneOffset.UTC));
    }
    return switch (timeStyle) {
      case 11 -> String.valueOf(millis / 1000);
      case 12 -> String.valueOf(millis);
      case 13 -> millis / 1000 % 100000 + "." + String.format("%03d", millis % 1000);
      default -> "";
    };
  }

  boolean hasTime() {
    return timeStyle != NO_TIME;
  }

  String level(Rng rng) {
    String level = rng.pick(Words.LEVELS);
    return lowerLevel ? level.toLowerCase(Locale.ROOT) : level;
  }

  /** Writes the front; {@code anchor} (may be null) is what the line's time is a fact of. */
  void write(LineBuilder line, Rng rng, String anchor, String kind, List<String> templates) {
    write(line, rng, anchor, kind, "time", templates);
  }

  /** As above; {@code timeWord} says which time of the anchor it is, for example start time. */
  void write(
      LineBuilder line,
      Rng rng,
      String anchor,
      String kind,
      String timeWord,
      List<String> ownTemplates) {
    List<String> templates = ownTemplates == null ? TIME_TEMPLATES : ownTemplates;
    String time = time(rng);
    String level = String.format(levelForm, level(rng));
    switch (order) {
      case 0, 1, 2 -> {
        time(line, time, anchor, kind, timeWord, templates, "", " ");
        line.add(level).add(" ");
      }
      case 3 -> {
        time(line, time, anchor, kind, timeWord, templates, "[", "] ");
        line.add(level).add(" ");
      }
      case 4 -> {
        line.add(level).add(" ");
        time(line, time, anchor, kind, timeWord, templates, "", " ");
      }
      case 5, 6 -> {
        time(line, time, anchor, kind, timeWord, templates, "", " ");
        line.add(level).add(" [").add(rng.pick(threads)).add("] ").add(component).add(" - ");
      }
      case 7 -> {
        time(line, time, anchor, kind, timeWord, templates, "", " ");
        line.add("[").add(rng.pick(threads)).add("] ").add(level).add(" ").add(component).add(": ");
      }
      case 8 -> {
        time(line, time, anchor, kind, timeWord, templates, "", " ");
        line.add(host).add(" ").add(level).add(" ");
      }
      case 9 -> time(line, time, anchor, kind, timeWord, templates, "", " ");
      case 10 -> {
        time(line, time, anchor, kind, timeWord, templates, "", " | ");
        line.add(level).add(" | ").add(component).add(" | ");
      }
      case 12, 13 -> {
        time(line, time, anchor, kind, timeWord, templates, "[", "] ");
        line.add(level.strip()).add(" ");
        if (order == 13) {
          line.add("[").add(context).add("] ");
        }
      }
      case 14 -> {
        time(line, time, anchor, kind, timeWord, templates, "", " ");
        line.add(level).add(" ").add(component).add(" [] - ");
      }
      case 15 -> {
        time(line, time, anchor, kind, timeWord, templates, "", " ");
        line.add(host).add(" ").add(program).add("[").add(rng.number(4)).add("]: ");
      }
      default -> {
        line.add(level).add(" ");
        time(line, time, anchor, kind, timeWord, templates, "(", ") ");
        line.add(component).add(": ");
      }
    }
  }

  /** Writes what stands behind the message: the component, where this log has it there. */
  void end(LineBuilder line) {
    if (order == 12 || order == 13) {
      line.add(" (").add(component).add(")");
    }
  }

  /** Writes the time alone, if any, and notes it as a fact. */
  static void time(
      LineBuilder line,
      String time,
      String anchor,
      String kind,
      String timeWord,
      List<String> templates,
      String before,
      String after) {
    if (time.isEmpty()) {
      return;
    }
    line.add(before);
    if (anchor == null) {
      line.add(time);
    } else {
      List<String> words = timeWord.equals("time") ? TIME_WORDS : List.of(timeWord);
      line.fact(anchor, kind, timeWord, words, templates, time, false);
    }
    line.add(after);
  }
}
