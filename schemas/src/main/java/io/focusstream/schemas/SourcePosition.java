package io.focusstream.schemas;

/**
 * Where in Kafka a record was read.
 *
 * @param topic the topic; never empty
 * @param partition the partition, from 0
 * @param offset the offset within the partition, from 0
 */
public record SourcePosition(String topic, int partition, long offset) {
  public SourcePosition {
    Limits.requireName("topic", topic, Limits.MAX_TOPIC_CHARS);
    Limits.requireRange("partition", partition, 0, Integer.MAX_VALUE);
    Limits.requireRange("offset", offset, 0, Long.MAX_VALUE);
  }

  /** The form {@code topic-partition@offset}, as Kafka's own messages write it. */
  @Override
  public String toString() {
    return topic + "-" + partition + "@" + offset;
  }
}
