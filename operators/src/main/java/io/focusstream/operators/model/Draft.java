package io.focusstream.operators.model;

import ai.djl.ndarray.NDArray;
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
  private final FocusModel model;
  private final int prompt;
  private final DraftLength length;
  private final NDArray lastOnly;
  private ChunkBatch source;
  private int which = -1;

  /** Chooses a token. */
  interface Choice {
    /**
     * @param proposed logarithm of each token's probability
     * @param logOdds that the source has something to say
     * @param said the answer so far
     * @return negative where the draft ends
     */
    int of(float[] proposed, float logOdds, List<Integer> said);
  }

  /**
   * @param prompt tokens of the question
   * @param length is told of each draft
   * @param lastOnly the argument of {@code propose} for the last token's proposals alone
   */
  Draft(FocusModel model, int prompt, DraftLength length, NDArray lastOnly) {
    this.model = model;
    this.prompt = prompt;
    this.length = length;
    this.lastOnly = lastOnly;
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
  int[] run(
      int speaker, List<Integer> said, int most, IntFunction<ChunkBatch> copyOf, Choice choice) {
    int last = said.size() - 1;
    List<Integer> all = new ArrayList<>(said);
    if (most > 1) {
      if (speaker != which) {
        forget();
        source = copyOf.apply(speaker);
        which = speaker;
      }
      source.rewind(Math.min(source.prompt(), prompt + last));
      while (all.size() - last < most) {
        int token = choice(all, choice);
        if (token < 0) {
          break;
        }
        all.add(token);
      }
      if (all.size() - last > 1) {
        length.drafted();
      }
    }
    return IntStream.range(last, all.size()).map(all::get).toArray();
  }

  private int choice(List<Integer> said, Choice choice) {
    int[] unseen = IntStream.range(source.prompt() - prompt, said.size()).map(said::get).toArray();
    try (NDManager own = model.newManager()) {
      NDArray tokens = FocusModel.tokens(own, List.of(unseen), unseen.length);
      NDArray[] out = source.run(own, "propose", tokens, unseen.length, unseen.length, lastOnly);
      return choice.of(out[0].toFloatArray(), out[1].toFloatArray()[0], said);
    }
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
