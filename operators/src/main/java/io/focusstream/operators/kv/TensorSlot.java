package io.focusstream.operators.kv;

/**
 * Where a chunk's keys (or values) go in a larger array: row {@code [layer, head, token, :]} begins
 * at {@code offset + layer * layerStride + head * headStride + token * headDim}, all counted in
 * numbers, not bytes. What lies between a short chunk's last token and the padded length is left as
 * it is.
 *
 * @param offset where layer 0, head 0, token 0 begins
 * @param layerStride from a layer to the next
 * @param headStride from a head to the next; at least {@code tokens * headDim}
 */
public record TensorSlot(int offset, int layerStride, int headStride) {
  public TensorSlot {
    if (offset < 0 || layerStride < 0 || headStride < 0) {
      throw new IllegalArgumentException(
          "a slot's offset and strides must be at least 0; got %d, %d, %d"
              .formatted(offset, layerStride, headStride));
    }
  }

  /** The slot that is the whole array: (L, G, T, D), nothing padded. */
  public static TensorSlot whole(ChunkShape shape) {
    return inBatch(shape, 0, 1, shape.tokens());
  }

  /**
   * One chunk's slot in a batch (L, C, G, P, D) of C chunks, each padded to P tokens.
   *
   * @param chunk which of the C, from 0
   * @param chunks C
   * @param paddedTokens P, at least the chunk's tokens
   */
  public static TensorSlot inBatch(ChunkShape shape, int chunk, int chunks, int paddedTokens) {
    if (chunk < 0 || chunk >= chunks) {
      throw new IllegalArgumentException(
          "chunk must be in [0, %d); got %d".formatted(chunks, chunk));
    }
    if (paddedTokens < shape.tokens()) {
      throw new IllegalArgumentException(
          "padded tokens must be at least the chunk's %d; got %d"
              .formatted(shape.tokens(), paddedTokens));
    }
    int headStride = Math.multiplyExact(paddedTokens, shape.headDim());
    int chunkStride = Math.multiplyExact(shape.kvHeads(), headStride);
    int layerStride = Math.multiplyExact(chunks, chunkStride);
    return new TensorSlot(Math.multiplyExact(chunk, chunkStride), layerStride, headStride);
  }

  /** The slot of one scale a row instead of {@code headDim} numbers: (L, C, G, P). */
  public TensorSlot forScales(ChunkShape shape) {
    int d = shape.headDim();
    if (offset % d != 0 || layerStride % d != 0 || headStride % d != 0) {
      throw new IllegalArgumentException(
          "the strides of %s are no multiples of the head size %d".formatted(this, d));
    }
    return new TensorSlot(offset / d, layerStride / d, headStride / d);
  }

  int at(int layer, int head) {
    return offset + layer * layerStride + head * headStride;
  }

  /** Fails unless a chunk of this shape fits into this many numbers. */
  void check(ChunkShape shape, int rowLength, int capacity, String what) {
    long end =
        offset
            + (long) (shape.layers() - 1) * layerStride
            + (long) (shape.kvHeads() - 1) * headStride
            + (long) shape.tokens() * rowLength;
    if (end > capacity || headStride < shape.tokens() * rowLength && shape.kvHeads() > 1) {
      throw new IllegalArgumentException(
          "%s hold %d numbers; a chunk of shape %s at %s needs %d"
              .formatted(what, capacity, shape, this, end));
    }
  }
}
