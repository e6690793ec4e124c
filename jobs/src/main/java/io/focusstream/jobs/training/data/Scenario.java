package io.focusstream.jobs.training.data;

import java.util.List;

/** A source of lines that belong together; made anew for each episode. */
interface Scenario {
  /** Appends the next line, or the next few that must stay together. */
  void emit(Rng rng, List<DraftLine> out);
}
