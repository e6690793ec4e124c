package io.focusstream.operators.kv;

import java.util.List;

/**
 * Prints how fast states are coded, in MB of float32 a second: {@code java -cp …
 * ChunkStateCodecSpeed}. For figures to compare by, not a test.
 */
public final class ChunkStateCodecSpeed {
  private ChunkStateCodecSpeed() {}

  /** Runs each quantisation for a second or so. */
  public static void main(String[] arguments) throws ChunkStateException {
    ChunkShape shape = new ChunkShape(8, 2, 256, 32);
    double megabytes = 8.0 * shape.elements() / 1e6;
    ChunkTensors tensors = ChunkStates.random(shape, 1);
    float[] keys = new float[shape.elements()];
    float[] values = new float[shape.elements()];
    TensorSlot slot = TensorSlot.whole(shape);
    for (Quantisation quantisation : Quantisation.values()) {
      ChunkStateCodec codec = new ChunkStateCodec(ChunkStates.MODEL, quantisation);
      List<byte[]> blocks = List.of();
      double encode = 0;
      double decode = 0;
      for (int round = 0; round < 3; round++) {
        int runs = 300;
        long start = System.nanoTime();
        for (int i = 0; i < runs; i++) {
          blocks = codec.encode(ChunkStates.CHUNK, tensors);
        }
        encode = runs * megabytes / ((System.nanoTime() - start) / 1e9);
        start = System.nanoTime();
        for (int i = 0; i < runs; i++) {
          codec.read(ChunkStates.CHUNK, blocks).copyTo(keys, values, slot);
        }
        decode = runs * megabytes / ((System.nanoTime() - start) / 1e9);
      }
      System.out.printf(
          "%-8s encode %5.0f MB/s, decode %5.0f MB/s%n", quantisation, encode, decode);
    }
  }
}
