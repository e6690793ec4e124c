package io.focusstream.operators.engine;

import java.util.List;

/**
 * A chunk's stored state.
 *
 * @param key the chunk's content key
 * @param blocks the encoded state, in order; each block is self-describing (magic, layout version,
 *     model fingerprint, checksum), none is larger than 4 MiB
 */
public record CondensedChunk(ChunkKey key, List<byte[]> blocks) {
  public CondensedChunk {
    blocks = List.copyOf(blocks);
  }
}
