package io.focusstream.operators.kv;

/**
 * The shape of a chunk's state: keys and values are each {@code [layers, kvHeads, tokens,
 * headDim]}.
 *
 * @param layers decoder layers, in [1, 1024]
 * @param kvHeads key and value heads, in [1, 1024]
 * @param tokens tokens of the chunk, in [1, 1048576]
 * @param headDim size of a head, in [1, 1024]; {@code kvHeads * headDim} is at most 65536
 */
public record ChunkShape(int layers, int kvHeads, int tokens, int headDim) {
  public ChunkShape {
    range("layers", layers, 1 << 10);
    range("kvHeads", kvHeads, 1 << 10);
    range("tokens", tokens, 1 << 20);
    range("headDim", headDim, 1 << 10);
    range("kvHeads * headDim", kvHeads * headDim, 1 << 16);
    if ((long) layers * kvHeads * tokens * headDim > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "a chunk of shape [%d, %d, %d, %d] has more than 2^31 - 1 keys; take smaller chunks"
              .formatted(layers, kvHeads, tokens, headDim));
    }
  }

  private static void range(String name, int value, int most) {
    if (value < 1 || value > most) {
      throw new IllegalArgumentException(
          "%s must be in [1, %d]; got %d".formatted(name, most, value));
    }
  }

  /** Numbers in the keys, and as many again in the values. */
  public int elements() {
    return layers * kvHeads * tokens * headDim;
  }

  /** Where the row {@code [layer, head, token, :]} begins. */
  int offset(int layer, int head, int token) {
    return ((layer * kvHeads + head) * tokens + token) * headDim;
  }

  @Override
  public String toString() {
    return "[%d layers, %d heads, %d tokens, %d]".formatted(layers, kvHeads, tokens, headDim);
  }
}
