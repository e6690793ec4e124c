package io.focusstream.jobs.cli;

import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerStatus;
import io.focusstream.schemas.Evidence;
import io.focusstream.schemas.OffsetRange;
import io.focusstream.schemas.StreamAnswer;
import io.focusstream.schemas.Timings;
import io.focusstream.schemas.Usage;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Writes answers for people. */
final class AnswerPrinter {
  private static final String INDENT = "      ";
  private static final double LEAST_WEIGHT = 0.01;

  private final PrintWriter out;
  private final DateTimeFormatter time;
  private final DateTimeFormatter date;

  AnswerPrinter(PrintWriter out, ZoneId zone) {
    this.out = out;
    this.time = DateTimeFormatter.ofPattern("MM-dd HH:mm:ss", Locale.ROOT).withZone(zone);
    this.date = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT).withZone(zone);
  }

  void print(Answer answer) {
    out.println(printable(headline(answer)));
    if (!answer.streams().isEmpty()) {
      print(answer.streams());
    }
    for (Evidence part : answer.streams().isEmpty() ? answer.evidence() : List.<Evidence>of()) {
      if (part.weight() >= LEAST_WEIGHT) {
        print(part);
      }
    }
    if (answer.status() == AnswerStatus.OK || answer.status() == AnswerStatus.NOT_FOUND) {
      Timings t = answer.timings();
      Usage u = answer.usage();
      out.println(
          String.format(
              Locale.ROOT,
              "  %s%,d tokens in %,d chunks and a tail of %,d",
              t.equals(Timings.NONE) ? "" : timings(t),
              u.streamTokens(),
              u.chunks(),
              u.tailTokens()));
      if (u.streamTokens() > 0) {
        out.println("  reaches back to " + date.format(Instant.ofEpochMilli(u.fromMillis())));
      }
    }
    out.flush();
  }

  /** Answers by event time have none. */
  private static String timings(Timings t) {
    return String.format(
        Locale.ROOT,
        "first token %s, all %s (queued %s, states %s); ",
        seconds(t.firstTokenMillis()),
        seconds(t.totalMillis()),
        seconds(t.queuedMillis()),
        seconds(t.loadMillis()));
  }

  private static String headline(Answer answer) {
    return switch (answer.status()) {
      case OK ->
          String.format(Locale.ROOT, "%s   [confidence %.2f]", answer.text(), answer.confidence());
      case NOT_FOUND ->
          String.format(
              Locale.ROOT,
              "not found in stream '%s'   [confidence %.2f]",
              answer.stream(),
              answer.confidence());
      case NO_DATA -> "no data: " + answer.error();
      case REJECTED -> "rejected: " + answer.error();
      case FAILED -> "failed: " + answer.error();
      case EXPIRED -> "expired: " + answer.error();
      case CANCELLED -> "cancelled: " + answer.error();
      case PARTIAL -> answer.text() + " …";
    };
  }

  /** Each stream's own answer, with its line. */
  private void print(List<StreamAnswer> streams) {
    for (StreamAnswer one : streams) {
      boolean answered = one.status() == AnswerStatus.OK || one.status() == AnswerStatus.NOT_FOUND;
      out.println(
          answered
              ? String.format(
                  Locale.ROOT,
                  "  %s: %s   [confidence %.2f]",
                  printable(one.stream()),
                  printable(one.text()),
                  one.confidence())
              : String.format(
                  Locale.ROOT,
                  "  %s: %s: %s",
                  printable(one.stream()),
                  one.status(),
                  printable(one.error())));
      for (Evidence part : one.evidence()) {
        part.lines().stream().limit(1).forEach(line -> out.println(INDENT + printable(line)));
      }
    }
  }

  private void print(Evidence part) {
    String where =
        part.offsets().stream().map(AnswerPrinter::range).collect(Collectors.joining(", "));
    out.println(
        String.format(
            Locale.ROOT,
            "  %3.0f%%  %s, %s to %s%s",
            part.weight() * 100,
            part.chunk() == Evidence.TAIL ? "tail" : "chunk " + part.chunk(),
            time.format(Instant.ofEpochMilli(part.fromMillis())),
            time.format(Instant.ofEpochMilli(part.toMillis())),
            where.isEmpty() ? "" : ", " + where));
    for (String line : part.lines()) {
      out.println(INDENT + printable(line));
    }
  }

  private static String range(OffsetRange range) {
    return range.topic()
        + "-"
        + range.partition()
        + "@"
        + range.firstOffset()
        + (range.firstOffset() == range.lastOffset() ? "" : ".." + range.lastOffset());
  }

  /** A line without what a terminal would take for commands. */
  static String printable(String line) {
    StringBuilder text = new StringBuilder(line.length());
    line.codePoints()
        .forEach(
            c -> {
              if (c == '\t') {
                text.append("  ");
              } else {
                text.appendCodePoint(Character.isISOControl(c) ? '\uFFFD' : c);
              }
            });
    return text.toString();
  }

  private static String seconds(long millis) {
    return String.format(Locale.ROOT, "%.2f s", millis / 1000.0);
  }
}
