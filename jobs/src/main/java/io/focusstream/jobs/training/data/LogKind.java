package io.focusstream.jobs.training.data;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What one program, device or service logs, and how people ask about it: read from the resources
 * under {@code kinds/}, whose {@code README} says how they are written.
 *
 * @param name of the kind, one of its own
 * @param head what each of its lines begins with; empty where there is nothing
 * @param messages its lines; at least one
 */
record LogKind(String name, List<Piece> head, List<Message> messages) {
  private static final List<String> FILES =
      List.of(
          "business.txt",
          "cloud.txt",
          "data.txt",
          "desktop.txt",
          "engines.txt",
          "formats.txt",
          "grids.txt",
          "guards.txt",
          "hosts.txt",
          "industry.txt",
          "kernels.txt",
          "machines.txt",
          "prose.txt",
          "routers.txt",
          "science.txt",
          "services.txt",
          "stores.txt",
          "telecom.txt",
          "things.txt",
          "toolchains.txt",
          "traces.txt",
          "web.txt");
  private static final Set<String> TYPES =
      Set.of(
          "user",
          "name",
          "host",
          "ip",
          "ipport",
          "port",
          "mac",
          "email",
          "uuid",
          "url",
          "path",
          "file",
          "version",
          "word",
          "slug",
          "city",
          "duration",
          "size",
          "amount",
          "int",
          "digits",
          "hex",
          "float",
          "date",
          "time",
          "clock",
          "of",
          "as");
  private static final Set<String> WITH_ARGUMENT =
      Set.of("int", "digits", "hex", "float", "clock", "of", "as");

  LogKind {
    if (messages.isEmpty()) {
      throw new IllegalArgumentException("the kind " + name + " has no line");
    }
  }

  /**
   * A piece of a line: literal text, or a slot.
   *
   * @param text the literal text, or the slot's name
   * @param type of a slot; null for literal text, empty where an earlier slot's value is repeated
   * @param argument of the type; empty where it has none
   */
  record Piece(String text, String type, String argument) {
    boolean slot() {
      return type != null;
    }
  }

  /**
   * What can be asked of a line.
   *
   * @param anchor the slot that the question names
   * @param value the slot that answers it
   * @param names what the value is called; may be empty
   * @param questions with {@code {k}} for the anchor
   */
  record Ask(String anchor, String value, List<String> names, List<String> questions) {}

  /** A line and what can be asked of it. */
  record Message(List<Piece> pieces, List<Ask> asks) {}

  private static final class Loaded {
    static final List<LogKind> KINDS = FILES.stream().flatMap(f -> resource(f).stream()).toList();
  }

  /** All kinds that there are. */
  static List<LogKind> all() {
    return Loaded.KINDS;
  }

  private static List<LogKind> resource(String file) {
    String path = "/io/focusstream/jobs/training/kinds/" + file;
    try (InputStream in = LogKind.class.getResourceAsStream(path)) {
      if (in == null) {
        throw new IllegalStateException("the resource " + path + " is missing");
      }
      return parse(file, new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Kinds as they are written.
   *
   * @param where named in errors
   * @throws IllegalArgumentException where a line is none, with its number
   */
  static List<LogKind> parse(String where, String text) {
    List<LogKind> kinds = new ArrayList<>();
    String[] lines = text.split("\n");
    String name = null;
    List<Piece> head = List.of();
    List<Message> messages = new ArrayList<>();
    for (int i = 0; i <= lines.length; i++) {
      String line = i < lines.length ? lines[i].strip() : "kind";
      int blank = line.indexOf(' ');
      String rest = blank < 0 ? "" : line.substring(blank + 1).strip();
      try {
        switch (blank < 0 ? line : line.substring(0, blank)) {
          case "kind" -> {
            if (name != null) {
              kinds.add(new LogKind(name, head, List.copyOf(messages)));
            }
            name = rest;
            head = List.of();
            messages.clear();
          }
          case "head" -> head = pieces(rest);
          case "line" -> messages.add(new Message(pieces(rest), new ArrayList<>()));
          case "ask" -> {
            Message message = messages.get(messages.size() - 1);
            message.asks().add(ask(rest, message));
          }
          default -> {
            if (!line.isEmpty() && line.charAt(0) != '#') {
              throw new IllegalArgumentException("it begins with none of kind, head, line, ask");
            }
          }
        }
      } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
        throw new IllegalArgumentException(
            where + ", line " + (i + 1) + " (" + line + "): " + e.getMessage(), e);
      }
    }
    return kinds;
  }

  private static Ask ask(String text, Message message) {
    int arrow = text.indexOf(" -> ");
    int equals = text.indexOf(" =", arrow);
    int bar = text.indexOf('|');
    if (arrow < 0 || equals < 0 || bar < equals) {
      throw new IllegalArgumentException("an ask is ANCHOR -> VALUE = NAMES | QUESTION | ...");
    }
    String anchor = text.substring(0, arrow).strip();
    String value = text.substring(arrow + 4, equals).strip();
    for (String slot : List.of(anchor, value)) {
      if (message.pieces().stream().noneMatch(p -> p.slot() && p.text().equals(slot))) {
        throw new IllegalArgumentException("its line has no slot " + slot);
      }
    }
    List<String> questions = split(text.substring(bar), "\\|");
    for (String question : questions) {
      if (question.split("\\{k}", -1).length != 2) {
        throw new IllegalArgumentException("{k} must stand once in: " + question);
      }
    }
    return new Ask(anchor, value, split(text.substring(equals + 2, bar), ","), questions);
  }

  private static List<String> split(String text, String by) {
    return Arrays.stream(text.split(by)).map(String::strip).filter(s -> !s.isEmpty()).toList();
  }

  private static List<Piece> pieces(String text) {
    List<Piece> pieces = new ArrayList<>();
    Set<String> known = new HashSet<>();
    StringBuilder literal = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\' && i + 1 < text.length() && "{}".indexOf(text.charAt(i + 1)) >= 0) {
        literal.append(text.charAt(++i));
      } else if (c == '{') {
        int end = text.indexOf('}', i);
        if (end < 0) {
          throw new IllegalArgumentException("a slot isn't closed");
        }
        if (!literal.isEmpty()) {
          pieces.add(new Piece(literal.toString(), null, ""));
          literal.setLength(0);
        }
        pieces.add(slot(text.substring(i + 1, end), known));
        i = end;
      } else {
        literal.append(c);
      }
    }
    if (!literal.isEmpty()) {
      pieces.add(new Piece(literal.toString(), null, ""));
    }
    return List.copyOf(pieces);
  }

  private static Piece slot(String written, Set<String> known) {
    String[] parts = written.split(":", 3);
    if (parts.length == 1) {
      if (!known.contains(parts[0])) {
        throw new IllegalArgumentException("the slot " + parts[0] + " has no type before");
      }
      return new Piece(parts[0], "", "");
    }
    String argument = parts.length == 3 ? parts[2] : "";
    if (!TYPES.contains(parts[1])) {
      throw new IllegalArgumentException("there is no type " + parts[1]);
    }
    if (WITH_ARGUMENT.contains(parts[1]) == argument.isEmpty()) {
      throw new IllegalArgumentException(
          "the type " + parts[1] + (argument.isEmpty() ? " needs" : " takes no") + " argument");
    }
    if (!known.add(parts[0])) {
      throw new IllegalArgumentException("the slot " + parts[0] + " has a type already");
    }
    return new Piece(parts[0], parts[1], argument);
  }
}
