package io.focusstream.jobs.training.data;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Log lines about things with fields, in a layout of its own: key=value, JSON, quoted, columns. */
final class RecordLogScenario implements Scenario {
  private final LogHeader header;
  private final Anchors anchors;
  private final List<Field> fields;
  private final List<String> written = new ArrayList<>();
  private final int layout;
  private final String equal;
  private final String comma;
  private final String idName;
  private final double again;
  private final Map<String, Set<String>> said = new HashMap<>();

  RecordLogScenario(Rng rng) {
    header = new LogHeader(rng);
    anchors = new Anchors(rng);
    layout = rng.below(10);
    int casing = rng.below(5);
    String plainId = rng.pick("id", anchors.kind(), anchors.kind() + "_id", anchors.kind() + "Id");
    idName = cased(plainId, casing);
    List<Field> all = new ArrayList<>(Field.all());
    rng.shuffle(all);
    // No two fields of one log may be called the same.
    Set<String> names = new HashSet<>(List.of(plainId, anchors.kind(), "time", "timestamp"));
    List<Field> chosen = new ArrayList<>();
    int wanted = rng.between(2, 6);
    for (Field field : all) {
      Set<String> own = new HashSet<>(field.written());
      own.addAll(field.spoken());
      own.add(field.name());
      boolean clash = false;
      for (String name : own) {
        clash |= names.contains(name);
      }
      if (!clash && chosen.size() < wanted) {
        chosen.add(field);
        names.addAll(own);
      }
    }
    fields = List.copyOf(chosen);
    for (Field field : fields) {
      written.add(cased(rng.pick(field.written()), casing));
    }
    equal = rng.pick("=", "=", "=", ": ", ":", " = ", "=");
    comma = rng.pick(" ", " ", " ", ", ", ", ", "; ", " | ");
    again = rng.pick(0.0, 0.15, 0.3);
  }

  private static String cased(String name, int casing) {
    return switch (casing) {
      case 0 -> name.toUpperCase(Locale.ROOT);
      case 1 -> Words.capital(name);
      default -> name;
    };
  }

  @Override
  public void emit(Rng rng, List<DraftLine> out) {
    String anchor = rng.chance(again) ? anchors.recent(rng) : null;
    if (anchor == null) {
      anchor = anchors.next(rng);
    }
    Set<String> known = said.computeIfAbsent(anchor, a -> new HashSet<>());
    List<Integer> chosen = new ArrayList<>();
    for (int i = 0; i < fields.size(); i++) {
      if (!known.contains(fields.get(i).name()) && rng.chance(0.75)) {
        chosen.add(i);
        known.add(fields.get(i).name());
      }
    }
    if (chosen.isEmpty()) {
      anchor = anchors.next(rng);
      known = said.computeIfAbsent(anchor, a -> new HashSet<>());
      chosen.add(rng.below(fields.size()));
      known.add(fields.get(chosen.get(0)).name());
    }
    LineBuilder line = new LineBuilder();
    String kind = anchors.kind();
    if (layout == 0) {
      json(line, rng, anchor, kind, chosen);
      out.add(line.build());
      return;
    }
    if (layout != 5) {
      header.write(line, rng, anchor, kind, LogHeader.TIME_TEMPLATES);
    }
    switch (layout) {
      case 1 -> {
        line.add(rng.pick(Words.VERBS_PAST)).add(" ").add(kind).add(" ").add(anchor).add(" (");
        pairs(line, rng, anchor, kind, chosen, equal, comma, "");
        line.add(")");
      }
      case 2 -> {
        line.add(Words.capital(kind))
            .add(" ")
            .add(anchor)
            .add(" ")
            .add(rng.pick(Words.VERBS_PAST))
            .add(comma.equals(" ") ? " " : ": ");
        pairs(line, rng, anchor, kind, chosen, equal, comma, "");
      }
      case 3 -> {
        line.add(idName).add("=\"").add(anchor).add("\" ");
        pairs(line, rng, anchor, kind, chosen, "=", " ", "\"");
      }
      case 4 -> {
        line.add("[")
            .add(anchor)
            .add("] ")
            .add(rng.pick(Words.VERBS_PAST))
            .add(" ")
            .add(rng.pick(Words.NOUNS))
            .add(" ");
        pairs(line, rng, anchor, kind, chosen, equal, comma, "");
      }
      case 5 -> {
        line.add(anchor).add(comma.equals(" ") ? "\t" : comma);
        pairs(line, rng, anchor, kind, chosen, equal, comma, "");
      }
      case 6 -> {
        line.add(rng.pick(Words.NOUNS)).add(" ").add(rng.pick(Words.VERBS_PAST)).add(" - {");
        line.add(idName).add(": ").add(anchor).add(", ");
        pairs(line, rng, anchor, kind, chosen, ": ", ", ", "");
        line.add("}");
      }
      case 7 -> {
        line.add(anchor).add(": ");
        pairs(line, rng, anchor, kind, chosen, " ", ", ", "");
      }
      default -> {
        line.add(idName).add(equal).add(anchor).add(comma);
        pairs(line, rng, anchor, kind, chosen, equal, comma, "");
      }
    }
    if (layout != 5) {
      header.end(line);
    }
    out.add(line.build());
  }

  private void pairs(
      LineBuilder line,
      Rng rng,
      String anchor,
      String kind,
      List<Integer> chosen,
      String equalSign,
      String between,
      String quote) {
    boolean first = true;
    for (int i : chosen) {
      line.add(first ? "" : between).add(written.get(i)).add(equalSign).add(quote);
      line.fact(anchor, kind, fields.get(i), spoken(i), fields.get(i).maker().apply(rng));
      line.add(quote);
      first = false;
    }
  }

  private void json(LineBuilder line, Rng rng, String anchor, String kind, List<Integer> chosen) {
    String colon = equal.equals("=") ? "\": " : "\":";
    String between = colon.length() == 3 ? ", " : ",";
    line.add("{\"");
    String time = header.time(rng);
    if (!time.isEmpty()) {
      line.add(idName.length() % 2 == 0 ? "ts" : "time").add(colon).add("\"");
      line.fact(
          anchor,
          kind,
          "time",
          List.of("time", "timestamp"),
          LogHeader.TIME_TEMPLATES,
          time,
          false);
      line.add("\"")
          .add(between)
          .add("\"level")
          .add(colon)
          .add("\"")
          .add(header.level(rng))
          .add("\"")
          .add(between)
          .add("\"");
    }
    line.add(idName).add(colon).add("\"").add(anchor).add("\"");
    for (int i : chosen) {
      String value = fields.get(i).maker().apply(rng);
      boolean bare = value.matches("[1-9][0-9]{0,8}");
      line.add(between).add("\"").add(written.get(i)).add(colon).add(bare ? "" : "\"");
      line.fact(anchor, kind, fields.get(i), spoken(i), value);
      line.add(bare ? "" : "\"");
    }
    line.add("}");
  }

  private List<String> spoken(int i) {
    List<String> all = new ArrayList<>();
    all.add(written.get(i));
    all.addAll(fields.get(i).spoken());
    return all;
  }
}
