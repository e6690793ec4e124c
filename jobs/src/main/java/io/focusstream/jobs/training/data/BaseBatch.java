package io.focusstream.jobs.training.data;

import java.nio.ByteBuffer;

/**
 * Rows for the base model. Bytes: [int32] kind 1, [int32] B, [int32] T, [uint16] tokens × B·T,
 * [uint8] weights × B·T.
 *
 * @param rows B
 * @param length T
 * @param tokens (B, T), padded with 0 at the right
 * @param weights (B, T): weight in sixteenths of the loss of predicting token t from those before
 *     it; 0 for none
 */
public record BaseBatch(int rows, int length, int[] tokens, byte[] weights) implements Batch {
  /** Kind of this record. */
  public static final int KIND = 1;

  @Override
  public byte[] toBytes() {
    ByteBuffer out = Batch.buffer(12 + rows * length * 3);
    out.putInt(KIND).putInt(rows).putInt(length);
    Batch.putShorts(out, tokens);
    out.put(weights);
    return out.array();
  }
}
