package io.focusstream.jobs.training.data;

import java.util.ArrayList;
import java.util.List;

/** Writes a line and notes where its values stand. */
final class LineBuilder {
  private final StringBuilder text = new StringBuilder();
  private final List<Fact> facts = new ArrayList<>();

  LineBuilder add(String piece) {
    text.append(piece);
    return this;
  }

  /** Appends a value and notes that it is the field of an anchor. */
  LineBuilder fact(String anchor, String kind, Field field, List<String> spoken, String value) {
    return fact(anchor, kind, field.name(), spoken, field.templates(), value, false);
  }

  LineBuilder fact(
      String anchor,
      String kind,
      String field,
      List<String> spoken,
      List<String> templates,
      String value,
      boolean ordered) {
    int start = text.length();
    text.append(value);
    facts.add(new Fact(anchor, kind, field, spoken, templates, start, text.length(), ordered));
    return this;
  }

  /** Notes that the line is about the anchor. */
  LineBuilder mention(String anchor) {
    facts.add(Fact.mention(anchor));
    return this;
  }

  /** Appends a line with its facts. */
  LineBuilder append(DraftLine line) {
    int by = text.length();
    text.append(line.text());
    for (Fact fact : line.facts()) {
      facts.add(
          new Fact(
              fact.anchor(),
              fact.kind(),
              fact.field(),
              fact.spoken(),
              fact.templates(),
              fact.start() + by,
              fact.end() + by,
              fact.ordered()));
    }
    return this;
  }

  DraftLine build() {
    return new DraftLine(text.toString(), List.copyOf(facts));
  }
}
