package io.focusstream.schemas;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.stream.Stream;

/**
 * Questions as JSON: {@code {"id": "q-1", "stream": "web-1", "question": "Which user failed?"}}
 * (schema: {@code query.schema.json}). Instead of {@code stream} it may have {@code streams}, a
 * list, or {@code streamPrefix}. {@code maxAnswerTokens}, {@code mode}, {@code deadlineMillis} and
 * {@code timestampMillis} may be left out. So may {@code id}: it is then the record's position, for
 * example {@code queries-0@17}, the same after each replay.
 */
public final class QueryCodec {
  private static final String RECORD = "query";
  private static final long ABSENT = Long.MIN_VALUE;

  private static final SourcePosition NOT_READ_YET = new SourcePosition("queries", 0, 0);

  private QueryCodec() {}

  /**
   * The JSON form; the position isn't part of it.
   *
   * @param maxAnswerTokens most tokens of the answer; {@code null} leaves it to the job
   */
  public static byte[] encode(
      String id, String stream, String question, Integer maxAnswerTokens, long timestampMillis) {
    return encode(Query.ask(id, stream, question, maxAnswerTokens, timestampMillis, NOT_READ_YET));
  }

  /** The JSON form; the position isn't part of it. */
  public static byte[] encode(Query query) {
    ObjectNode json = Json.object();
    json.put("id", query.id());
    if (query.streams() instanceof StreamSelection.One one) {
      json.put("stream", one.stream());
    } else if (query.streams() instanceof StreamSelection.Listed listed) {
      ArrayNode streams = json.putArray("streams");
      listed.streams().forEach(streams::add);
    } else if (query.streams() instanceof StreamSelection.Prefixed prefixed) {
      json.put("streamPrefix", prefixed.prefix());
    }
    if (!query.question().isEmpty()) {
      json.put("question", query.question());
    }
    if (query.maxAnswerTokens() != null) {
      json.put("maxAnswerTokens", query.maxAnswerTokens());
    }
    if (query.mode() != QueryMode.ASK) {
      json.put("mode", query.mode().toString());
    }
    if (query.deadlineMillis() != null) {
      json.put("deadlineMillis", query.deadlineMillis());
    }
    if (query.partial()) {
      json.put("partial", true);
    }
    json.put("timestampMillis", query.timestampMillis());
    return Json.write(json);
  }

  /**
   * Reads the JSON form.
   *
   * @param value the Kafka record's value
   * @param position where it was read
   * @param recordTimestampMillis time where the JSON has none
   * @throws RecordFormatException where the bytes aren't a question; where id, streams and the type
   *     of each field can be read and only a value can't be taken, with the {@link
   *     RecordFormatException#answer() answer} that says so
   */
  public static Query decode(byte[] value, SourcePosition position, long recordTimestampMillis) {
    Json json = Json.read(RECORD, value);
    StreamSelection streams = streams(json);
    QueryMode mode = mode(json.textOr("mode", QueryMode.ASK.toString()));
    boolean cancel = mode == QueryMode.CANCEL;
    // What is to be cancelled must be named; a question may be named by its place.
    String id = cancel ? json.text("id") : json.textOr("id", position.toString());
    String question = mode.hasQuestion() ? json.text("question") : "";
    long maxAnswerTokens = json.wholeNumberOr("maxAnswerTokens", ABSENT);
    boolean partial = json.flag("partial");
    long deadlineMillis = json.wholeNumberOr("deadlineMillis", ABSENT);
    long timestampMillis = json.wholeNumberOr("timestampMillis", recordTimestampMillis);
    try {
      if (maxAnswerTokens != ABSENT) {
        Limits.requireRange("maxAnswerTokens", maxAnswerTokens, 1, Limits.MAX_ANSWER_TOKENS);
      }
      return new Query(
          id,
          streams,
          question,
          maxAnswerTokens == ABSENT ? null : Integer.valueOf((int) maxAnswerTokens),
          mode,
          deadlineMillis == ABSENT ? null : Long.valueOf(deadlineMillis),
          partial,
          timestampMillis,
          position);
    } catch (IllegalArgumentException e) {
      throw new RecordFormatException(
          RECORD + ": " + e.getMessage(), e, rejection(id, streams, e.getMessage()));
    }
  }

  /** {@code null} where the question has no name that an answer could have. */
  private static Answer rejection(String id, StreamSelection streams, String reason) {
    try {
      return Answer.withoutModel(
          id,
          streams.shown(),
          AnswerStatus.REJECTED,
          "the question can't be taken: " + reason + ". Correct that and ask again");
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static StreamSelection streams(Json json) {
    List<String> given = Stream.of("stream", "streams", "streamPrefix").filter(json::has).toList();
    if (given.size() > 1) {
      throw new RecordFormatException(
          RECORD + ": give one of 'stream', 'streams' and 'streamPrefix'; got " + given);
    }
    return Json.checked(
        RECORD,
        () ->
            json.has("streams")
                ? new StreamSelection.Listed(json.texts("streams"))
                : json.has("streamPrefix")
                    ? new StreamSelection.Prefixed(json.text("streamPrefix"))
                    : new StreamSelection.One(json.text("stream")));
  }

  private static QueryMode mode(String name) {
    for (QueryMode mode : QueryMode.values()) {
      if (mode.toString().equals(name)) {
        return mode;
      }
    }
    throw new RecordFormatException(
        RECORD
            + ": field 'mode' must be one of "
            + List.of(QueryMode.values())
            + "; got "
            + Limits.shown(name));
  }
}
