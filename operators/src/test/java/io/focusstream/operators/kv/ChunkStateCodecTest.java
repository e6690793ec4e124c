package io.focusstream.operators.kv;

import static io.focusstream.operators.kv.ChunkStates.CHUNK;
import static io.focusstream.operators.kv.ChunkStates.MODEL;
import static io.focusstream.operators.kv.ChunkStates.sealed;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.operators.numeric.HalfPrecision;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ChunkStateCodecTest {
  private static final ChunkShape SMALL = new ChunkShape(3, 2, 5, 4);
  // One layer is larger than a block in float32: it is split by tokens.
  private static final ChunkShape WIDE = new ChunkShape(2, 8, 1000, 96);

  private static ChunkStateCodec codec(Quantisation quantisation) {
    return new ChunkStateCodec(MODEL, quantisation);
  }

  private static ChunkStateException refused(List<byte[]> blocks) {
    return assertThrows(
        ChunkStateException.class, () -> codec(Quantisation.FLOAT32).read(CHUNK, blocks));
  }

  private static void corrupt(List<byte[]> blocks, String words) {
    ChunkStateException e = refused(blocks);
    assertEquals(ChunkStateException.Corrupt.class, e.getClass(), e.getMessage());
    assertTrue(e.getMessage().contains(words), e.getMessage() + " should name " + words);
  }

  @Test
  void aStateOfTheShippedShapeTakesLessThan1100BytesAToken() {
    ChunkShape shape = new ChunkShape(8, 2, 256, 32);
    assertEquals(1088 * 256 + 84, ChunkStateCodec.encodedBytes(shape, Quantisation.INT8));
    assertEquals(576 * 256 + 84, ChunkStateCodec.encodedBytes(shape, Quantisation.INT4));
    assertEquals(2048 * 256 + 84, ChunkStateCodec.encodedBytes(shape, Quantisation.BF16));
    assertEquals(4096 * 256 + 84, ChunkStateCodec.encodedBytes(shape, Quantisation.FLOAT32));
    // shape B of docs/performance.md
    ChunkShape larger = new ChunkShape(12, 2, 256, 64);
    assertEquals(3168 * 256 + 84, ChunkStateCodec.encodedBytes(larger, Quantisation.INT8));
    assertEquals(1632 * 256 + 84, ChunkStateCodec.encodedBytes(larger, Quantisation.INT4));
    List<byte[]> blocks = codec(Quantisation.INT8).encode(CHUNK, ChunkStates.random(shape, 1));
    assertEquals(1, blocks.size());
    assertTrue(blocks.get(0).length <= 1100 * 256);
  }

  /** Holds the layout of version 1 fast: a change here is a new version. */
  @Test
  void theLayoutIsTheOneThatIsWrittenDown() throws ChunkStateException {
    float[] keys = {1f, -0.5f};
    float[] values = {0f, 0f};
    ChunkTensors tensors = new ChunkTensors(new ChunkShape(1, 1, 1, 2), keys, values);
    byte[] block = codec(Quantisation.INT8).encode(CHUNK, tensors).get(0);
    String header =
        "46534b56 0100 03 00 efcdab8967452301 8877665544332211 ffffffffffffffff 2a00000000000000"
            + " 01000000 01000000 01000000 02000000 00000000 01000000"
            + " 00000000 01000000 00000000 01000000";
    // 1/127 as float16 is 0x2008 = 0.0078735; -0.5 / that = -63.5 → -64 (ties to even)
    String body = "0820 0000 7fc0 0000";
    String expected = (header + body).replace(" ", "");
    assertEquals(
        expected,
        HexFormat.of().formatHex(block, 0, block.length - ChunkStateCodec.CHECKSUM_BYTES));
    // Computed apart, bit by bit, from the polynomial 0x82f63b78.
    assertEquals("ce2dcc03", HexFormat.of().formatHex(block, block.length - 4, block.length));
    assertArrayEquals(
        values, codec(Quantisation.INT8).read(CHUNK, List.of(block)).toTensors().values());
  }

  @Test
  void int4PutsTwoNumbersInAByte() throws ChunkStateException {
    float[] keys = {7f, -7f, 3.4f};
    float[] values = {0f, 0f, 0f};
    ChunkTensors tensors = new ChunkTensors(new ChunkShape(1, 1, 1, 3), keys, values);
    byte[] block = codec(Quantisation.INT4).encode(CHUNK, tensors).get(0);
    // scales 1 and 0; 7 + 8 = f low, -7 + 8 = 1 high; 3 + 8 = b; zeros are 8
    assertEquals(
        "003c0000" + "1f0b" + "8808",
        HexFormat.of().formatHex(block, ChunkStateCodec.HEADER_BYTES, block.length - 4));
    ChunkTensors read = codec(Quantisation.FLOAT32).read(CHUNK, List.of(block)).toTensors();
    assertArrayEquals(new float[] {7, -7, 3}, read.keys());
    assertArrayEquals(values, read.values());
  }

  @ParameterizedTest
  @EnumSource(Quantisation.class)
  void largeStatesAreSplitAndReadBack(Quantisation quantisation) throws ChunkStateException {
    ChunkTensors tensors = ChunkStates.random(WIDE, 7);
    List<byte[]> blocks = codec(quantisation).encode(CHUNK, tensors);
    int expectedBlocks =
        switch (quantisation) {
          case FLOAT32 -> 4;
          case BF16 -> 2;
          case INT8, INT4 -> 1;
        };
    assertEquals(expectedBlocks, blocks.size());
    long bytes = 0;
    for (byte[] block : blocks) {
      assertTrue(block.length <= ChunkStateCodec.MAX_BLOCK_BYTES);
      bytes += block.length;
    }
    assertEquals(ChunkStateCodec.encodedBytes(WIDE, quantisation), bytes);
    ChunkState state = codec(Quantisation.FLOAT32).read(CHUNK, blocks);
    assertEquals(quantisation, state.quantisation());
    ChunkTensors read = state.toTensors();
    if (quantisation == Quantisation.FLOAT32) {
      assertArrayEquals(tensors.keys(), read.keys());
      assertArrayEquals(tensors.values(), read.values());
    }
    FloatBuffer keys =
        ByteBuffer.allocateDirect(4 * WIDE.elements())
            .order(ByteOrder.LITTLE_ENDIAN)
            .asFloatBuffer();
    FloatBuffer values = FloatBuffer.allocate(WIDE.elements());
    state.copyTo(keys, values, TensorSlot.whole(WIDE));
    for (int i = 0; i < WIDE.elements(); i++) {
      assertEquals(read.keys()[i], keys.get(i));
      assertEquals(read.values()[i], values.get(i));
    }
  }

  @ParameterizedTest
  @EnumSource(Quantisation.class)
  void chunksGoToTheirPlaceInAPaddedBatch(Quantisation quantisation) throws ChunkStateException {
    ChunkShape[] shapes = {SMALL, new ChunkShape(3, 2, 2, 4)};
    int padded = 6;
    float[] keys = new float[3 * 2 * 2 * padded * 4];
    float[] values = new float[keys.length];
    Arrays.fill(keys, -1);
    Arrays.fill(values, -1);
    ChunkTensors[] alone = new ChunkTensors[2];
    for (int c = 0; c < 2; c++) {
      ChunkState state =
          codec(quantisation)
              .read(CHUNK, codec(quantisation).encode(CHUNK, ChunkStates.random(shapes[c], c)));
      state.copyTo(keys, values, TensorSlot.inBatch(shapes[c], c, 2, padded));
      alone[c] = state.toTensors();
    }
    int at = 0;
    for (int l = 0; l < 3; l++) {
      for (int c = 0; c < 2; c++) {
        for (int g = 0; g < 2; g++) {
          for (int t = 0; t < padded; t++) {
            for (int d = 0; d < 4; d++, at++) {
              boolean there = t < shapes[c].tokens();
              int from = shapes[c].offset(l, g, there ? t : 0) + d;
              assertEquals(there ? alone[c].keys()[from] : -1, keys[at]);
              assertEquals(there ? alone[c].values()[from] : -1, values[at]);
            }
          }
        }
      }
    }
  }

  @Test
  void storedInt8NumbersCanBeHadAsTheyAre() throws ChunkStateException {
    ChunkState state =
        codec(Quantisation.INT8)
            .read(CHUNK, codec(Quantisation.INT8).encode(CHUNK, ChunkStates.random(SMALL, 3)));
    ChunkTensors tensors = state.toTensors();
    int n = SMALL.elements();
    ByteBuffer keys = ByteBuffer.allocate(n);
    ByteBuffer values = ByteBuffer.allocateDirect(n);
    ByteBuffer keyScales = ByteBuffer.allocate(n / 2).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer valueScales = ByteBuffer.allocate(n / 2).order(ByteOrder.LITTLE_ENDIAN);
    state.copyQuantisedTo(keys, values, keyScales, valueScales, TensorSlot.whole(SMALL));
    QuantisedBlock block = state.quantisedBlocks().get(0);
    for (int i = 0; i < n; i++) {
      float keyScale = HalfPrecision.fromFloat16(keyScales.getShort(i / 4 * 2));
      assertEquals(tensors.keys()[i], keys.get(i) * keyScale);
      assertEquals(keys.get(i), block.keys().get(i));
      assertEquals(keyScales.getShort(i / 4 * 2), block.keyScales().getShort(i / 4 * 2));
      float valueScale = HalfPrecision.fromFloat16(valueScales.getShort(i / 4 * 2));
      assertEquals(tensors.values()[i], values.get(i) * valueScale);
      assertEquals(values.get(i), block.values().get(i));
      assertEquals(valueScales.getShort(i / 4 * 2), block.valueScales().getShort(i / 4 * 2));
    }
    ChunkState exact =
        codec(Quantisation.FLOAT32)
            .read(CHUNK, codec(Quantisation.FLOAT32).encode(CHUNK, ChunkStates.random(SMALL, 3)));
    assertThrows(IllegalStateException.class, exact::quantisedBlocks);
  }

  @Test
  void numbersThatCanNotBeStoredAreNamed() {
    for (Quantisation quantisation : Quantisation.values()) {
      for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, -Float.MAX_VALUE}) {
        if (quantisation == Quantisation.FLOAT32 && bad == -Float.MAX_VALUE) {
          continue;
        }
        ChunkTensors tensors = ChunkStates.random(SMALL, 5);
        tensors.values()[SMALL.offset(2, 1, 3) + 2] = bad;
        IllegalArgumentException e =
            assertThrows(
                IllegalArgumentException.class, () -> codec(quantisation).encode(CHUNK, tensors));
        assertTrue(
            e.getMessage().contains("values[layer 2, head 1, token 3, 2] must be")
                && e.getMessage().contains("got " + bad),
            e.getMessage());
      }
    }
  }

  @Test
  void otherVersionsAreToldFromDamage() {
    List<byte[]> blocks = codec(Quantisation.FLOAT32).encode(CHUNK, ChunkStates.random(SMALL, 1));
    byte[] old = blocks.get(0).clone();
    old[4] = 0;
    assertEquals(ChunkStateException.Corrupt.class, refused(List.of(old)).getClass());
    assertEquals(ChunkStateException.TooOld.class, refused(List.of(sealed(old))).getClass());
    byte[] future = Arrays.copyOf(blocks.get(0), 40);
    future[4] = 2;
    ChunkStateException e = refused(List.of(sealed(future)));
    assertEquals(ChunkStateException.TooNew.class, e.getClass());
    assertTrue(e.getMessage().contains("version 2; the newest that is read is 1"));
  }

  @Test
  void statesOfOtherModelsAndChunksAreRefused() {
    List<byte[]> blocks = codec(Quantisation.FLOAT32).encode(CHUNK, ChunkStates.random(SMALL, 1));
    Id128 other = new Id128(9, 9);
    ChunkStateException e =
        assertThrows(
            ChunkStateException.class,
            () -> new ChunkStateCodec(other, Quantisation.INT8).read(CHUNK, blocks));
    assertEquals(ChunkStateException.OtherModel.class, e.getClass());
    assertTrue(e.getMessage().contains(MODEL.toString()), e.getMessage());
    assertThrows(
        ChunkStateException.Corrupt.class, () -> codec(Quantisation.FLOAT32).read(other, blocks));
  }

  @Test
  void missingReorderedAndMixedBlocksAreRefused() {
    ChunkStateCodec codec = codec(Quantisation.FLOAT32);
    List<byte[]> blocks = codec.encode(CHUNK, ChunkStates.random(WIDE, 1));
    corrupt(List.of(), "no blocks");
    corrupt(blocks.subList(0, 3), "block 0 of 4");
    corrupt(blocks.subList(1, 4), "block 1 of 4");
    List<byte[]> reordered = new ArrayList<>(blocks);
    Collections.swap(reordered, 1, 2);
    corrupt(reordered, "says that it is block 2 of 4");
    List<byte[]> twice = new ArrayList<>(blocks);
    twice.set(1, blocks.get(0));
    corrupt(twice, "says that it is block 0 of 4");
    ChunkShape shorter = new ChunkShape(2, 8, 999, 96);
    List<byte[]> mixed = new ArrayList<>(blocks);
    mixed.set(3, codec.encode(CHUNK, ChunkStates.random(shorter, 1)).get(3));
    corrupt(mixed, "999 tokens");
    List<byte[]> otherChunk = new ArrayList<>(blocks);
    otherChunk.set(2, codec.encode(new Id128(5, 5), ChunkStates.random(WIDE, 1)).get(2));
    corrupt(otherChunk, "is of chunk");
  }

  @Test
  void blocksThatLieAboutTheirGeometryAreRefused() {
    byte[] block = codec(Quantisation.FLOAT32).encode(CHUNK, ChunkStates.random(SMALL, 1)).get(0);
    int[] offsets = {40, 44, 48, 52, 56, 60, 64, 68, 72, 76};
    int[] wrong = {0, -1, 1 << 30, Integer.MAX_VALUE, Integer.MIN_VALUE, 2, 3, 6};
    for (int offset : offsets) {
      for (int value : wrong) {
        ByteBuffer changed = ByteBuffer.wrap(block.clone()).order(ByteOrder.LITTLE_ENDIAN);
        if (changed.getInt(offset) == value) {
          continue;
        }
        changed.putInt(offset, value);
        corrupt(List.of(sealed(changed.array())), CHUNK.toString());
      }
    }
    byte[] quantisation = block.clone();
    quantisation[6] = 9;
    corrupt(List.of(sealed(quantisation)), "unknown quantisation 9");
    byte[] flag = block.clone();
    flag[7] = 1;
    corrupt(List.of(sealed(flag)), "flag 1");
  }

  @Test
  void slotsThatReachBeyondTheArrayAreRefused() throws ChunkStateException {
    ChunkState state =
        codec(Quantisation.INT8)
            .read(CHUNK, codec(Quantisation.INT8).encode(CHUNK, ChunkStates.random(SMALL, 1)));
    float[] tooShort = new float[SMALL.elements() - 1];
    float[] right = new float[SMALL.elements()];
    TensorSlot slot = TensorSlot.whole(SMALL);
    assertThrows(IllegalArgumentException.class, () -> state.copyTo(tooShort, right, slot));
    assertThrows(IllegalArgumentException.class, () -> state.copyTo(right, tooShort, slot));
    assertThrows(IllegalArgumentException.class, () -> TensorSlot.inBatch(SMALL, 0, 1, 4));
    assertThrows(IllegalArgumentException.class, () -> TensorSlot.inBatch(SMALL, 2, 2, 5));
  }

  @Test
  void identitiesAreReadAsTheyAreWritten() {
    assertEquals(MODEL, Id128.ofHex(MODEL.toString()));
    assertEquals(CHUNK, Id128.ofHex(CHUNK.toString()));
    assertThrows(IllegalArgumentException.class, () -> Id128.ofHex("12"));
  }

  @Test
  void shapesOutOfRangeAreNamed() {
    assertThrows(IllegalArgumentException.class, () -> new ChunkShape(0, 1, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> new ChunkShape(1, 1024, 1, 1024));
    assertThrows(IllegalArgumentException.class, () -> new ChunkShape(1024, 64, 1 << 20, 1024));
    assertThrows(
        IllegalArgumentException.class,
        () -> new ChunkTensors(SMALL, new float[3], new float[SMALL.elements()]));
  }
}
