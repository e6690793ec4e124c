package io.focusstream.operators.state;

import java.util.Arrays;
import java.util.Objects;

/**
 * A question that was accepted and isn't answered, with what it saw of its stream: chunks {@code
 * [firstChunk, nextChunk)} and a copy of the tail. So its answer is the same whenever it is made.
 *
 * @param id the asker's id
 * @param tokens the laid-out question; not to be changed
 * @param maxAnswerTokens most tokens of the answer
 * @param askedAtMillis when it was asked, milliseconds since the epoch
 * @param acceptedAtMillis when it reached the operator, by the clock, milliseconds since the epoch
 * @param firstChunk oldest chunk that it sees
 * @param nextChunk the chunk after the newest that it sees
 * @param tail the events that it sees and that were in no chunk
 * @param standing true for a standing question over one new chunk
 * @param deadlineAtMillis when it expires, milliseconds since the epoch; 0 for never
 * @param asking how it is asked; without a prefix
 */
public record PendingQuestion(
    String id,
    int[] tokens,
    int maxAnswerTokens,
    long askedAtMillis,
    long acceptedAtMillis,
    int firstChunk,
    int nextChunk,
    Segment tail,
    boolean standing,
    long deadlineAtMillis,
    Asking asking) {
  public PendingQuestion {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(tokens, "tokens");
    Objects.requireNonNull(tail, "tail");
    Objects.requireNonNull(asking, "asking");
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PendingQuestion that
        && id.equals(that.id)
        && Arrays.equals(tokens, that.tokens)
        && maxAnswerTokens == that.maxAnswerTokens
        && askedAtMillis == that.askedAtMillis
        && acceptedAtMillis == that.acceptedAtMillis
        && firstChunk == that.firstChunk
        && nextChunk == that.nextChunk
        && tail.equals(that.tail)
        && standing == that.standing
        && deadlineAtMillis == that.deadlineAtMillis
        && asking.equals(that.asking);
  }

  @Override
  public int hashCode() {
    return Objects.hash(id, Arrays.hashCode(tokens), firstChunk, nextChunk, tail);
  }

  /** Names the question without its text. */
  @Override
  public String toString() {
    return "question " + id + " over chunks [" + firstChunk + ", " + nextChunk + ") and " + tail;
  }
}
