package io.focusstream.schemas;

import java.util.Objects;

/**
 * A question to a stream.
 *
 * @param id names the question; its answer repeats it
 * @param stream the stream that is asked
 * @param question the question's text; may be empty where the mode asks nothing
 * @param maxAnswerTokens most tokens that the answer may have; {@code null} leaves it to the job
 * @param mode what is wanted
 * @param deadlineMillis most milliseconds from the question's acceptance to its answer, after which
 *     it is answered with {@link AnswerStatus#EXPIRED}; {@code null} leaves it to the job
 * @param timestampMillis when it was asked, in milliseconds since 1970-01-01 UTC
 * @param position where in Kafka it was read; not part of its JSON form
 */
public record Query(
    String id,
    String stream,
    String question,
    Integer maxAnswerTokens,
    QueryMode mode,
    Long deadlineMillis,
    long timestampMillis,
    SourcePosition position) {
  public Query {
    Limits.requireText("id", id, Limits.MAX_ID_CHARS);
    Limits.requireText("stream", stream, Limits.MAX_STREAM_CHARS);
    Objects.requireNonNull(mode, "mode");
    if (mode.hasQuestion()) {
      Limits.requireText("question", question, Limits.MAX_QUESTION_CHARS);
    } else {
      Limits.requireLength("question", question, Limits.MAX_QUESTION_CHARS);
    }
    if (maxAnswerTokens != null) {
      Limits.requireRange("maxAnswerTokens", maxAnswerTokens, 1, Limits.MAX_ANSWER_TOKENS);
    }
    if (deadlineMillis != null) {
      Limits.requireRange("deadlineMillis", deadlineMillis, 1, Limits.MAX_DEADLINE_MILLIS);
    }
    Limits.requireRange("timestampMillis", timestampMillis, 0, Long.MAX_VALUE);
    Objects.requireNonNull(position, "position");
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
