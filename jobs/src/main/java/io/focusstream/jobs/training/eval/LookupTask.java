package io.focusstream.jobs.training.eval;

import io.focusstream.jobs.training.data.Episode;
import io.focusstream.jobs.training.data.HeldOutLogs;

/** Questions over logs of kinds that training never saw. */
public final class LookupTask {
  private static final long EVALUATION = 0x10_0C_0FFL;

  private LookupTask() {}

  /** Number of kinds of logs. */
  public static int kinds() {
    return HeldOutLogs.kinds();
  }

  /** An episode of one kind, that many lines long; each seed another. */
  public static Episode episode(long seed, int kind, int lines) {
    return HeldOutLogs.episode(seed ^ EVALUATION, kind, lines);
  }
}
