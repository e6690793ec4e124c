package io.focusstream.operators.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.focusstream.operators.kv.ChunkShape;
import io.focusstream.operators.kv.ChunkState;
import io.focusstream.operators.kv.ChunkStateCodec;
import io.focusstream.operators.kv.ChunkTensors;
import io.focusstream.operators.kv.Id128;
import io.focusstream.operators.kv.Quantisation;
import io.focusstream.operators.kv.TensorSlot;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The graph rounds to the bit as the codec does. */
class QuantiseTest {
  private static final ChunkShape SHAPE = new ChunkShape(3, 2, 40, 32);
  private final ChunkStateCodec codec = new ChunkStateCodec(new Id128(1, 2), Quantisation.INT8);

  private static float[] numbers(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] numbers = new float[SHAPE.elements()];
    double scale = 1;
    for (int i = 0; i < numbers.length; i++) {
      if (i % SHAPE.headDim() == 0) {
        scale = random.nextInt(8) == 0 ? 0 : Math.scalb(1.0, random.nextInt(-40, 20));
      }
      numbers[i] = random.nextInt(16) == 0 ? 0 : (float) (scale * (random.nextDouble() * 2 - 1));
    }
    return numbers;
  }

  private List<byte[]> inGraph(float[] keys, float[] values) {
    try (NDManager manager = FocusGraph.engine().newBaseManager(Device.cpu());
        FocusGraph graph = new FocusGraph(manager)) {
      Shape shape = new Shape(SHAPE.layers(), 1, SHAPE.kvHeads(), SHAPE.tokens(), SHAPE.headDim());
      NDArray[] k = graph.run(manager, "quantise", manager.create(keys, shape));
      NDArray[] v = graph.run(manager, "quantise", manager.create(values, shape));
      return codec.encodeQuantised(
          new Id128(3, 4),
          SHAPE,
          k[0].toByteBuffer(),
          v[0].toByteBuffer(),
          k[1].toByteBuffer(),
          v[1].toByteBuffer(),
          TensorSlot.whole(SHAPE));
    }
  }

  @Test
  void theBlocksAreTheSame() {
    for (long seed = 0; seed < 20; seed++) {
      float[] keys = numbers(seed);
      float[] values = numbers(~seed);
      List<byte[]> expected = codec.encode(new Id128(3, 4), new ChunkTensors(SHAPE, keys, values));
      List<byte[]> actual = inGraph(keys, values);
      assertEquals(expected.size(), actual.size());
      for (int i = 0; i < expected.size(); i++) {
        assertArrayEquals(expected.get(i), actual.get(i), "seed " + seed);
      }
    }
  }

  @Test
  void whatIsReadBackIsWhatTheGraphSays() throws Exception {
    float[] keys = numbers(7);
    float[] back =
        codec
            .read(
                new Id128(3, 4),
                codec.encode(new Id128(3, 4), new ChunkTensors(SHAPE, keys, numbers(8))))
            .toTensors()
            .keys();
    try (NDManager manager = FocusGraph.engine().newBaseManager(Device.cpu());
        FocusGraph graph = new FocusGraph(manager)) {
      NDArray x =
          manager.create(
              keys, new Shape(SHAPE.layers(), SHAPE.kvHeads(), SHAPE.tokens(), SHAPE.headDim()));
      NDArray[] q = graph.run(manager, "quantise", x);
      float[] rounded =
          graph
              .run(
                  manager,
                  "dequantise",
                  List.of(q[0], q[0], q[1], q[1]),
                  manager.create(new long[] {Precision.FLOAT32.torchType()}))[0]
              .toFloatArray();
      for (int i = 0; i < back.length; i++) {
        assertEquals(back[i], rounded[i] + 0f, "at " + i);
      }
    }
  }

  @Test
  void whatIsStoredIsReadBackInTheGraphAsInTheCodec() throws Exception {
    ChunkState state =
        codec.read(
            new Id128(3, 4),
            codec.encode(new Id128(3, 4), new ChunkTensors(SHAPE, numbers(9), numbers(10))));
    int count = SHAPE.elements();
    ByteBuffer keys = ByteBuffer.allocateDirect(count);
    ByteBuffer values = ByteBuffer.allocateDirect(count);
    ByteBuffer keyScales = ByteBuffer.allocateDirect(2 * count / SHAPE.headDim());
    ByteBuffer valueScales = ByteBuffer.allocateDirect(2 * count / SHAPE.headDim());
    state.copyQuantisedTo(keys, values, keyScales, valueScales, TensorSlot.whole(SHAPE));
    try (NDManager manager = FocusGraph.engine().newBaseManager(Device.cpu());
        FocusGraph graph = new FocusGraph(manager)) {
      Shape rows = new Shape(SHAPE.layers(), SHAPE.kvHeads(), SHAPE.tokens());
      Shape all = rows.add(SHAPE.headDim());
      NDArray[] wide =
          graph.run(
              manager,
              "dequantise",
              List.of(
                  manager.create(keys, all, DataType.INT8),
                  manager.create(values, all, DataType.INT8),
                  manager.create(keyScales, rows, DataType.FLOAT16),
                  manager.create(valueScales, rows, DataType.FLOAT16)),
              manager.create(new long[] {Precision.FLOAT32.torchType()}));
      assertArrayEquals(state.toTensors().keys(), wide[0].toFloatArray());
      assertArrayEquals(state.toTensors().values(), wide[1].toFloatArray());
    }
  }

  @Test
  void anOverflowIsRefused() {
    float[] keys = numbers(7);
    keys[5] = Float.POSITIVE_INFINITY;
    assertThrows(IllegalArgumentException.class, () -> inGraph(keys, numbers(8)));
    keys[5] = Float.NaN;
    assertThrows(IllegalArgumentException.class, () -> inGraph(numbers(8), keys));
  }
}
