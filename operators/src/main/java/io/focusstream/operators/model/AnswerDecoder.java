package io.focusstream.operators.model;

import java.util.List;

/**
 * One question being answered, token by token, over the stored states of a stream's chunks. First
 * all chunks are added, then comes {@link #first()}, then {@link #next} for each token that was
 * chosen.
 *
 * <p>Owns its buffers; the one who began the question closes it.
 */
public sealed interface AnswerDecoder extends AutoCloseable
    permits ParallelDecoder, ProposalDecoder {

  /**
   * What a step gives.
   *
   * @param logits (V), of the next token
   * @param attention (rows of C + 1), row after row: what part each chunk had, and the tail; {@link
   *     ParallelDecoder}: a row a layer, the part of the last token's attention that went to each
   *     candidate, and to the tail token that got most, mean over heads; {@link ProposalDecoder}:
   *     one row, the part of the likeliest token's probability that each proposed
   * @param relevance (C), how much each chunk may still matter for tokens to come, from 0 to 1, or
   *     null where attention says that
   */
  record Step(float[] logits, float[] attention, float[] relevance) {}

  /**
   * Puts the next chunks beside those already there; all before {@link #first()}.
   *
   * @param states (L, G, T_i, D) each, oldest first, at most {@link FocusModel#chunksABatch};
   *     copied
   */
  void add(List<FocusModel.States> states);

  /** The first step: over the question as it was given. */
  Step first();

  /** {@link #first()}, to be finished with the steps of other questions. */
  default Stage<Step> toFirst() {
    return Stage.of(first());
  }

  /**
   * A further step.
   *
   * @param token the token chosen from the last step's logits
   */
  Step next(int token);

  /** {@link #next}, to be finished with the steps of other questions. */
  default Stage<Step> toNext(int token) {
    return Stage.of(next(token));
  }

  /**
   * From the next step on only these chunks take part. What a further token costs is then in
   * proportion to their number, not to the history.
   *
   * @param chunks indices, ascending, at least one; once a question
   */
  void keep(int[] chunks);

  /** Whether all chunks have been asked; else only what was excerpted of them, so far. */
  default boolean hasAskedAll() {
    return true;
  }

  /** Chunks of the question. */
  int chunks();

  @Override
  void close();
}
