package io.focusstream.jobs.training.data;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A log of kinds that are made up for one episode: what its messages are called, where in the line
 * the thing and its values stand, how ids are built. No wording comes often enough to be learnt by
 * heart, so that what a question has in common with its line, and where the value stands beside it,
 * is all that there is to learn.
 */
final class InventedLogScenario implements Scenario {
  private static final List<String> VERBS =
      List.of(
          "open", "render", "resolve", "index", "parse", "compile", "migrate", "restart", "drain",
          "upload", "expand", "connect", "answer", "mount", "sync", "resume", "settle", "claim",
          "verify", "load", "prepare", "deliver", "inspect", "convert", "align", "merge", "check",
          "clean", "close", "fetch", "pack", "warm", "repair", "balance", "replay", "export",
          "import", "trace", "filter", "join", "attach", "refresh", "update", "release", "spool");
  private static final List<String> PREPOSITIONS =
      List.of("to", "from", "by", "at", "on", "for", "into", "through", "with");
  private static final List<String> MODIFIERS =
      List.of(
          "total",
          "max",
          "free",
          "peer",
          "remote",
          "local",
          "last",
          "first",
          "client",
          "upstream",
          "error",
          "retry",
          "cache",
          "page",
          "disk",
          "source",
          "target",
          "exit",
          "return",
          "parent");
  private static final List<String> LABELS =
      List.of(
          "pid",
          "size",
          "address",
          "status",
          "port",
          "count",
          "owner",
          "user",
          "host",
          "code",
          "length",
          "level",
          "version",
          "state",
          "zone",
          "rank",
          "weight",
          "bytes",
          "priority",
          "mode",
          "offset",
          "phase",
          "score",
          "temperature",
          "latency",
          "ratio",
          "queue",
          "slot",
          "errors",
          "exceptions",
          "retries",
          "misses",
          "pages",
          "blocks",
          "rows",
          "entries",
          "reads",
          "recipient",
          "sender",
          "reason",
          "origin",
          "peer",
          "session",
          "batch",
          "shard",
          "checksum");

  /** One value of a message and how it stands in the line. */
  private record Part(
      String label, String before, String after, int value, List<String> templates) {}

  /** A kind of message. */
  private record Message(
      String kind, String anchorBefore, String anchorAfter, List<Part> parts, int anchorAt) {}

  private final LogHeader header;
  private final boolean withHeader;
  private final List<Message> messages = new ArrayList<>();
  private final List<int[]> idSegments = new ArrayList<>();
  private final List<String> idFixed = new ArrayList<>();
  private final List<String> made = new ArrayList<>();
  private final Set<String> used = new HashSet<>();
  private final String separator;
  private final double alike;
  private final double noise;
  private final double again;
  private final double alikeValues;
  private final Map<Part, String> lastValues = new HashMap<>();

  InventedLogScenario(Rng rng) {
    header = new LogHeader(rng);
    withHeader = rng.chance(0.75);
    separator = rng.pick(" ", " ", " ", ", ", "; ", " - ", " | ", ": ");
    alike = rng.pick(0.0, 0.2, 0.4);
    noise = rng.pick(0.0, 0.1, 0.3);
    again = rng.pick(0.0, 0.3);
    alikeValues = rng.pick(0.0, 0.0, 0.4);
    for (int i = rng.between(1, 5); i > 0; i--) {
      idSegments.add(new int[] {rng.below(6), rng.between(1, i == 1 ? 8 : 4)});
      idFixed.add(
          rng.pick("-", "_", ".", ":", "/", "", "")
              + (rng.chance(0.4)
                  ? rng.pick("R", "N", "M", "J", "blk", "id", "vm", "x", "C", "p")
                  : ""));
    }
    for (int i = rng.between(1, 4); i > 0; i--) {
      messages.add(message(rng));
    }
  }

  private static String label(Rng rng) {
    String last = rng.chance(0.6) ? rng.pick(LABELS) : rng.pick(Words.NOUNS);
    return rng.chance(0.35)
        ? (rng.chance(0.6) ? rng.pick(MODIFIERS) : rng.pick(Words.NOUNS)) + " " + last
        : last;
  }

  private static Message message(Rng rng) {
    String kind = rng.chance(0.5) ? rng.pick(Anchors.KINDS) : rng.pick(Words.NOUNS);
    String before =
        rng.pick("", "", kind + " ", kind + " ", kind + "=", "[", kind + ": ", "<", "(");
    String after =
        before.equals("[") ? "]" : before.equals("<") ? ">" : before.equals("(") ? ")" : "";
    List<Part> parts = new ArrayList<>();
    Set<String> labels = new HashSet<>();
    for (int i = rng.between(1, 4); i > 0; i--) {
      Part part = part(rng, kind);
      if (labels.add(part.label())) {
        parts.add(part);
      }
    }
    if (rng.chance(0.4)) {
      String word = rng.pick(Words.VERBS_PAST);
      parts.add(
          rng.below(parts.size() + 1),
          new Part("", rng.pick("", "was ", "has been ") + word, "", -1, List.of()));
    }
    return new Message(kind, before, after, parts, rng.below(parts.size() + 1));
  }

  private static Part part(Rng rng, String kind) {
    String label = label(rng);
    int value = rng.below(13);
    switch (rng.weighted(62, 10, 10, 9, 9)) {
      case 1 -> {
        String verb = rng.pick(VERBS);
        return new Part(
            "duration",
            rng.pick("took ", "took ", verb + ": ", "in "),
            rng.pick(" to " + verb, "", " for the " + verb),
            12,
            List.of(
                "How long did {k} take to " + verb + "?",
                "How long did the " + verb + " of {k} take?",
                "how long did {k} take",
                "How long was the " + verb + " of {k}?",
                verb + " time of {k}",
                "duration of the " + verb + " of {k}"));
      }
      case 2 -> {
        String verb = past(rng.pick(VERBS));
        String preposition = rng.pick(PREPOSITIONS);
        String noun = rng.chance(0.5) ? rng.pick(Words.NOUNS) : label;
        String written = rng.chance(0.5) ? noun + " " : "";
        return new Part(
            verb + " " + preposition,
            rng.pick("", "was ", "is ") + verb + " " + preposition + " " + written,
            "",
            value,
            List.of(
                Words.capital(preposition) + " which " + noun + " was {k} " + verb + "?",
                "Which " + noun + " was {k} " + verb + " " + preposition + "?",
                Words.capital(preposition) + " what was {k} " + verb + "?",
                "what was {k} " + verb + " " + preposition,
                "{k} " + verb + " " + preposition,
                noun + " of {k}"));
      }
      case 3 -> {
        String verb = rng.pick(VERBS);
        String noun = rng.chance(0.6) ? rng.pick(Words.NOUNS) : label;
        return new Part(
            past(verb) + " " + noun,
            past(verb) + " " + noun + " ",
            "",
            value,
            List.of(
                "Which " + noun + " did {k} " + verb + "?",
                "What did {k} " + verb + "?",
                "which " + noun + " was " + past(verb) + " by {k}",
                noun + " " + past(verb) + " by {k}"));
      }
      case 4 -> {
        // the number before its name
        return new Part(
            label,
            "",
            " " + label,
            0,
            List.of(
                "How many " + label + " had {k}?",
                "How many " + label + " did {k} have?",
                "how many " + label + " were there for {k}",
                label + " of {k}",
                "number of " + label + " of {k}"));
      }
      default -> {
        String[] around =
            rng.pick(
                new String[] {"=", ""},
                new String[] {": ", ""},
                new String[] {" ", ""},
                new String[] {" ", ""},
                new String[] {" is ", ""},
                new String[] {" of ", ""},
                new String[] {" -> ", ""},
                new String[] {" was ", ""},
                new String[] {"=\"", "\""},
                new String[] {"(", ")"},
                new String[] {"=[", "]"},
                new String[] {" '", "'"},
                new String[] {": <", ">"});
        String lead = rng.pick("", "", "", "with ", "at ", "and ", "on ", "(");
        return new Part(
            label,
            lead + label + around[0],
            around[1] + (lead.equals("(") ? ")" : ""),
            value,
            List.of(
                "Which " + label + " had {k}?",
                "At which " + label + " was {k}?",
                "What " + label + " was given for {k}?",
                "what was the " + label + " of {k}"));
      }
    }
  }

  private static String past(String verb) {
    return verb.endsWith("e")
        ? verb + "d"
        : verb.endsWith("y") && !verb.endsWith("ay")
            ? verb.substring(0, verb.length() - 1) + "ied"
            : verb + "ed";
  }

  private String value(Rng rng, Part part) {
    String last = lastValues.get(part);
    String value =
        last != null && rng.chance(alikeValues) && last.matches(".*[0-9].*")
            ? Values.lookAlike(rng, last)
            : value(rng, part.value());
    lastValues.put(part, value);
    return value;
  }

  private static String value(Rng rng, int kind) {
    return switch (kind) {
      case 0 -> rng.number(rng.between(1, 6));
      case 1 -> "0x" + rng.hex(rng.pick(4, 8));
      case 2 -> Values.ip(rng);
      case 3 -> Values.ip(rng) + ":" + rng.number(rng.between(2, 5));
      case 4 -> Values.email(rng);
      case 5 -> rng.pick(Words.STATES);
      case 6 -> Values.path(rng);
      case 7 -> Values.version(rng);
      case 8 -> Values.host(rng);
      case 9 -> rng.number(rng.between(5, 10));
      case 10 -> rng.pick(Words.NOUNS);
      case 11 -> Values.size(rng);
      default ->
          switch (rng.below(4)) {
            case 0 -> rng.number(rng.between(1, 5)) + "ms";
            case 1 -> rng.number(rng.between(1, 4)) + "." + rng.digits(rng.between(1, 3)) + " ms";
            case 2 -> rng.number(rng.between(1, 2)) + "." + rng.digits(2) + " seconds";
            default -> Values.duration(rng);
          };
    };
  }

  private String id(Rng rng) {
    for (int tries = 0; tries < 30; tries++) {
      StringBuilder id = new StringBuilder();
      if (!made.isEmpty() && rng.chance(alike)) {
        id.append(Values.lookAlike(rng, rng.pick(made)));
      } else {
        for (int i = 0; i < idSegments.size(); i++) {
          String fixed = idFixed.get(i);
          id.append(i == 0 ? fixed.replaceAll("^[-_.:/]", "") : fixed);
          int length = idSegments.get(i)[1];
          id.append(
              switch (idSegments.get(i)[0]) {
                case 0, 1 -> rng.digits(length);
                case 2 -> rng.hex(length + 2);
                case 3 -> rng.chars("ABCDEFGHIJKLMNOPQRSTUVWXYZ", Math.min(3, length));
                case 4 -> rng.pick(Words.NOUNS);
                default -> rng.letters(length);
              });
        }
      }
      String name = id.toString();
      if (name.length() >= 2 && name.length() <= 40 && used.add(name)) {
        made.add(name);
        return name;
      }
    }
    String name = Values.uuid(rng);
    made.add(name);
    return name;
  }

  @Override
  public void emit(Rng rng, List<DraftLine> out) {
    LineBuilder line = new LineBuilder();
    if (withHeader) {
      header.write(line, rng, null, null, List.of());
    }
    if (rng.chance(noise)) {
      line.add(ProseTemplates.noise(rng));
    } else {
      int which = rng.below(messages.size());
      Message message = messages.get(which);
      String anchor = rng.chance(again) && !made.isEmpty() ? rng.pick(made) : id(rng);
      if (!used.add(which + "\u0000" + anchor)) {
        anchor = id(rng);
        used.add(which + "\u0000" + anchor);
      }
      write(line, rng, message, anchor);
    }
    if (withHeader) {
      header.end(line);
    }
    out.add(line.build());
  }

  private void write(LineBuilder line, Rng rng, Message message, String anchor) {
    for (int i = 0; i <= message.parts().size(); i++) {
      if (i == message.anchorAt()) {
        line.add(i == 0 ? "" : separator);
        line.add(message.anchorBefore()).add(anchor).add(message.anchorAfter());
      }
      if (i == message.parts().size()) {
        return;
      }
      line.add(i == 0 && message.anchorAt() != 0 ? "" : separator);
      Part part = message.parts().get(i);
      line.add(part.before());
      if (part.value() >= 0) {
        boolean labelled = part.label().indexOf(' ') < 0 || part.templates().size() == 4;
        line.fact(
            anchor,
            message.kind(),
            part.label(),
            labelled && part.templates().size() != 6 ? List.of(part.label()) : List.of(),
            part.templates(),
            value(rng, part),
            false);
      }
      line.add(part.after());
    }
  }

  @Override
  public List<DraftLine> unsaid(Rng rng) {
    List<DraftLine> lines = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      LineBuilder line = new LineBuilder();
      write(line, rng, rng.pick(messages), id(rng));
      lines.add(line.build());
    }
    return lines;
  }
}
