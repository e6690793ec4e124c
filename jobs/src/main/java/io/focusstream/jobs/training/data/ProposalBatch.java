package io.focusstream.jobs.training.data;

import java.nio.ByteBuffer;

/**
 * Chunks, each with questions of its own behind it, for the readout by proposals: a question sees
 * its chunk and itself, and what it is to say next is the answer's next token where the chunk holds
 * it, and else the token that abstains. Legend: B rows, S tokens. Bytes: [int32] kind 3, B, S; then
 * [uint16] tokens, positions, segments, targets; [uint8] weights; each × B·S.
 *
 * @param rows B
 * @param length S
 * @param tokens (B, S), padded with 0 at the right
 * @param positions (B, S): a chunk's from 0, each question's from the chunk's length on
 * @param segments (B, S): 0 for the chunk, 1 and up for its questions, the last number for padding
 * @param targets (B, S): what follows
 * @param weights (B, S): in sixteenths; 0 where nothing is learnt
 */
public record ProposalBatch(
    int rows,
    int length,
    int[] tokens,
    int[] positions,
    int[] segments,
    int[] targets,
    byte[] weights)
    implements Batch {
  /** Kind of this record. */
  public static final int KIND = 3;

  @Override
  public byte[] toBytes() {
    ByteBuffer out = Batch.buffer(12 + rows * length * 9);
    out.putInt(KIND).putInt(rows).putInt(length);
    Batch.putShorts(out, tokens);
    Batch.putShorts(out, positions);
    Batch.putShorts(out, segments);
    Batch.putShorts(out, targets);
    out.put(weights);
    return out.array();
  }
}
