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
 * @param deadlineMillis most milliseconds from its acceptance to its answer; 0 for any time
 * @param askedAtMillis when it was asked, milliseconds since the epoch
 * @param position where it was read
 * @param asking how it is asked
 */
public record WaitingQuestion(
    String id,
    int[] tokens,
    int maxAnswerTokens,
    QueryMode mode,
    long deadlineMillis,
    long askedAtMillis,
    SourcePosition position,
    Asking asking) {
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
        asking.ofOneStream());
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
        && asking.equals(that.asking);
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
