package io.focusstream.jobs.kafka;

import io.focusstream.schemas.DeadLetter;
import io.focusstream.schemas.Limits;
import io.focusstream.schemas.SourcePosition;
import java.util.Arrays;
import java.util.Objects;

/**
 * A Kafka record before anything tried to read it, so that a poison record's bytes are still there.
 *
 * @param topic the topic
 * @param partition the partition
 * @param offset the offset
 * @param timestampMillis the record's timestamp, in milliseconds since 1970-01-01 UTC; -1 where it
 *     has none
 * @param key the key's bytes; {@code null} where it has none
 * @param value the value's bytes; {@code null} where it has none
 */
public record RawRecord(
    String topic, int partition, long offset, long timestampMillis, byte[] key, byte[] value) {
  /** Most bytes of a key in a dead letter. */
  static final int MAX_LETTER_KEY_BYTES = 64 * 1024;

  /** Most bytes of a value in a dead letter; with the key 917,504 characters of base64. */
  static final int MAX_LETTER_VALUE_BYTES = 608 * 1024;

  /** Where it was read. */
  public SourcePosition position() {
    return new SourcePosition(topic, partition, offset);
  }

  /** The record's timestamp, or 0 where it has none. */
  public long timestampMillisOrZero() {
    return Math.max(0, timestampMillis);
  }

  /**
   * This record as a dead letter. Key and value are cut where the dead letter, in base64, would not
   * fit a broker's default record size; the reason then says so, and the position still leads to
   * the whole record.
   */
  public DeadLetter deadLetter(String reason) {
    byte[] cutKey = cut(key, MAX_LETTER_KEY_BYTES);
    byte[] cutValue = cut(value, MAX_LETTER_VALUE_BYTES);
    String note = "";
    if (cutKey != key || cutValue != value) {
      note = " (cut here from " + bytes(key) + " bytes of key and " + bytes(value) + " of value)";
    }
    return new DeadLetter(
        topic,
        partition,
        offset,
        Math.max(-1, timestampMillis),
        Limits.cut(reason, Limits.MAX_MESSAGE_CHARS - note.length()) + note,
        cutKey,
        cutValue);
  }

  private static byte[] cut(byte[] bytes, int max) {
    return bytes == null || bytes.length <= max ? bytes : Arrays.copyOf(bytes, max);
  }

  private static int bytes(byte[] bytes) {
    return bytes == null ? 0 : bytes.length;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RawRecord that
        && topic.equals(that.topic)
        && partition == that.partition
        && offset == that.offset
        && timestampMillis == that.timestampMillis
        && Arrays.equals(key, that.key)
        && Arrays.equals(value, that.value);
  }

  @Override
  public int hashCode() {
    return Objects.hash(
        topic, partition, offset, timestampMillis, Arrays.hashCode(key), Arrays.hashCode(value));
  }

  /** The position only, as a stream's text is never logged. */
  @Override
  public String toString() {
    return "RawRecord[" + topic + "-" + partition + "@" + offset + "]";
  }
}
