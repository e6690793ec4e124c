package io.focusstream.operators.kv;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;

/** Seeded chunk states for tests. */
final class ChunkStates {
  static final Id128 MODEL = new Id128(0x0123456789abcdefL, 0x1122334455667788L);
  static final Id128 CHUNK = new Id128(-1, 42);

  private ChunkStates() {}

  static ChunkTensors random(ChunkShape shape, long seed) {
    return new ChunkTensors(shape, numbers(shape, seed), numbers(shape, ~seed));
  }

  /** Rows of very different magnitude, some of zeros, some numbers exactly 0. */
  private static float[] numbers(ChunkShape shape, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] numbers = new float[shape.elements()];
    double scale = 1;
    for (int i = 0; i < numbers.length; i++) {
      if (i % shape.headDim() == 0) {
        scale = random.nextInt(8) == 0 ? 0 : Math.scalb(1.0, random.nextInt(-40, 18));
      }
      numbers[i] = random.nextInt(16) == 0 ? 0 : (float) (scale * (random.nextDouble() * 2 - 1));
    }
    return numbers;
  }

  /** Puts the right checksum over a changed block. */
  static byte[] sealed(byte[] block) {
    ByteBuffer.wrap(block)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(block.length - ChunkStateCodec.CHECKSUM_BYTES, ChunkStateCodec.checksum(block));
    return block;
  }
}
