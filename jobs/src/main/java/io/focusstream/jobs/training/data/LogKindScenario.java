package io.focusstream.jobs.training.data;

import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The log of one {@link LogKind}: some of its lines, with its own front or with another one. */
final class LogKindScenario implements Scenario {
  private static final int OWN_HEAD = 0;
  private static final int OTHER_HEAD = 1;

  private final LogKind kind;
  private final List<LogKind.Message> messages;
  private final int front;
  private final LogHeader header;
  private final double alike;
  private final double again;
  private final int stepSeconds;
  private final double restyled;
  private final Map<LogKind.Message, Restyled> styles = new HashMap<>();

  /** Values that were written before, of each type of slot. */
  private final Map<String, List<String>> made = new HashMap<>();

  private long seconds;

  LogKindScenario(Rng rng) {
    kind = rng.pick(LogKind.all());
    List<LogKind.Message> all = new ArrayList<>(kind.messages());
    rng.shuffle(all);
    messages = all.subList(0, rng.between(1, all.size()));
    front = rng.weighted(kind.head().isEmpty() ? 0 : 55, 30, 15);
    header = new LogHeader(rng);
    alike = rng.pick(0.0, 0.2, 0.4);
    again = rng.pick(0.0, 0.0, 0.2);
    stepSeconds = rng.pick(2, 20, 300);
    restyled = rng.pick(0.0, 0.0, 1.0);
    seconds = rng.longBetween(1_500_000_000L, 1_900_000_000L);
  }

  @Override
  public void emit(Rng rng, List<DraftLine> out) {
    seconds += rng.below(stepSeconds);
    out.add(line(rng, again));
  }

  @Override
  public List<DraftLine> unsaid(Rng rng) {
    List<DraftLine> lines = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      lines.add(line(rng, 0));
    }
    return lines;
  }

  private DraftLine line(Rng rng, double again) {
    LogKind.Message message = rng.pick(messages);
    DraftLine body =
        rng.chance(restyled) && !message.asks().isEmpty()
            ? styles
                .computeIfAbsent(message, m -> Restyled.of(rng, m))
                .line(kind, rng, values(rng, message, again))
            : body(rng, message, values(rng, message, again));
    LineBuilder line = new LineBuilder();
    if (front == OWN_HEAD) {
      line.add(text(rng, kind.head())).add(" ");
    } else if (front == OTHER_HEAD) {
      header.write(line, rng, null, null, List.of());
    }
    line.append(body);
    if (front == OTHER_HEAD) {
      header.end(line);
    }
    return line.build();
  }

  private String text(Rng rng, List<LogKind.Piece> pieces) {
    StringBuilder text = new StringBuilder();
    Map<String, String> values = new HashMap<>();
    for (LogKind.Piece piece : pieces) {
      text.append(
          piece.slot()
              ? values.computeIfAbsent(piece.text(), name -> value(rng, piece))
              : piece.text());
    }
    return text.toString();
  }

  /** A value for each slot of a message. */
  private Map<String, String> values(Rng rng, LogKind.Message message, double again) {
    Map<String, String> values = new HashMap<>();
    for (LogKind.Piece piece : message.pieces()) {
      if (piece.slot() && !piece.type().isEmpty()) {
        values.put(piece.text(), value(rng, message, piece, again));
      }
    }
    return values;
  }

  private DraftLine body(Rng rng, LogKind.Message message, Map<String, String> values) {
    Map<String, Integer> starts = new HashMap<>();
    StringBuilder text = new StringBuilder();
    for (LogKind.Piece piece : message.pieces()) {
      if (piece.slot()) {
        starts.putIfAbsent(piece.text(), text.length());
      }
      text.append(piece.slot() ? values.get(piece.text()) : piece.text());
    }
    List<Fact> facts = new ArrayList<>();
    for (LogKind.Ask ask : message.asks()) {
      facts.add(fact(kind, rng, ask, values, starts.get(ask.value())));
    }
    return new DraftLine(text.toString(), facts);
  }

  private static Fact fact(
      LogKind kind, Rng rng, LogKind.Ask ask, Map<String, String> values, int start) {
    return new Fact(
        values.get(ask.anchor()),
        null,
        kind.name() + " " + ask.value(),
        rng.chance(0.5) ? List.of() : ask.names(),
        ask.questions(),
        start,
        start + values.get(ask.value()).length(),
        false);
  }

  /**
   * The same message as fields: each value with a name, in another order.
   *
   * @param slots in the order in which they stand
   * @param labels of each; empty for none
   * @param between what stands between a label and its value, and between two fields
   */
  private record Restyled(
      List<LogKind.Ask> asks, List<String> slots, List<String> labels, List<String> between) {

    static Restyled of(Rng rng, LogKind.Message message) {
      String anchor = rng.pick(message.asks()).anchor();
      List<LogKind.Ask> asks =
          message.asks().stream().filter(ask -> ask.anchor().equals(anchor)).toList();
      List<String> slots = new ArrayList<>(List.of(anchor));
      asks.forEach(ask -> slots.add(ask.value()));
      rng.shuffle(slots);
      List<String> between =
          rng.pick(
              List.of("=", " "),
              List.of(": ", ", "),
              List.of(":", " "),
              List.of("=", ", "),
              List.of(" = ", "; "),
              List.of("=", "|"),
              List.of(" ", ", "),
              List.of("\": \"", "\", \""),
              List.of("=\"", "\" "));
      String blank = rng.pick(" ", "_", "_", "-");
      boolean capital = rng.chance(0.15);
      List<String> labels = new ArrayList<>();
      for (String slot : slots) {
        String label = slot;
        for (LogKind.Ask ask : message.asks()) {
          if (ask.value().equals(slot) && !ask.names().isEmpty() && rng.chance(0.8)) {
            label = rng.pick(ask.names()).replace(" ", blank);
          }
        }
        boolean bare = slot.equals(anchor) && !between.get(0).contains("\"") && rng.chance(0.4);
        labels.add(bare ? "" : capital ? Words.capital(label) : label);
      }
      return new Restyled(asks, slots, labels, between);
    }

    DraftLine line(LogKind kind, Rng rng, Map<String, String> values) {
      boolean json = between.get(1).startsWith("\",");
      StringBuilder text = new StringBuilder(json ? "{\"" : "");
      Map<String, Integer> starts = new HashMap<>();
      for (int i = 0; i < slots.size(); i++) {
        text.append(i > 0 ? between.get(1) : "");
        text.append(labels.get(i)).append(labels.get(i).isEmpty() ? "" : between.get(0));
        starts.put(slots.get(i), text.length());
        text.append(values.get(slots.get(i)));
      }
      text.append(json ? "\"}" : between.get(1).startsWith("\"") ? "\"" : "");
      List<Fact> facts =
          asks.stream().map(ask -> fact(kind, rng, ask, values, starts.get(ask.value()))).toList();
      return new DraftLine(text.toString(), facts);
    }
  }

  /** A value for a slot of a message; an anchor's is now and then one as before, or one like it. */
  private String value(Rng rng, LogKind.Message message, LogKind.Piece slot, double again) {
    boolean anchor = message.asks().stream().anyMatch(ask -> ask.anchor().equals(slot.text()));
    if (!anchor) {
      return value(rng, slot);
    }
    List<String> before =
        made.computeIfAbsent(slot.type() + ":" + slot.argument(), t -> new ArrayList<>());
    if (!before.isEmpty() && rng.chance(again)) {
      return rng.pick(before);
    }
    String value =
        !before.isEmpty() && rng.chance(alike)
            ? Values.lookAlike(rng, rng.pick(before))
            : value(rng, slot);
    before.add(value);
    return value;
  }

  private String value(Rng rng, LogKind.Piece slot) {
    String argument = slot.argument();
    return switch (slot.type()) {
      case "user" -> rng.pick(Words.NAMES) + (rng.chance(0.6) ? rng.number(rng.between(1, 3)) : "");
      case "name" -> Words.capital(rng.pick(Words.NAMES));
      case "host" -> Values.host(rng);
      case "ip" -> Values.ip(rng);
      case "ipport" -> Values.ip(rng) + ":" + rng.between(22, 65000);
      case "port" -> String.valueOf(rng.between(22, 65000));
      case "mac" -> Values.mac(rng);
      case "email" -> Values.email(rng);
      case "uuid" -> Values.uuid(rng);
      case "url" -> Values.url(rng);
      case "path" -> Values.path(rng);
      case "file" ->
          rng.pick(Words.NOUNS)
              + rng.pick("", "-" + rng.number(2), "_" + rng.pick(Words.NOUNS))
              + "."
              + rng.pick(Words.EXTENSIONS);
      case "version" -> Values.version(rng);
      case "word" -> rng.pick(Words.NOUNS);
      case "slug" -> Values.slug(rng);
      case "city" -> rng.pick(Words.CITIES);
      case "duration" -> Values.duration(rng);
      case "size" -> Values.size(rng);
      case "amount" -> rng.number(rng.between(1, 4)) + "." + rng.digits(2);
      case "int" -> {
        int dash = argument.indexOf('-', 1);
        yield String.valueOf(
            rng.longBetween(
                Long.parseLong(argument.substring(0, dash)),
                Long.parseLong(argument.substring(dash + 1))));
      }
      case "digits" -> {
        String[] range = argument.split("-");
        yield rng.number(
            rng.between(Integer.parseInt(range[0]), Integer.parseInt(range[range.length - 1])));
      }
      case "hex" -> rng.hex(Integer.parseInt(argument));
      case "float" -> {
        int dash = argument.indexOf('-', 1);
        int colon = argument.indexOf(':');
        yield rng.longBetween(
                Long.parseLong(argument.substring(0, dash)),
                Long.parseLong(argument.substring(dash + 1, colon)))
            + "."
            + rng.digits(Integer.parseInt(argument.substring(colon + 1)));
      }
      case "date" -> at("uuuu-MM-dd");
      case "time" -> at("HH:mm:ss");
      case "clock" -> at(argument);
      case "of" -> rng.pick(argument.split("\\|"));
      default -> like(rng, argument);
    };
  }

  private String at(String pattern) {
    return DateTimeFormatter.ofPattern(pattern, Locale.ROOT)
        .format(LocalDateTime.ofEpochSecond(seconds, 0, ZoneOffset.UTC).atOffset(ZoneOffset.UTC));
  }

  /** Text in which some characters stand for random ones of a class. */
  private static String like(Rng rng, String pattern) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      boolean first = out.isEmpty() || !Character.isDigit(out.charAt(out.length() - 1));
      switch (c) {
        case '#' -> out.append(first ? rng.number(1) : rng.digits(1));
        case 'x' -> out.append(rng.hex(1));
        case 'X' -> out.append(rng.hex(1).toUpperCase(Locale.ROOT));
        case '@' -> out.append(rng.letters(1));
        case '^' -> out.append(rng.letters(1).toUpperCase(Locale.ROOT));
        case '*' -> out.append(rng.pick(Words.NOUNS));
        default -> out.append(c);
      }
    }
    return out.toString();
  }
}
