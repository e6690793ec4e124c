package io.focusstream.schemas;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Questions as JSON: {@code {"id": "q-1", "stream": "web-1", "question": "Which user failed?"}}
 * (schema: {@code query.schema.json}). {@code maxAnswerTokens} and {@code timestampMillis} may be
 * left out. So may {@code id}: it is then the record's position, for example {@code queries-0@17},
 * the same after each replay.
 */
public final class QueryCodec {
  private static final String RECORD = "query";

  private QueryCodec() {}

  /**
   * The JSON form; the position isn't part of it.
   *
   * @param maxAnswerTokens most tokens of the answer; {@code null} leaves it to the job
   */
  public static byte[] encode(
      String id, String stream, String question, Integer maxAnswerTokens, long timestampMillis) {
    Limits.requireText("id", id, Limits.MAX_ID_CHARS);
    Limits.requireText("stream", stream, Limits.MAX_STREAM_CHARS);
    Limits.requireText("question", question, Limits.MAX_QUESTION_CHARS);
    ObjectNode json = Json.object();
    json.put("id", id);
    json.put("stream", stream);
    json.put("question", question);
    if (maxAnswerTokens != null) {
      Limits.requireRange("maxAnswerTokens", maxAnswerTokens, 1, Limits.MAX_ANSWER_TOKENS);
      json.put("maxAnswerTokens", maxAnswerTokens);
    }
    Limits.requireRange("timestampMillis", timestampMillis, 0, Long.MAX_VALUE);
    json.put("timestampMillis", timestampMillis);
    return Json.write(json);
  }

  /**
   * Reads the JSON form.
   *
   * @param value the Kafka record's value
   * @param position where it was read
   * @param recordTimestampMillis time where the JSON has none
   * @throws RecordFormatException where the bytes aren't a question
   */
  public static Query decode(byte[] value, SourcePosition position, long recordTimestampMillis) {
    Json json = Json.read(RECORD, value);
    String id = json.textOr("id", position.toString());
    String stream = json.text("stream");
    String question = json.text("question");
    Integer maxAnswerTokens = json.int32OrNull("maxAnswerTokens");
    long timestampMillis = json.wholeNumberOr("timestampMillis", recordTimestampMillis);
    return Json.checked(
        RECORD, () -> new Query(id, stream, question, maxAnswerTokens, timestampMillis, position));
  }
}
