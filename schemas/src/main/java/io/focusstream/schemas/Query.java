package io.focusstream.schemas;

import java.util.Objects;

/**
 * A question to a stream, or to several.
 *
 * @param id names the question; its answer repeats it
 * @param streams which streams are asked
 * @param question the question's text; may be empty where the mode asks nothing; lone surrogates
 *     become U+FFFD
 * @param maxAnswerTokens most tokens that the answer may have; {@code null} leaves it to the job
 * @param mode what is wanted
 * @param deadlineMillis most milliseconds from the question's acceptance to its answer, after which
 *     it is answered with {@link AnswerStatus#EXPIRED}; {@code null} leaves it to the job
 * @param partial whether the answer's tokens are wanted as they come: records of status {@link
 *     AnswerStatus#PARTIAL} before the answer itself; of one stream and in mode ask only
 * @param timestampMillis when it was asked, in milliseconds since 1970-01-01 UTC
 * @param position where in Kafka it was read; not part of its JSON form
 */
public record Query(
    String id,
    StreamSelection streams,
    String question,
    Integer maxAnswerTokens,
    QueryMode mode,
    Long deadlineMillis,
    boolean partial,
    long timestampMillis,
    SourcePosition position) {
  public Query {
    Limits.requireName("id", id, Limits.MAX_ID_CHARS);
    Objects.requireNonNull(streams, "streams");
    Objects.requireNonNull(mode, "mode");
    boolean several = !(streams instanceof StreamSelection.One);
    if (several && mode == QueryMode.STANDING) {
      throw new IllegalArgumentException(
          "a standing question is of one stream; got "
              + Limits.shown(streams.shown())
              + ": register it with each");
    }
    if (partial && (several || mode != QueryMode.ASK)) {
      throw new IllegalArgumentException(
          "partial answers are of one stream and of mode ask; got mode "
              + mode
              + " of "
              + Limits.shown(streams.shown()));
    }
    if (mode.hasQuestion()) {
      Limits.requireText("question", question, Limits.MAX_QUESTION_CHARS);
    } else {
      Limits.requireLength("question", question, Limits.MAX_QUESTION_CHARS);
    }
    question = Surrogates.replaceLone(question);
    if (maxAnswerTokens != null) {
      Limits.requireRange("maxAnswerTokens", maxAnswerTokens, 1, Limits.MAX_ANSWER_TOKENS);
    }
    if (deadlineMillis != null) {
      Limits.requireRange("deadlineMillis", deadlineMillis, 1, Limits.MAX_DEADLINE_MILLIS);
    }
    Limits.requireRange("timestampMillis", timestampMillis, 0, Long.MAX_VALUE);
    Objects.requireNonNull(position, "position");
  }

  /** A query of one stream, answered in one piece. */
  public Query(
      String id,
      String stream,
      String question,
      Integer maxAnswerTokens,
      QueryMode mode,
      Long deadlineMillis,
      long timestampMillis,
      SourcePosition position) {
    this(
        id,
        new StreamSelection.One(stream),
        question,
        maxAnswerTokens,
        mode,
        deadlineMillis,
        false,
        timestampMillis,
        position);
  }

  /** The stream that is asked; of several, what is shown of them. */
  public String stream() {
    return streams.shown();
  }

  /** A question for one answer, without a deadline of its own. */
  public static Query ask(
      String id,
      String stream,
      String question,
      Integer maxAnswerTokens,
      long timestampMillis,
      SourcePosition position) {
    return new Query(
        id, stream, question, maxAnswerTokens, QueryMode.ASK, null, timestampMillis, position);
  }
}
