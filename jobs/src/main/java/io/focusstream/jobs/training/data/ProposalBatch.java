package io.focusstream.jobs.training.data;

import io.focusstream.operators.model.ProposalLayout;
import io.focusstream.operators.model.ProposalRows;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Chunks, each with questions of its own behind it, for the readout by proposals: a question sees
 * its chunk, or some lines of it, and itself, and what it is to say next is the answer's next token
 * where those hold it, and else the token that abstains. Legend: B rows, S tokens.
 *
 * <p>Bytes, of which {@link ProposalLayout} tells the order, with M tokens in all, N questions, T
 * tokens of the longest chunk, G numbers of groups: [int32] kind 3, G, N, M, moved (0 or 1);
 * [int32] groups (G); [uint16] whose (N); [int16] columns (N·T); [uint16] tokens, positions,
 * targets, each (M); [uint8] weights (M) in sixteenths.
 *
 * @param rows B
 * @param length S
 * @param tokens (B, S), padded with 0 at the right
 * @param positions (B, S): a chunk's from 0, each question's from the number of the chunk's tokens
 *     that it sees
 * @param segments (B, S): 0 for the chunk, 1 and up for its questions, the last number for padding
 * @param targets (B, S): what follows
 * @param weights (B, S): in sixteenths; 0 where nothing is learnt
 * @param columns (B) of each question of a row the places of the chunk's tokens that it sees; null
 *     for all of them
 */
public record ProposalBatch(
    int rows,
    int length,
    int[] tokens,
    int[] positions,
    int[] segments,
    int[] targets,
    byte[] weights,
    int[][][] columns)
    implements Batch {
  /** Kind of this record. */
  public static final int KIND = 3;

  // Rows go to a machine for which a launch costs more than padding.
  private static final double ALIKE = 0.6;

  /** All batches as one, to be learnt from in one step. */
  static ProposalBatch together(List<ProposalBatch> batches) {
    int b = batches.stream().mapToInt(ProposalBatch::rows).sum();
    int s = batches.stream().mapToInt(ProposalBatch::length).max().orElseThrow();
    ProposalBatch all =
        new ProposalBatch(
            b,
            s,
            new int[b * s],
            new int[b * s],
            new int[b * s],
            new int[b * s],
            new byte[b * s],
            new int[b][][]);
    int row = 0;
    for (ProposalBatch one : batches) {
      for (int r = 0; r < one.rows; r++, row++) {
        int from = r * one.length;
        int to = row * s;
        System.arraycopy(one.tokens, from, all.tokens, to, one.length);
        System.arraycopy(one.positions, from, all.positions, to, one.length);
        System.arraycopy(one.segments, from, all.segments, to, one.length);
        System.arraycopy(one.targets, from, all.targets, to, one.length);
        System.arraycopy(one.weights, from, all.weights, to, one.length);
        all.columns[row] = one.columns[r];
        Arrays.fill(all.segments, to + one.length, to + s, all.columns[row].length + 1);
      }
    }
    return all;
  }

  /** As the model learns from it. */
  public ProposalRows asRows() {
    float[][] all = new float[rows][length];
    for (int i = 0; i < weights.length; i++) {
      all[i / length][i % length] = weights[i] / 16f;
    }
    return new ProposalRows(cut(tokens), cut(positions), cut(segments), cut(targets), all, columns);
  }

  private int[][] cut(int[] flat) {
    return IntStream.range(0, rows)
        .mapToObj(row -> Arrays.copyOfRange(flat, row * length, (row + 1) * length))
        .toArray(int[][]::new);
  }

  @Override
  public byte[] toBytes() {
    ProposalLayout layout = ProposalLayout.of(asRows(), ALIKE);
    int m = layout.tokens().length;
    int n = layout.whose().length;
    ByteBuffer out =
        Batch.buffer(20 + 4 * layout.groups().length + 2 * n + 2 * layout.columns().length + 7 * m);
    out.putInt(KIND).putInt(layout.groups().length).putInt(n).putInt(m);
    out.putInt(layout.moved() ? 1 : 0);
    for (int number : layout.groups()) {
      out.putInt(number);
    }
    Batch.putShorts(out, layout.whose());
    Batch.putShorts(out, layout.columns());
    Batch.putShorts(out, layout.tokens());
    Batch.putShorts(out, layout.positions());
    Batch.putShorts(out, layout.targets());
    for (float weight : layout.weights()) {
      out.put((byte) Math.round(weight * 16));
    }
    return out.array();
  }
}
