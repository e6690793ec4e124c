package io.focusstream.schemas;

import java.util.Arrays;
import java.util.Objects;

/**
 * A record that could not be read, as it was.
 *
 * @param topic the topic that it was read from
 * @param partition the partition
 * @param offset the offset
 * @param timestampMillis the record's timestamp, in milliseconds since 1970-01-01 UTC; -1 where it
 *     has none
 * @param reason why it could not be read; names the field and the value
 * @param key the record's key, base64 in JSON; {@code null} where it has none
 * @param value the record's value, base64 in JSON; {@code null} where it has none
 */
public record DeadLetter(
    String topic,
    int partition,
    long offset,
    long timestampMillis,
    String reason,
    byte[] key,
    byte[] value) {
  public DeadLetter {
    Limits.requireName("topic", topic, Limits.MAX_TOPIC_CHARS);
    Limits.requireRange("partition", partition, 0, Integer.MAX_VALUE);
    Limits.requireRange("offset", offset, 0, Long.MAX_VALUE);
    Limits.requireRange("timestampMillis", timestampMillis, -1, Long.MAX_VALUE);
    reason = Limits.cutMessage(Objects.requireNonNull(reason, "reason"));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof DeadLetter that
        && topic.equals(that.topic)
        && partition == that.partition
        && offset == that.offset
        && timestampMillis == that.timestampMillis
        && reason.equals(that.reason)
        && Arrays.equals(key, that.key)
        && Arrays.equals(value, that.value);
  }

  @Override
  public int hashCode() {
    return Objects.hash(
        topic,
        partition,
        offset,
        timestampMillis,
        reason,
        Arrays.hashCode(key),
        Arrays.hashCode(value));
  }

  /** Position and reason; the bytes only by their number, as a stream's text is never logged. */
  @Override
  public String toString() {
    return "DeadLetter["
        + topic
        + "-"
        + partition
        + "@"
        + offset
        + ", reason="
        + reason
        + ", keyBytes="
        + (key == null ? 0 : key.length)
        + ", valueBytes="
        + (value == null ? 0 : value.length)
        + "]";
  }
}
