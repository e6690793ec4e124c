package io.focusstream.operators.state;

/**
 * What is known of a stream without reading its tokens.
 *
 * @param events events that arrived
 * @param tokens their tokens
 * @param firstTail sequence number of the oldest event in the tail
 * @param nextTail sequence number of the next event
 * @param tailTokens tokens in the tail
 * @param firstChunk index of the oldest chunk kept
 * @param nextChunk index of the next chunk; {@code [firstChunk, nextChunk)} are kept
 * @param nextQuestion sequence number of the next question
 */
public record StreamSummary(
    long events,
    long tokens,
    long firstTail,
    long nextTail,
    int tailTokens,
    int firstChunk,
    int nextChunk,
    long nextQuestion) {
  /** A stream of which nothing is known. */
  public static final StreamSummary EMPTY = new StreamSummary(0, 0, 0, 0, 0, 0, 0, 0);

  /** How many chunks are kept. */
  public int chunks() {
    return nextChunk - firstChunk;
  }

  /** The same with another question accepted. */
  public StreamSummary withQuestion() {
    return new StreamSummary(
        events, tokens, firstTail, nextTail, tailTokens, firstChunk, nextChunk, nextQuestion + 1);
  }

  /** The same with its oldest chunk being another. */
  public StreamSummary withFirstChunk(int chunk) {
    return new StreamSummary(
        events, tokens, firstTail, nextTail, tailTokens, chunk, nextChunk, nextQuestion);
  }
}
