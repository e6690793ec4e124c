package io.focusstream.schemas;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** Dead letters as JSON (schema: {@code dead-letter.schema.json}); key and value in base64. */
public final class DeadLetterCodec {
  private static final String RECORD = "dead letter";

  private DeadLetterCodec() {}

  /** The JSON form. */
  public static byte[] encode(DeadLetter letter) {
    ObjectNode json = Json.object();
    json.put("topic", letter.topic());
    json.put("partition", letter.partition());
    json.put("offset", letter.offset());
    json.put("timestampMillis", letter.timestampMillis());
    json.put("reason", letter.reason());
    json.put("key", letter.key());
    json.put("value", letter.value());
    return Json.write(json);
  }

  /**
   * Reads the JSON form.
   *
   * @throws RecordFormatException where the bytes aren't a dead letter
   */
  public static DeadLetter decode(byte[] value) {
    Json json = Json.read(RECORD, value);
    return Json.checked(
        RECORD,
        () ->
            new DeadLetter(
                json.text("topic"),
                json.int32("partition"),
                json.wholeNumber("offset"),
                json.wholeNumber("timestampMillis"),
                json.text("reason"),
                json.base64OrNull("key"),
                json.base64OrNull("value")));
  }
}
