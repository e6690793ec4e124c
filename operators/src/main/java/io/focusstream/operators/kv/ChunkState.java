package io.focusstream.operators.kv;

import io.focusstream.operators.numeric.HalfPrecision;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A stored chunk state whose blocks were checked ({@link ChunkStateCodec#read}); reads its numbers
 * into arrays of the caller's. Legend: L layers, C chunks, G key/value heads, T tokens, P padded
 * tokens, D head size. Immutable as long as nobody changes the blocks; safe for use by many
 * threads.
 */
public final class ChunkState {
  private final ChunkShape shape;
  private final Quantisation quantisation;
  private final List<Located> blocks;

  ChunkState(ChunkShape shape, Quantisation quantisation, List<Located> blocks) {
    this.shape = shape;
    this.quantisation = quantisation;
    this.blocks = List.copyOf(blocks);
  }

  /** L, G, T, D. */
  public ChunkShape shape() {
    return shape;
  }

  /** How the numbers are stored. */
  public Quantisation quantisation() {
    return quantisation;
  }

  /** All numbers, as new arrays. */
  public ChunkTensors toTensors() {
    float[] keys = new float[shape.elements()];
    float[] values = new float[shape.elements()];
    copyTo(keys, values, TensorSlot.whole(shape));
    return new ChunkTensors(shape, keys, values);
  }

  /**
   * Writes all numbers as float32.
   *
   * @param keys for example (L, C, G, P, D), and the slot says where this chunk is in it
   * @param values the same
   * @throws IllegalArgumentException if the slot reaches beyond an array's end
   */
  public void copyTo(float[] keys, float[] values, TensorSlot slot) {
    slot.check(shape, shape.headDim(), keys.length, "the keys");
    slot.check(shape, shape.headDim(), values.length, "the values");
    for (Located block : blocks) {
      block.runs(
          this,
          slot,
          (run, at) -> {
            decode(block.bytes, run.keyScales, run.keys, run.rows, keys, at);
            decode(block.bytes, run.valueScales, run.values, run.rows, values, at);
          });
    }
  }

  /**
   * Writes all numbers as float32 to buffers, for example views of direct memory. Positions and
   * limits of the buffers play no part; the slot counts from index 0.
   *
   * @throws IllegalArgumentException if the slot reaches beyond a buffer's limit
   */
  public void copyTo(FloatBuffer keys, FloatBuffer values, TensorSlot slot) {
    slot.check(shape, shape.headDim(), keys.limit(), "the keys");
    slot.check(shape, shape.headDim(), values.limit(), "the values");
    float[] scratch = new float[shape.tokens() * shape.headDim()];
    for (Located block : blocks) {
      block.runs(
          this,
          slot,
          (run, at) -> {
            int count = run.rows * shape.headDim();
            decode(block.bytes, run.keyScales, run.keys, run.rows, scratch, 0);
            keys.put(at, scratch, 0, count);
            decode(block.bytes, run.valueScales, run.values, run.rows, scratch, 0);
            values.put(at, scratch, 0, count);
          });
    }
  }

  /**
   * Writes the int8 numbers and their scales as they are stored.
   *
   * @param keys for example (L, C, G, P, D) int8, and the slot says where this chunk is in it
   * @param values the same
   * @param keyScales (L, C, G, P) float16, two bytes a scale, little-endian
   * @param valueScales the same
   * @throws IllegalStateException unless the state is stored as INT8
   * @throws IllegalArgumentException if the slot reaches beyond a buffer's limit
   */
  public void copyQuantisedTo(
      ByteBuffer keys,
      ByteBuffer values,
      ByteBuffer keyScales,
      ByteBuffer valueScales,
      TensorSlot slot) {
    requireInt8();
    TensorSlot scales = slot.forScales(shape);
    slot.check(shape, shape.headDim(), keys.limit(), "the keys");
    slot.check(shape, shape.headDim(), values.limit(), "the values");
    scales.check(shape, 1, keyScales.limit() / 2, "the keys' scales");
    scales.check(shape, 1, valueScales.limit() / 2, "the values' scales");
    for (Located block : blocks) {
      block.runs(
          this,
          slot,
          (run, at) -> {
            int count = run.rows * shape.headDim();
            keys.put(at, block.bytes, run.keys, count);
            values.put(at, block.bytes, run.values, count);
            int scaleAt = at / shape.headDim() * 2;
            keyScales.put(scaleAt, block.bytes, run.keyScales, 2 * run.rows);
            valueScales.put(scaleAt, block.bytes, run.valueScales, 2 * run.rows);
          });
    }
  }

  /**
   * The int8 numbers and their scales where they lie, block by block, not copied.
   *
   * @throws IllegalStateException unless the state is stored as INT8
   */
  public List<QuantisedBlock> quantisedBlocks() {
    requireInt8();
    List<QuantisedBlock> views = new ArrayList<>(blocks.size());
    for (Located block : blocks) {
      ChunkStateCodec.Part part = block.part;
      int rows = part.layers() * shape.kvHeads() * part.tokens();
      int numbers = rows * shape.headDim();
      int at = ChunkStateCodec.HEADER_BYTES;
      ByteBuffer bytes = ByteBuffer.wrap(block.bytes).asReadOnlyBuffer();
      views.add(
          new QuantisedBlock(
              part.firstLayer(),
              part.layers(),
              part.firstToken(),
              part.tokens(),
              bytes.slice(at, 2 * rows).order(ByteOrder.LITTLE_ENDIAN),
              bytes.slice(at + 2 * rows, 2 * rows).order(ByteOrder.LITTLE_ENDIAN),
              bytes.slice(at + 4 * rows, numbers),
              bytes.slice(at + 4 * rows + numbers, numbers)));
    }
    return views;
  }

  private void requireInt8() {
    if (quantisation != Quantisation.INT8) {
      throw new IllegalStateException(
          "only INT8 states have int8 numbers; this one is " + quantisation);
    }
  }

  private void decode(byte[] block, int scalesAt, int at, int rows, float[] target, int to) {
    int dim = shape.headDim();
    int count = rows * dim;
    switch (quantisation) {
      case FLOAT32 ->
          ByteBuffer.wrap(block, at, 4 * count)
              .order(ByteOrder.LITTLE_ENDIAN)
              .asFloatBuffer()
              .get(target, to, count);
      case BF16 -> fromBfloat16(block, at, target, to, count);
      case INT8 -> {
        for (int row = 0; row < rows; row++) {
          float scale =
              HalfPrecision.fromFloat16(
                  (short) ChunkStateCodec.SHORT.get(block, scalesAt + 2 * row));
          fromInt8(block, at + row * dim, scale, target, to + row * dim, dim);
        }
      }
      case INT4 -> {
        int rowBytes = quantisation.rowBytes(dim);
        for (int row = 0; row < rows; row++) {
          float scale =
              HalfPrecision.fromFloat16(
                  (short) ChunkStateCodec.SHORT.get(block, scalesAt + 2 * row));
          fromInt4(block, at + row * rowBytes, scale, target, to + row * dim, dim);
        }
      }
    }
  }

  private static void fromBfloat16(byte[] block, int at, float[] target, int to, int count) {
    for (int i = 0; i < count; i++) {
      target[to + i] =
          HalfPrecision.fromBfloat16((short) ChunkStateCodec.SHORT.get(block, at + 2 * i));
    }
  }

  private static void fromInt8(
      byte[] block, int at, float scale, float[] target, int to, int count) {
    for (int i = 0; i < count; i++) {
      target[to + i] = block[at + i] * scale;
    }
  }

  private static void fromInt4(
      byte[] block, int at, float scale, float[] target, int to, int count) {
    for (int i = 0; i < count; i++) {
      int both = block[at + i / 2];
      target[to + i] = ((((i & 1) == 0 ? both : both >> 4) & 0xf) - 8) * scale;
    }
  }

  /** Rows of one layer and head, which lie side by side in a block and in the target. */
  private record Run(int rows, int keyScales, int valueScales, int keys, int values) {}

  @FunctionalInterface
  private interface RunAction {
    void accept(Run run, int at);
  }

  record Located(byte[] bytes, ChunkStateCodec.Part part) {
    private void runs(ChunkState state, TensorSlot slot, RunAction action) {
      ChunkShape shape = state.shape;
      int rows = part.layers() * shape.kvHeads() * part.tokens();
      int rowBytes = state.quantisation.rowBytes(shape.headDim());
      int scaleBytes = state.quantisation.scaleBytes();
      int scales = ChunkStateCodec.HEADER_BYTES;
      int numbers = scales + 2 * rows * scaleBytes;
      for (int row = 0; row < rows; row += part.tokens()) {
        int layer = part.firstLayer() + row / part.tokens() / shape.kvHeads();
        int head = row / part.tokens() % shape.kvHeads();
        action.accept(
            new Run(
                part.tokens(),
                scales + row * scaleBytes,
                scales + (rows + row) * scaleBytes,
                numbers + row * rowBytes,
                numbers + (rows + row) * rowBytes),
            slot.at(layer, head) + part.firstToken() * shape.headDim());
      }
    }
  }
}
