package io.focusstream.schemas;

/**
 * What a question was answered over.
 *
 * @param chunks sealed chunks of the stream
 * @param streamTokens tokens of the stream, sealed and tail
 * @param tailTokens tokens not sealed into a chunk yet
 * @param questionTokens tokens of the laid-out question
 * @param answerTokens tokens of the answer
 * @param fromMillis how far back the answer reaches: time of the oldest event that was read, in
 *     milliseconds since 1970-01-01 UTC; 0 where there was none
 */
public record Usage(
    int chunks,
    long streamTokens,
    int tailTokens,
    int questionTokens,
    int answerTokens,
    long fromMillis) {
  /** For an answer that the model wasn't asked for. */
  public static final Usage NONE = new Usage(0, 0, 0, 0, 0, 0);

  public Usage {
    Limits.requireRange("chunks", chunks, 0, Integer.MAX_VALUE);
    Limits.requireRange("streamTokens", streamTokens, 0, Long.MAX_VALUE);
    Limits.requireRange("tailTokens", tailTokens, 0, Integer.MAX_VALUE);
    Limits.requireRange("questionTokens", questionTokens, 0, Integer.MAX_VALUE);
    Limits.requireRange("answerTokens", answerTokens, 0, Integer.MAX_VALUE);
  }
}
