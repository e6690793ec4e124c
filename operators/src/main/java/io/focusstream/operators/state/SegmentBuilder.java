package io.focusstream.operators.state;

import io.focusstream.schemas.OffsetRange;
import io.focusstream.schemas.SourcePosition;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Puts a {@link Segment} together from pieces of events, oldest first. */
public final class SegmentBuilder {
  private int[] tokens = new int[256];
  private int size;
  private final List<Integer> ends = new ArrayList<>();
  private long fromMillis = Long.MAX_VALUE;
  private long toMillis = Long.MIN_VALUE;
  private final List<OffsetRange> offsets = new ArrayList<>();

  /**
   * Adds tokens {@code [from, to)} of an event.
   *
   * @return this
   */
  public SegmentBuilder add(TailEvent event, int from, int to) {
    int length = to - from;
    if (size + length > tokens.length) {
      tokens = Arrays.copyOf(tokens, Math.max(size + length, tokens.length * 2));
    }
    System.arraycopy(event.tokens(), from, tokens, size, length);
    size += length;
    if (to == event.tokens().length) {
      ends.add(size);
    }
    fromMillis = Math.min(fromMillis, event.timestampMillis());
    toMillis = Math.max(toMillis, event.timestampMillis());
    include(event.position());
    return this;
  }

  private void include(SourcePosition position) {
    for (int i = 0; i < offsets.size(); i++) {
      OffsetRange range = offsets.get(i);
      if (range.partition() == position.partition() && range.topic().equals(position.topic())) {
        offsets.set(
            i,
            new OffsetRange(
                range.topic(),
                range.partition(),
                Math.min(range.firstOffset(), position.offset()),
                Math.max(range.lastOffset(), position.offset())));
        return;
      }
    }
    offsets.add(
        new OffsetRange(
            position.topic(), position.partition(), position.offset(), position.offset()));
  }

  /** The segment; {@link Segment#EMPTY} where nothing was added. */
  public Segment build() {
    if (offsets.isEmpty()) {
      return Segment.EMPTY;
    }
    return new Segment(
        Arrays.copyOf(tokens, size),
        ends.stream().mapToInt(Integer::intValue).toArray(),
        fromMillis,
        toMillis,
        offsets);
  }
}
