package io.focusstream.operators.model.checkpoint;

import io.focusstream.operators.numeric.HalfPrecision;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ShortBuffer;
import java.util.Arrays;
import java.util.Objects;

/**
 * A tensor inside a checkpoint file: row-major, little-endian, not copied.
 *
 * @param name the tensor's name, for example {@code model.layers.0.self_attn.q_proj.weight}
 * @param type the elements' type
 * @param shape the dimensions, outermost first; empty for a scalar
 * @param data exactly the tensor's bytes, from position 0 to limit, read-only, little-endian; each
 *     call of the accessor gives a buffer with a position of its own
 */
public record TensorView(String name, TensorType type, long[] shape, ByteBuffer data) {
  public TensorView {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(type, "type");
    shape = shape.clone();
    data = data.slice().asReadOnlyBuffer();
    if (elements(shape) * type.bytes() != data.remaining()) {
      throw new CheckpointException(
          "tensor %s of type %s and shape %s needs %d bytes; got %d"
              .formatted(
                  name,
                  type,
                  Arrays.toString(shape),
                  elements(shape) * type.bytes(),
                  data.remaining()));
    }
  }

  @Override
  public long[] shape() {
    return shape.clone();
  }

  @Override
  public ByteBuffer data() {
    return data.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Number of elements; 1 for a scalar. */
  public int elements() {
    return Math.toIntExact(elements(shape));
  }

  private static long elements(long[] shape) {
    long elements = 1;
    for (long dimension : shape) {
      elements = Math.multiplyExact(elements, dimension);
    }
    return elements;
  }

  /**
   * All elements as float32: exact for each of the three types.
   *
   * @throws CheckpointException unless the type is F32, F16 or BF16
   */
  public float[] toFloats() {
    float[] values = new float[elements()];
    switch (type) {
      case F32 -> data().asFloatBuffer().get(values);
      case BF16 -> {
        ShortBuffer bits = data().asShortBuffer();
        for (int i = 0; i < values.length; i++) {
          values[i] = HalfPrecision.fromBfloat16(bits.get(i));
        }
      }
      case F16 -> {
        ShortBuffer bits = data().asShortBuffer();
        for (int i = 0; i < values.length; i++) {
          values[i] = HalfPrecision.fromFloat16(bits.get(i));
        }
      }
      default ->
          throw new CheckpointException(
              "tensor %s has type %s; expected F32, F16 or BF16".formatted(name, type));
    }
    return values;
  }

  /**
   * All elements as integers; U8 is taken as unsigned, BOOL as 0 and 1.
   *
   * @throws CheckpointException unless the type is I64, I32, U8, I8 or BOOL
   */
  public long[] toLongs() {
    long[] values = new long[elements()];
    ByteBuffer bytes = data();
    switch (type) {
      case I64 -> bytes.asLongBuffer().get(values);
      case I32 -> Arrays.setAll(values, i -> bytes.getInt(4 * i));
      case U8 -> Arrays.setAll(values, i -> bytes.get(i) & 0xff);
      case I8 -> Arrays.setAll(values, i -> bytes.get(i));
      case BOOL -> Arrays.setAll(values, i -> bytes.get(i) == 0 ? 0 : 1);
      default ->
          throw new CheckpointException(
              "tensor %s has type %s; expected I64, I32, U8, I8 or BOOL".formatted(name, type));
    }
    return values;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TensorView that
        && name.equals(that.name)
        && type == that.type
        && Arrays.equals(shape, that.shape)
        && data.equals(that.data);
  }

  @Override
  public int hashCode() {
    return Objects.hash(name, type, Arrays.hashCode(shape));
  }

  @Override
  public String toString() {
    return name + " " + type + Arrays.toString(shape);
  }
}
