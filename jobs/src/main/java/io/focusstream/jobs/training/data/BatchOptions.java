package io.focusstream.jobs.training.data;

/**
 * What batches are made of.
 *
 * @param seed of the run; batch i depends on it and on i alone
 * @param lengths longest row of the base's batches, in tokens
 * @param batchTokens tokens of a base batch, about
 * @param chunks most chunks of a focus batch
 * @param memoryTokens bound of C · Tc of a focus batch
 * @param rowTokens bound of C · Q · Sp of a focus batch
 * @param mix what is asked
 * @param ordered whether the candidates' positions tell how long ago a chunk was: then questions of
 *     what was set last may have their answer in one chunk and earlier values in others
 * @param excerpts part of the proposals' batches whose questions stand behind excerpts, the lines
 *     that the engine would choose, instead of whole chunks; from 0 to 1
 */
public record BatchOptions(
    long seed,
    Schedule lengths,
    int batchTokens,
    Schedule chunks,
    int memoryTokens,
    int rowTokens,
    QuestionMix mix,
    boolean ordered,
    double excerpts) {
  public BatchOptions {
    if (batchTokens < 64) {
      throw new IllegalArgumentException("batch-tokens must be at least 64; got " + batchTokens);
    }
    if (memoryTokens < 64 || rowTokens < 1024) {
      throw new IllegalArgumentException(
          "memory-tokens must be at least 64 and row-tokens at least 1024; got "
              + memoryTokens
              + " and "
              + rowTokens);
    }
    if (!(excerpts >= 0 && excerpts <= 1)) {
      throw new IllegalArgumentException("excerpts must be from 0 to 1; got " + excerpts);
    }
  }

  /** For a machine with more memory and time than the model that ships was trained on. */
  public static BatchOptions defaults(long seed) {
    return new BatchOptions(
        seed,
        Schedule.parse("0:64,300:128,1000:256,3000:512,8000:1024"),
        32768,
        Schedule.parse("0:4,300:16,1000:64,2000:128,4000:256"),
        32768,
        131072,
        QuestionMix.DEFAULT,
        false,
        0.5);
  }
}
