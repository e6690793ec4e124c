package io.focusstream.operators.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * The source that spoke last, run ahead alone: the draft model of speculative decoding (arXiv
 * 2211.17192). How far depends on what came of it: twice as far where all of it was said, some few
 * tokens where something else was. Every token ahead costs a row of every source; so where nothing
 * of what was drafted was said twice in a row, there is none until one source has spoken for longer
 * than that.
 */
final class Draft {
  private static final int FIRST = 4;
  private static final int MOST = 16;
  private static final int FRUITLESS = 2;

  // What all sources propose after each of the tokens ahead lies in memory together.
  private static final long MOST_BYTES = 64L << 20;

  private final FocusModel model;
  private final int prompt;
  private final NDArray lastOnly;
  private ChunkBatch source;
  private int which = -1;
  private int ahead = FIRST;
  // whether the last step had a draft, whether some of it was said, drafts in a row of which
  // nothing was
  private boolean drafted;
  private boolean used;
  private int fruitless;
  // which source spoke, and for how many steps in a row
  private int speaker = -1;
  private int spoke;

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
   * @param lastOnly the argument of {@code propose} for the last token's proposals alone
   */
  Draft(FocusModel model, int prompt, NDArray lastOnly) {
    this.model = model;
    this.prompt = prompt;
    this.lastOnly = lastOnly;
  }

  /** A token of the draft was said. */
  void used() {
    used = true;
  }

  /** Something else was said than the draft's next token. */
  void missed() {
    ahead = FIRST;
  }

  /**
   * How many tokens all sources may be continued with at once, the one that was said among them.
   *
   * @param speaks the source that spoke
   * @param bytesAToken what all sources propose after one token, in bytes
   */
  int length(int speaks, long bytesAToken) {
    if (drafted) {
      fruitless = used ? 0 : fruitless + 1;
    }
    drafted = false;
    used = false;
    spoke = speaks == speaker ? spoke + 1 : 1;
    speaker = speaks;
    if (fruitless >= FRUITLESS && spoke <= fruitless) {
      return 1;
    }
    return (int) Math.min(ahead, Math.max(1, MOST_BYTES / bytesAToken));
  }

  /**
   * Drafts what the source that spoke would say.
   *
   * @param said the answer so far; no source has seen its last token
   * @param length most tokens to return
   * @param copyOf makes a copy of a source
   * @return the last token that was said and what would follow
   */
  int[] run(List<Integer> said, int length, IntFunction<ChunkBatch> copyOf, Choice choice) {
    int last = said.size() - 1;
    List<Integer> all = new ArrayList<>(said);
    if (length > 1) {
      if (speaker != which) {
        close();
        source = copyOf.apply(speaker);
        which = speaker;
      }
      source.rewind(Math.min(source.prompt(), prompt + last));
      while (all.size() - last < length) {
        int token = choice(all, choice);
        if (token < 0) {
          break;
        }
        all.add(token);
      }
      drafted = all.size() - last > 1;
      ahead = Math.min(MOST, 2 * ahead);
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

  /** Sources have other places from now on. */
  void forget() {
    close();
    speaker = -1;
  }

  private void close() {
    if (source != null) {
      source.close();
      source = null;
    }
    which = -1;
  }
}
