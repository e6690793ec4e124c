package io.focusstream.operators.engine;

import java.time.Duration;
import java.util.List;

/**
 * What the engine answers.
 *
 * @param tokens the answer's token ids, without the end token
 * @param ended whether the model ended the answer itself; {@code false} where {@code
 *     maxAnswerTokens} cut it
 * @param confidence geometric mean of the answer tokens' probabilities, the end token included, in
 *     [0, 1]
 * @param chunkWeights one number a chunk of {@link AskTask#chunks()}, same order: the part of the
 *     answer tokens' attention to the candidates that went to it; they sum to 1 (all zero where
 *     there are no chunks)
 * @param tailWeight the attention to the tail token that got most, as a part of that and of the
 *     attention to all candidates, in [0, 1]
 * @param recondensed chunks whose state was absent, damaged or of another model and was made again
 *     from their tokens; the caller stores them
 * @param damagedBlocks how many state blocks were refused (checksum, layout, fingerprint)
 * @param timings where the time went
 */
public record EngineAnswer(
    int[] tokens,
    boolean ended,
    double confidence,
    float[] chunkWeights,
    double tailWeight,
    List<CondensedChunk> recondensed,
    int damagedBlocks,
    Timings timings) {
  public EngineAnswer {
    recondensed = List.copyOf(recondensed);
  }

  /**
   * The same as if more chunks had been asked, the others without any weight.
   *
   * @param chosen where the asked chunks stand among all, ascending; {@code null} where they are
   *     all
   * @param count of all chunks
   */
  public EngineAnswer over(int[] chosen, int count) {
    if (chosen == null) {
      return this;
    }
    float[] all = new float[count];
    for (int i = 0; i < chosen.length; i++) {
      all[chosen[i]] = chunkWeights[i];
    }
    return new EngineAnswer(
        tokens, ended, confidence, all, tailWeight, recondensed, damagedBlocks, timings);
  }

  /** Steps after the first token: an answer's end takes one too. */
  public int furtherSteps() {
    return tokens.length - (ended ? 0 : 1);
  }

  /**
   * Where the time of an answer went.
   *
   * @param queued from acceptance until the engine began
   * @param load decoding stored states, condensing those that were missing
   * @param firstToken from acceptance until the first answer token
   * @param total from acceptance until the last answer token
   */
  public record Timings(Duration queued, Duration load, Duration firstToken, Duration total) {}
}
