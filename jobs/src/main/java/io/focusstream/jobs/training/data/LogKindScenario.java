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
  private static final List<String> UNWRAPPED = List.of("", "");

  /** What stands around a value and isn't part of it. */
  private static final List<List<String>> WRAPS =
      List.of(
          List.of("<", ">"),
          List.of("[", "]"),
          List.of("(", ")"),
          List.of("\"", "\""),
          List.of("'", "'"),
          List.of("/", ""),
          List.of("#", ""),
          List.of("@", ""),
          List.of("*", "*"),
          List.of("http://", "/"),
          List.of("https://", ""),
          List.of("tcp://", ""),
          List.of("\"http://", "/\""),
          List.of("->", ""),
          List.of("", "."));

  private final LogKind kind;
  private final List<LogKind.Message> messages;
  private final int front;
  private final LogHeader header;
  private final double alike;
  private final double again;
  private final int stepSeconds;
  private final double restyled;
  private final boolean counting;
  private final double wrapped;
  private final Map<LogKind.Message, Restyled> styles = new HashMap<>();
  private final Map<LogKind.Piece, List<String>> wraps = new HashMap<>();

  /** Values that were written before, of each type of slot. */
  private final Map<String, List<String>> made = new HashMap<>();

  private long seconds;

  LogKindScenario(Rng rng) {
    this(rng, rng.pick(LogKind.all()));
  }

  LogKindScenario(Rng rng, LogKind kind) {
    this.kind = kind;
    List<LogKind.Message> all = new ArrayList<>(kind.messages());
    rng.shuffle(all);
    messages = all.subList(0, rng.chance(0.25) ? 1 : rng.between(1, all.size()));
    front = rng.weighted(kind.head().isEmpty() ? 0 : 55, 30, 15);
    header = new LogHeader(rng);
    alike = rng.pick(0.0, 0.2, 0.4);
    again = rng.pick(0.0, 0.0, 0.2);
    stepSeconds = rng.pick(2, 20, 300);
    restyled = rng.pick(0.0, 0.0, 1.0);
    counting = rng.chance(0.2);
    wrapped = rng.pick(0.0, 0.0, 0.4);
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
                .computeIfAbsent(message, m -> Restyled.of(rng, m, wrapped))
                .line(kind, rng, values(rng, message, again))
            : body(rng, message, values(rng, message, again));
    LineBuilder line = new LineBuilder();
    // the time of a line that is about one thing
    String about = body.facts().isEmpty() ? null : body.facts().get(0).anchor();
    if (front == OWN_HEAD) {
      head(line, rng, rng.chance(0.15) ? about : null);
      line.add(" ");
    } else if (front == OTHER_HEAD) {
      header.write(line, rng, rng.chance(0.15) ? about : null, null, null);
    }
    line.append(body);
    if (front == OTHER_HEAD) {
      header.end(line);
    }
    return line.build();
  }

  /** What the kind's own lines begin with; {@code anchor}, may be null, is what its time is of. */
  private void head(LineBuilder line, Rng rng, String anchor) {
    Map<String, String> values = new HashMap<>();
    long clocks = kind.head().stream().filter(LogKindScenario::tellsTime).count();
    for (LogKind.Piece piece : kind.head()) {
      String text =
          piece.slot()
              ? values.computeIfAbsent(piece.text(), name -> value(rng, piece))
              : piece.text();
      if (anchor != null && clocks == 1 && tellsTime(piece)) {
        LogHeader.time(line, text, anchor, null, "time", LogHeader.TIME_TEMPLATES, "", "");
      } else {
        line.add(text);
      }
    }
  }

  private static boolean tellsTime(LogKind.Piece piece) {
    return piece.slot() && piece.type().equals("clock");
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
    for (int i = 0; i < message.pieces().size(); i++) {
      LogKind.Piece piece = message.pieces().get(i);
      if (!piece.slot()) {
        text.append(piece.text());
        continue;
      }
      List<String> wrap = standsFree(message.pieces(), i) ? wrap(rng, piece) : UNWRAPPED;
      text.append(wrap.get(0));
      starts.putIfAbsent(piece.text(), text.length());
      text.append(values.get(piece.text())).append(wrap.get(1));
    }
    List<Fact> facts = new ArrayList<>();
    for (LogKind.Ask ask : message.asks()) {
      facts.add(fact(kind, rng, ask, values, starts.get(ask.value())));
    }
    return new DraftLine(text.toString(), facts);
  }

  /** What stands around a value, the same in all lines of the message. */
  private List<String> wrap(Rng rng, LogKind.Piece slot) {
    return wraps.computeIfAbsent(slot, s -> rng.chance(wrapped) ? rng.pick(WRAPS) : UNWRAPPED);
  }

  /** Whether a slot stands between blanks, or what parts fields. */
  private static boolean standsFree(List<LogKind.Piece> pieces, int at) {
    String before = at == 0 ? " " : pieces.get(at - 1).slot() ? "x" : pieces.get(at - 1).text();
    String after =
        at + 1 == pieces.size() ? " " : pieces.get(at + 1).slot() ? "x" : pieces.get(at + 1).text();
    return " =:".indexOf(before.charAt(before.length() - 1)) >= 0
        && !before.endsWith("://")
        && " ,;".indexOf(after.charAt(0)) >= 0;
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
   * @param wraps what stands around each value
   */
  private record Restyled(
      List<LogKind.Ask> asks,
      List<String> slots,
      List<String> labels,
      List<String> between,
      List<List<String>> wraps) {

    static Restyled of(Rng rng, LogKind.Message message, double wrapped) {
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
      boolean quoted = between.get(0).contains("\"");
      List<String> labels = new ArrayList<>();
      List<List<String>> wraps = new ArrayList<>();
      for (String slot : slots) {
        String label = slot;
        for (LogKind.Ask ask : message.asks()) {
          if (ask.value().equals(slot) && !ask.names().isEmpty() && rng.chance(0.8)) {
            label = rng.pick(ask.names()).replace(" ", blank);
          }
        }
        boolean bare = slot.equals(anchor) && !quoted && rng.chance(0.4);
        labels.add(bare ? "" : capital ? Words.capital(label) : label);
        wraps.add(!quoted && rng.chance(wrapped) ? rng.pick(WRAPS) : UNWRAPPED);
      }
      return new Restyled(asks, slots, labels, between, wraps);
    }

    DraftLine line(LogKind kind, Rng rng, Map<String, String> values) {
      boolean json = between.get(1).startsWith("\",");
      StringBuilder text = new StringBuilder(json ? "{\"" : "");
      Map<String, Integer> starts = new HashMap<>();
      for (int i = 0; i < slots.size(); i++) {
        text.append(i > 0 ? between.get(1) : "");
        text.append(labels.get(i)).append(labels.get(i).isEmpty() ? "" : between.get(0));
        text.append(wraps.get(i).get(0));
        starts.put(slots.get(i), text.length());
        text.append(values.get(slots.get(i))).append(wraps.get(i).get(1));
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
        !before.isEmpty() && counting
            ? Values.next(rng, before.get(before.size() - 1))
            : !before.isEmpty() && rng.chance(alike)
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
