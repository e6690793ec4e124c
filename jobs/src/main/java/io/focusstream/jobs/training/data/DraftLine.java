package io.focusstream.jobs.training.data;

import java.util.List;

/** A line with the facts in it. */
record DraftLine(String text, List<Fact> facts) {
  static DraftLine plain(String text) {
    return new DraftLine(text, List.of());
  }

  String value(Fact fact) {
    return text.substring(fact.start(), fact.end());
  }
}
