package io.focusstream.jobs.kafka;

import io.focusstream.schemas.Event;
import io.focusstream.schemas.EventCodec;
import io.focusstream.schemas.RecordFormatException;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * Reads events out of Kafka records.
 *
 * @param format how the values are written
 * @param defaultStream the stream of records without a key (in JSON: that name none either); {@code
 *     null} stands for the topic's name
 */
public record EventParser(EventFormat format, String defaultStream) implements Serializable {
  public EventParser {
    Objects.requireNonNull(format, "format");
    if (defaultStream != null && defaultStream.isBlank()) {
      throw new IllegalArgumentException(
          "the default stream must not be empty; leave it out to use the topic's name");
    }
  }

  /**
   * The event of a record.
   *
   * @throws IllegalArgumentException where the record isn't an event; the message says why
   */
  public Event parse(RawRecord record) {
    String stream = stream(record);
    long timestampMillis = record.timestampMillisOrZero();
    if (format == EventFormat.JSON) {
      return EventCodec.decode(record.value(), record.position(), stream, timestampMillis);
    }
    if (record.value() == null) {
      throw new RecordFormatException("event: the record has no value; expected a line of text");
    }
    String text = new String(record.value(), StandardCharsets.UTF_8);
    return new Event(stream, text, timestampMillis, record.position());
  }

  /** The event's own time, or the record's where it can't be read. */
  public long timestampMillis(RawRecord record) {
    if (format == EventFormat.JSON) {
      try {
        return parse(record).timestampMillis();
      } catch (IllegalArgumentException e) {
        // The parser that follows says what is wrong with it.
        return record.timestampMillisOrZero();
      }
    }
    return record.timestampMillisOrZero();
  }

  private String stream(RawRecord record) {
    if (record.key() == null || record.key().length == 0) {
      return defaultStream == null ? record.topic() : defaultStream;
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(record.key())).toString();
    } catch (CharacterCodingException e) {
      throw new RecordFormatException(
          "event: the key of "
              + record.key().length
              + " bytes, which names the stream, isn't UTF-8",
          e);
    }
  }
}
