package io.focusstream.operators.model;

import ai.djl.ndarray.NDManager;

/**
 * A batch that is to be continued with tokens, which join its prompt; its chunks then say what they
 * would say next.
 *
 * @param owner owner of what they say
 * @param tokens at least one
 * @param every whether they say so after every token, or after the last one alone
 */
record ProposalRun(ChunkBatch batch, NDManager owner, int[] tokens, boolean every) {
  /** Tokens of chunks that the graph computes. */
  int rows() {
    return batch.size() * tokens.length;
  }
}
