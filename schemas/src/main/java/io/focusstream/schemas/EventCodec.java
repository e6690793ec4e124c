package io.focusstream.schemas;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Events as JSON: {@code {"stream": "web-1", "text": "GET / 200", "timestampMillis":
 * 1764000000000}} (schema: {@code event.schema.json}). {@code stream} and {@code timestampMillis}
 * may be left out: the Kafka record's key and timestamp stand in for them. {@code role} may be
 * given.
 */
public final class EventCodec {
  private static final String RECORD = "event";

  private static final SourcePosition NOT_READ_YET = new SourcePosition("events", 0, 0);

  private EventCodec() {}

  /** The JSON form of an event that nobody said; the position isn't part of it. */
  public static byte[] encode(String stream, String text, long timestampMillis) {
    return encode(new Event(stream, text, timestampMillis, NOT_READ_YET));
  }

  /** The JSON form; the position isn't part of it. */
  public static byte[] encode(Event event) {
    ObjectNode json = Json.object();
    json.put("stream", event.stream());
    if (!event.role().isEmpty()) {
      json.put("role", event.role());
    }
    json.put("text", event.text());
    json.put("timestampMillis", event.timestampMillis());
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
    String role = json.textOr("role", "");
    String text = json.text("text");
    long timestampMillis = json.wholeNumberOr("timestampMillis", recordTimestampMillis);
    return Json.checked(RECORD, () -> new Event(stream, role, text, timestampMillis, position));
  }
}
