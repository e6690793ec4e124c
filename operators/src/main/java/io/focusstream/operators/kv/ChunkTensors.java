package io.focusstream.operators.kv;

/**
 * A chunk's state in memory. L layers, G key/value heads, T tokens, D head size.
 *
 * @param shape L, G, T, D
 * @param keys (L, G, T, D) row-major, after the rotary embedding, positions from 0 in the chunk;
 *     not copied
 * @param values (L, G, T, D) row-major; not copied
 */
public record ChunkTensors(ChunkShape shape, float[] keys, float[] values) {
  public ChunkTensors {
    if (keys.length != shape.elements() || values.length != shape.elements()) {
      throw new IllegalArgumentException(
          "a chunk of shape %s has %d keys and as many values; got %d keys, %d values"
              .formatted(shape, shape.elements(), keys.length, values.length));
    }
  }
}
