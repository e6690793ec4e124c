package io.focusstream.operators.model;

import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * The source that spoke last, run ahead alone: the draft model of speculative decoding (arXiv
 * 2211.17192). {@link DraftLength} says how far.
 */
final class Draft {
  private final NDManager manager;
  private final int prompt;
  private final DraftLength length;
  private ChunkBatch source;
  private int which = -1;

  /** Chooses a token. */
  interface Choice {
    /**
     * @param proposed logarithm of how likely each token is by the likeliest one
     * @param logOdds that the source has something to say
     * @param said the answer so far
     * @return negative where the draft ends
     */
    int of(float[] proposed, float logOdds, List<Integer> said);
  }

  /**
   * @param manager the question's
   * @param prompt tokens of the question
   * @param length is told of each draft
   */
  Draft(NDManager manager, int prompt, DraftLength length) {
    this.manager = manager;
    this.prompt = prompt;
    this.length = length;
  }

  /**
   * Drafts what the source that spoke would say.
   *
   * @param speaker that source
   * @param said the answer so far; no source has seen its last token
   * @param most tokens to return
   * @param copyOf makes a copy of a source
   * @return the last token that was said and what would follow
   */
  Stage<int[]> run(
      int speaker, List<Integer> said, int most, IntFunction<ChunkBatch> copyOf, Choice choice) {
    int last = said.size() - 1;
    if (most <= 1) {
      return Stage.of(new int[] {said.get(last)});
    }
    if (speaker != which) {
      forget();
      source = copyOf.apply(speaker);
      which = speaker;
    }
    source.rewind(Math.min(source.prompt(), prompt + last));
    return further(new ArrayList<>(said), last, most, choice);
  }

  private Stage<int[]> further(List<Integer> all, int last, int most, Choice choice) {
    if (all.size() - last >= most) {
      return ended(all, last);
    }
    int[] unseen = IntStream.range(source.prompt() - prompt, all.size()).map(all::get).toArray();
    NDManager own = manager.newSubManager();
    return Stage.running(List.of(new ProposalRun(source, own, unseen, false)))
        .then(
            outputs -> {
              int token;
              try (own) {
                float[] proposed = outputs.get(0)[0].toFloatArray();
                for (int i = 0; i < proposed.length; i++) {
                  proposed[i] = (float) Math.log(Math.max(proposed[i], Float.MIN_NORMAL));
                }
                token = choice.of(proposed, outputs.get(0)[1].toFloatArray()[0], all);
              }
              if (token < 0) {
                return ended(all, last);
              }
              all.add(token);
              return further(all, last, most, choice);
            });
  }

  private Stage<int[]> ended(List<Integer> all, int last) {
    if (all.size() - last > 1) {
      length.drafted();
    }
    return Stage.of(IntStream.range(last, all.size()).map(all::get).toArray());
  }

  /** Forgets its copy: sources have other places from now on. */
  void forget() {
    if (source != null) {
      source.close();
      source = null;
    }
    which = -1;
  }
}
