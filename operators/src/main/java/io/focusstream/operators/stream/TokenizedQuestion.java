package io.focusstream.operators.stream;

import io.focusstream.operators.state.Asking;
import io.focusstream.operators.state.WaitingQuestion;
import io.focusstream.schemas.QueryMode;
import io.focusstream.schemas.SourcePosition;
import java.util.Arrays;
import java.util.Objects;
import org.apache.flink.api.common.typeinfo.TypeInfo;

/**
 * A question as token ids, on its way to the keyed operator.
 *
 * @param id the asker's id; the answer repeats it
 * @param stream the stream that it is asked of, or one of the {@link KeyGroupKeys}: the key
 * @param tokens the laid-out question (see {@code text.PromptTemplate}), empty where the mode asks
 *     nothing; not to be changed
 * @param maxAnswerTokens most tokens of the answer, at least 1
 * @param mode what is wanted
 * @param deadlineMillis most milliseconds from its arrival at the operator to its answer; 0 for any
 *     time
 * @param askedAtMillis when it was asked, milliseconds since the epoch
 * @param position where it was read
 * @param asking how it is asked
 */
@TypeInfo(TokenizedQuestionSerializer.TypeFactory.class)
public record TokenizedQuestion(
    String id,
    String stream,
    int[] tokens,
    int maxAnswerTokens,
    QueryMode mode,
    long deadlineMillis,
    long askedAtMillis,
    SourcePosition position,
    Asking asking) {
  public TokenizedQuestion {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(stream, "stream");
    Objects.requireNonNull(tokens, "tokens");
    Objects.requireNonNull(mode, "mode");
    Objects.requireNonNull(position, "position");
    Objects.requireNonNull(asking, "asking");
    if (maxAnswerTokens < 1) {
      throw new IllegalArgumentException(
          "max-answer-tokens must be at least 1; got " + maxAnswerTokens + " for question " + id);
    }
  }

  /** A question of one stream, answered in one piece. */
  public TokenizedQuestion(
      String id,
      String stream,
      int[] tokens,
      int maxAnswerTokens,
      QueryMode mode,
      long deadlineMillis,
      long askedAtMillis,
      SourcePosition position) {
    this(
        id,
        stream,
        tokens,
        maxAnswerTokens,
        mode,
        deadlineMillis,
        askedAtMillis,
        position,
        Asking.PLAIN);
  }

  /**
   * As it waits in state, where its stream is the key.
   *
   * @param nowMillis the time by the clock, milliseconds since the epoch
   */
  WaitingQuestion arrived(long nowMillis) {
    return new WaitingQuestion(
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

  @Override
  public boolean equals(Object other) {
    return other instanceof TokenizedQuestion that
        && id.equals(that.id)
        && stream.equals(that.stream)
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
    return Objects.hash(
        id, stream, Arrays.hashCode(tokens), maxAnswerTokens, askedAtMillis, position);
  }

  /** Names the question without its text. */
  @Override
  public String toString() {
    return "question "
        + id
        + " of "
        + stream
        + " at "
        + position
        + ", "
        + tokens.length
        + " tokens";
  }
}
