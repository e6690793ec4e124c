package io.focusstream.operators.state;

import java.util.Objects;

/**
 * A sealed chunk; never changes.
 *
 * @param keyHigh bits 127..64 of its content key (see {@code engine.ChunkKey})
 * @param keyLow bits 63..0 of its content key
 * @param segment tokens, times and offsets
 */
public record SealedChunk(long keyHigh, long keyLow, Segment segment) {
  public SealedChunk {
    Objects.requireNonNull(segment, "segment");
  }
}
