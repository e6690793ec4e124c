package io.focusstream.operators.engine;

/**
 * What an engine has done since it started, and what it holds now; of all operators that share it.
 *
 * @param condensedTokens tokens of the chunks that were condensed
 * @param condensedBatches batches that they were condensed in
 * @param condenseNanos time that took
 * @param runningQuestions questions being answered now
 * @param hotBytes bytes of chunk states ready for use
 * @param hotHits chunks that a question found ready
 * @param hotMisses chunks that it had to load or make
 */
public record EngineStats(
    long condensedTokens,
    long condensedBatches,
    long condenseNanos,
    int runningQuestions,
    long hotBytes,
    long hotHits,
    long hotMisses) {
  /** Of an engine that keeps no account. */
  public static final EngineStats NONE = new EngineStats(0, 0, 0, 0, 0, 0, 0);

  /** Tokens a second while condensing; 0 where nothing was condensed. */
  public double condensedTokensPerSecond() {
    return condenseNanos == 0 ? 0 : condensedTokens * 1e9 / condenseNanos;
  }
}
