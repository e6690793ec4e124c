package io.focusstream.schemas;

import java.util.Objects;

/**
 * A question to a stream.
 *
 * @param id names the question; its answer repeats it
 * @param stream the stream that is asked
 * @param question the question's text
 * @param maxAnswerTokens most tokens that the answer may have; {@code null} leaves it to the job
 * @param timestampMillis when it was asked, in milliseconds since 1970-01-01 UTC
 * @param position where in Kafka it was read; not part of its JSON form
 */
public record Query(
    String id,
    String stream,
    String question,
    Integer maxAnswerTokens,
    long timestampMillis,
    SourcePosition position) {
  public Query {
    Limits.requireText("id", id, Limits.MAX_ID_CHARS);
    Limits.requireText("stream", stream, Limits.MAX_STREAM_CHARS);
    Limits.requireText("question", question, Limits.MAX_QUESTION_CHARS);
    if (maxAnswerTokens != null) {
      Limits.requireRange("maxAnswerTokens", maxAnswerTokens, 1, Limits.MAX_ANSWER_TOKENS);
    }
    Limits.requireRange("timestampMillis", timestampMillis, 0, Long.MAX_VALUE);
    Objects.requireNonNull(position, "position");
  }
}
