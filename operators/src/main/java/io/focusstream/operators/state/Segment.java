package io.focusstream.operators.state;

import io.focusstream.schemas.OffsetRange;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * A stretch of a stream: what a chunk holds, and what a question saw of the tail.
 *
 * @param tokens token ids, oldest first; not to be changed
 * @param eventEnds for each event that ends in here, the index after its last token, ascending;
 *     what follows the last of them is the beginning of an event that goes on in the next chunk
 * @param fromMillis time of the earliest event, milliseconds since the epoch; 0 where there is none
 * @param toMillis time of the latest event
 * @param offsets what it was read from, one range a topic and partition
 */
public record Segment(
    int[] tokens, int[] eventEnds, long fromMillis, long toMillis, List<OffsetRange> offsets) {
  /** A stretch without events. */
  public static final Segment EMPTY = new Segment(new int[0], new int[0], 0, 0, List.of());

  public Segment {
    Objects.requireNonNull(tokens, "tokens");
    int before = 0;
    for (int end : eventEnds) {
      if (end < before || end > tokens.length) {
        throw new IllegalArgumentException(
            "event ends must ascend within " + tokens.length + " tokens; got " + end);
      }
      before = end;
    }
    offsets = List.copyOf(offsets);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Segment that
        && Arrays.equals(tokens, that.tokens)
        && Arrays.equals(eventEnds, that.eventEnds)
        && fromMillis == that.fromMillis
        && toMillis == that.toMillis
        && offsets.equals(that.offsets);
  }

  @Override
  public int hashCode() {
    return Objects.hash(
        Arrays.hashCode(tokens), Arrays.hashCode(eventEnds), fromMillis, toMillis, offsets);
  }

  /** Sizes only. */
  @Override
  public String toString() {
    return tokens.length + " tokens, " + eventEnds.length + " event ends";
  }
}
