package io.focusstream.operators.kv;

import static io.focusstream.operators.kv.ChunkStates.CHUNK;
import static io.focusstream.operators.kv.ChunkStates.MODEL;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.operators.numeric.HalfPrecision;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class ChunkStateCodecProperties {
  @Provide
  Arbitrary<ChunkShape> shapes() {
    return Combinators.combine(
            Arbitraries.integers().between(1, 5),
            Arbitraries.integers().between(1, 4),
            Arbitraries.integers().between(1, 40),
            Arbitraries.integers().between(1, 33))
        .as(ChunkShape::new)
        .withoutEdgeCases();
  }

  private static ChunkState coded(Quantisation quantisation, ChunkTensors tensors)
      throws ChunkStateException {
    ChunkStateCodec codec = new ChunkStateCodec(MODEL, quantisation);
    return codec.read(CHUNK, codec.encode(CHUNK, tensors));
  }

  @Property(tries = 200)
  void float32ComesBackBitForBit(@ForAll("shapes") ChunkShape shape, @ForAll long seed)
      throws ChunkStateException {
    ChunkTensors tensors = ChunkStates.random(shape, seed);
    ChunkTensors read = coded(Quantisation.FLOAT32, tensors).toTensors();
    assertArrayEquals(tensors.keys(), read.keys());
    assertArrayEquals(tensors.values(), read.values());
  }

  @Property(tries = 200)
  void bf16ComesBackWithinItsRelativeError(@ForAll("shapes") ChunkShape shape, @ForAll long seed)
      throws ChunkStateException {
    ChunkTensors tensors = ChunkStates.random(shape, seed);
    ChunkTensors read = coded(Quantisation.BF16, tensors).toTensors();
    for (int i = 0; i < shape.elements(); i++) {
      float key = tensors.keys()[i];
      assertTrue(Math.abs(read.keys()[i] - key) <= Math.abs(key) * 0x1.0p-8f, "key " + key);
      float value = tensors.values()[i];
      assertTrue(Math.abs(read.values()[i] - value) <= Math.abs(value) * 0x1.0p-8f);
    }
  }

  @Property(tries = 200)
  void int8ComesBackWithinHalfAScale(@ForAll("shapes") ChunkShape shape, @ForAll long seed)
      throws ChunkStateException {
    ChunkTensors tensors = ChunkStates.random(shape, seed);
    ChunkState state = coded(Quantisation.INT8, tensors);
    ChunkTensors read = state.toTensors();
    QuantisedBlock block = state.quantisedBlocks().get(0);
    assertEquals(ByteOrder.LITTLE_ENDIAN, block.keyScales().order());
    int dim = shape.headDim();
    for (int row = 0; row < shape.elements() / dim; row++) {
      float[] keys = Arrays.copyOfRange(tensors.keys(), row * dim, (row + 1) * dim);
      float[] values = Arrays.copyOfRange(tensors.values(), row * dim, (row + 1) * dim);
      checkRow(keys, read.keys(), row * dim, block.keyScales().getShort(2 * row));
      checkRow(values, read.values(), row * dim, block.valueScales().getShort(2 * row));
    }
  }

  @Property(tries = 200)
  void int4ComesBackWithinHalfAScale(@ForAll("shapes") ChunkShape shape, @ForAll long seed)
      throws ChunkStateException {
    ChunkTensors tensors = ChunkStates.random(shape, seed);
    ChunkTensors read = coded(Quantisation.INT4, tensors).toTensors();
    int dim = shape.headDim();
    for (int from = 0; from < shape.elements(); from += dim) {
      double largest = 0;
      for (int i = from; i < from + dim; i++) {
        largest = Math.max(largest, Math.abs(tensors.keys()[i]));
      }
      // the scale is a float16: at most 2^-10 above a seventh, or a step of the smallest
      double scale = largest / 7 * (1 + 0x1.0p-10) + HalfPrecision.FLOAT16_MIN;
      for (int i = from; i < from + dim; i++) {
        double error = Math.abs((double) read.keys()[i] - tensors.keys()[i]);
        assertTrue(error <= scale * 0.50001, "error " + error + " at scale " + scale);
      }
    }
  }

  private static void checkRow(float[] row, float[] read, int from, short scaleBits) {
    double scale = HalfPrecision.fromFloat16(scaleBits);
    double largest = 0;
    for (int i = 0; i < row.length; i++) {
      largest = Math.max(largest, Math.abs(row[i]));
      double error = Math.abs((double) read[from + i] - row[i]);
      assertTrue(error <= scale * 0.50001, "error " + error + " at scale " + scale);
    }
    double fine = Math.max(largest / 127 * 1.001, largest / 127 + HalfPrecision.FLOAT16_MIN);
    assertTrue(scale <= fine, "scale " + scale + " for largest " + largest);
  }

  @Property(tries = 100)
  void anyFlippedBitIsFound(
      @ForAll("shapes") ChunkShape shape, @ForAll Quantisation quantisation, @ForAll long seed) {
    ChunkStateCodec codec = new ChunkStateCodec(MODEL, quantisation);
    byte[] block = codec.encode(CHUNK, ChunkStates.random(shape, seed)).get(0);
    Random random = new Random(seed);
    for (int i = 0; i < 40; i++) {
      int bit = i < 20 ? random.nextInt(640) : random.nextInt(8 * block.length);
      block[bit / 8] ^= (byte) (1 << bit % 8);
      assertThrows(ChunkStateException.Corrupt.class, () -> codec.read(CHUNK, List.of(block)));
      block[bit / 8] ^= (byte) (1 << bit % 8);
    }
  }

  @Property(tries = 200)
  void cutBlocksAreFound(@ForAll("shapes") ChunkShape shape, @ForAll long seed) {
    ChunkStateCodec codec = new ChunkStateCodec(MODEL, Quantisation.INT8);
    byte[] block = codec.encode(CHUNK, ChunkStates.random(shape, seed)).get(0);
    byte[] cut = Arrays.copyOf(block, new Random(seed).nextInt(block.length));
    assertThrows(ChunkStateException.Corrupt.class, () -> codec.read(CHUNK, List.of(cut)));
    if (cut.length >= 10) {
      assertThrows(
          ChunkStateException.Corrupt.class,
          () -> codec.read(CHUNK, List.of(ChunkStates.sealed(cut))));
    }
  }

  /** Damage under a right checksum, as a faulty or hostile writer would make it. */
  @Property(tries = 2000)
  void changedHeadersAreReadOrRefusedAndNothingElse(
      @ForAll("shapes") ChunkShape shape, @ForAll Quantisation quantisation, @ForAll long seed) {
    ChunkStateCodec codec = new ChunkStateCodec(MODEL, quantisation);
    byte[] block = codec.encode(CHUNK, ChunkStates.random(shape, seed)).get(0);
    Random random = new Random(seed);
    int edits = 1 + random.nextInt(3);
    for (int i = 0; i < edits; i++) {
      int at = random.nextInt(3) == 0 ? random.nextInt(block.length) : 40 + random.nextInt(40);
      block[at] = (byte) (random.nextBoolean() ? random.nextInt(4) : random.nextInt(256));
    }
    List<byte[]> blocks = new ArrayList<>(List.of(ChunkStates.sealed(block)));
    if (random.nextInt(4) == 0) {
      blocks.add(block.clone());
    }
    readAll(codec, blocks);
  }

  @Property(tries = 500)
  void arbitraryBytesAreRefusedAndNothingElse(@ForAll byte[] bytes) {
    readAll(new ChunkStateCodec(MODEL, Quantisation.INT8), List.of(bytes));
  }

  private static void readAll(ChunkStateCodec codec, List<byte[]> blocks) {
    try {
      ChunkState state = codec.read(CHUNK, blocks);
      state.toTensors();
      if (state.quantisation() == Quantisation.INT8) {
        state.quantisedBlocks();
      }
    } catch (ChunkStateException expected) {
      // the declared way to refuse
    }
  }
}
