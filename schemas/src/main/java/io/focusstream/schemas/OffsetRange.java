package io.focusstream.schemas;

/**
 * The Kafka records that a piece of evidence was read from, in one partition.
 *
 * @param topic the topic
 * @param partition the partition, from 0
 * @param firstOffset the first record's offset
 * @param lastOffset the last record's offset, inclusive
 */
public record OffsetRange(String topic, int partition, long firstOffset, long lastOffset) {
  public OffsetRange {
    Limits.requireName("topic", topic, Limits.MAX_TOPIC_CHARS);
    Limits.requireRange("partition", partition, 0, Integer.MAX_VALUE);
    Limits.requireRange("firstOffset", firstOffset, 0, Long.MAX_VALUE);
    Limits.requireRange("lastOffset", lastOffset, firstOffset, Long.MAX_VALUE);
  }
}
