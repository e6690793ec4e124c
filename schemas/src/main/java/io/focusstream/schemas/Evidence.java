package io.focusstream.schemas;

import java.util.List;

/**
 * A part of the stream that an answer attended to.
 *
 * @param chunk index of the chunk in its stream, from 0; {@link #TAIL} for the events that aren't
 *     sealed into a chunk yet
 * @param weight the part of the answer's attention that went to it, in [0, 1]
 * @param fromMillis time of its first event, in milliseconds since 1970-01-01 UTC
 * @param toMillis time of its last event
 * @param offsets the records that it was read from, one range a topic and partition
 * @param lines its text, line by line, cut to a length
 */
public record Evidence(
    int chunk,
    double weight,
    long fromMillis,
    long toMillis,
    List<OffsetRange> offsets,
    List<String> lines) {
  /** The chunk index of the tail. */
  public static final int TAIL = -1;

  public Evidence {
    Limits.requireRange("chunk", chunk, TAIL, Integer.MAX_VALUE);
    Limits.requireShare("weight", weight);
    Limits.requireRange("fromMillis", fromMillis, 0, Long.MAX_VALUE);
    Limits.requireRange("toMillis", toMillis, 0, Long.MAX_VALUE);
    offsets = List.copyOf(offsets);
    lines = lines.stream().map(Surrogates::replaceLone).toList();
  }
}
