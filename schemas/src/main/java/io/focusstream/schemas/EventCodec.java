package io.focusstream.schemas;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Events as JSON: {@code {"stream": "web-1", "text": "GET / 200", "timestampMillis":
 * 1764000000000}} (schema: {@code event.schema.json}). {@code stream} and {@code timestampMillis}
 * may be left out: the Kafka record's key and timestamp stand in for them.
 */
public final class EventCodec {
  private static final String RECORD = "event";

  private EventCodec() {}

  /** The JSON form; the position isn't part of it. */
  public static byte[] encode(String stream, String text, long timestampMillis) {
    Limits.requireText("stream", stream, Limits.MAX_STREAM_CHARS);
    Limits.requireLength("text", text, Limits.MAX_TEXT_CHARS);
    Limits.requireRange("timestampMillis", timestampMillis, 0, Long.MAX_VALUE);
    ObjectNode json = Json.object();
    json.put("stream", stream);
    json.put("text", text);
    json.put("timestampMillis", timestampMillis);
    return Json.write(json);
  }

  /**
   * Reads the JSON form.
   *
   * @param value the Kafka record's value
   * @param position where it was read
   * @param recordStream stream where the JSON names none; {@code null} makes the field mandatory
   * @param recordTimestampMillis time where the JSON has none
   * @throws RecordFormatException where the bytes aren't an event
   */
  public static Event decode(
      byte[] value, SourcePosition position, String recordStream, long recordTimestampMillis) {
    Json json = Json.read(RECORD, value);
    String stream =
        recordStream == null ? json.text("stream") : json.textOr("stream", recordStream);
    String text = json.text("text");
    long timestampMillis = json.wholeNumberOr("timestampMillis", recordTimestampMillis);
    return Json.checked(RECORD, () -> new Event(stream, text, timestampMillis, position));
  }
}
