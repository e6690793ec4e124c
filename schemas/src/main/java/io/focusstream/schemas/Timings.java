package io.focusstream.schemas;

/**
 * Where the time of an answer went, in milliseconds.
 *
 * @param queuedMillis from acceptance until the engine began
 * @param loadMillis decoding stored chunk states, condensing those that were missing
 * @param firstTokenMillis from acceptance until the first answer token
 * @param totalMillis from acceptance until the last answer token
 */
public record Timings(long queuedMillis, long loadMillis, long firstTokenMillis, long totalMillis) {
  /** For an answer that the model wasn't asked for. */
  public static final Timings NONE = new Timings(0, 0, 0, 0);

  public Timings {
    Limits.requireRange("queuedMillis", queuedMillis, 0, Long.MAX_VALUE);
    Limits.requireRange("loadMillis", loadMillis, 0, Long.MAX_VALUE);
    Limits.requireRange("firstTokenMillis", firstTokenMillis, 0, Long.MAX_VALUE);
    Limits.requireRange("totalMillis", totalMillis, 0, Long.MAX_VALUE);
  }
}
