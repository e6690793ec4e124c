package io.focusstream.jobs.training.data;

import java.util.List;

/** A source of lines that belong together; made anew for each episode. */
interface Scenario {
  /** Appends the next line, or the next few that must stay together. */
  void emit(Rng rng, List<DraftLine> out);

  /** Lines that this source might have written and did not: what they say is not in the stream. */
  default List<DraftLine> unsaid(Rng rng) {
    return List.of();
  }
}
