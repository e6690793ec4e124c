package io.focusstream.jobs.training.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** One step's worth of training data. Token ids fit 16 bits; weights count in sixteenths. */
public sealed interface Batch permits BaseBatch, FocusBatch, ProposalBatch {

  /** The record as bytes, little-endian, its kind first. */
  byte[] toBytes();

  /** A little-endian buffer of that many bytes. */
  static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Writes the values as 16 bits each. */
  static void putShorts(ByteBuffer out, int[] values) {
    for (int value : values) {
      out.putShort((short) value);
    }
  }
}
