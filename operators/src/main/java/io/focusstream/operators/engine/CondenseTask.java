package io.focusstream.operators.engine;

/**
 * A sealed chunk to be run once through the frozen decoder (FocusLLM §3.2).
 *
 * @param key the chunk's content key, {@link ChunkKey#of(int[])} of {@code tokens}
 * @param tokens the chunk's token ids, 1 to {@link ModelInfo#maxChunkTokens()} of them
 */
public record CondenseTask(ChunkKey key, int[] tokens) {
  public CondenseTask {
    if (tokens.length == 0) {
      throw new IllegalArgumentException("chunk " + key + " has no tokens");
    }
  }
}
