package io.focusstream.operators.state;

import io.focusstream.schemas.QueryMode;
import io.focusstream.schemas.SourcePosition;
import java.util.Arrays;
import java.util.Objects;

/**
 * A question that waits for the watermark to pass its time.
 *
 * @param id the asker's id
 * @param tokens the laid-out question; not to be changed
 * @param maxAnswerTokens most tokens of the answer
 * @param mode what is wanted
 * @param deadlineMillis most milliseconds from its arrival to its answer; 0 for any time
 * @param askedAtMillis when it was asked, milliseconds since the epoch
 * @param position where it was read
 * @param asking how it is asked
 * @param arrivedAtMillis when it reached the operator, by the clock, milliseconds since the epoch;
 *     {@link #UNKNOWN} where a build wrote it that didn't note that
 */
public record WaitingQuestion(
    String id,
    int[] tokens,
    int maxAnswerTokens,
    QueryMode mode,
    long deadlineMillis,
    long askedAtMillis,
    SourcePosition position,
    Asking asking,
    long arrivedAtMillis) {
  /** No time of arrival. */
  public static final long UNKNOWN = -1;

  public WaitingQuestion {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(tokens, "tokens");
    Objects.requireNonNull(mode, "mode");
    Objects.requireNonNull(position, "position");
    Objects.requireNonNull(asking, "asking");
  }

  /** As one stream's part of a question over several. */
  public WaitingQuestion ofOneStream() {
    return new WaitingQuestion(
        id,
        tokens,
        maxAnswerTokens,
        mode,
        deadlineMillis,
        askedAtMillis,
        position,
        asking.ofOneStream(),
        arrivedAtMillis);
  }

  /** The same where its arrival is known; else as if it arrived now. */
  public WaitingQuestion arrivedBy(long nowMillis) {
    return arrivedAtMillis != UNKNOWN
        ? this
        : new WaitingQuestion(
            id,
            tokens,
            maxAnswerTokens,
            mode,
            deadlineMillis,
            askedAtMillis,
            position,
            asking,
            nowMillis);
  }

  /** When it expires, milliseconds since the epoch; 0 for never. */
  public long deadlineAtMillis() {
    return deadlineMillis == 0 ? 0 : arrivedAtMillis + deadlineMillis;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof WaitingQuestion that
        && id.equals(that.id)
        && Arrays.equals(tokens, that.tokens)
        && maxAnswerTokens == that.maxAnswerTokens
        && mode == that.mode
        && deadlineMillis == that.deadlineMillis
        && askedAtMillis == that.askedAtMillis
        && position.equals(that.position)
        && asking.equals(that.asking)
        && arrivedAtMillis == that.arrivedAtMillis;
  }

  @Override
  public int hashCode() {
    return Objects.hash(id, Arrays.hashCode(tokens), maxAnswerTokens, askedAtMillis, position);
  }

  /** Names the question without its text. */
  @Override
  public String toString() {
    return "question " + id + " at " + position;
  }
}
