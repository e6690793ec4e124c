package io.focusstream.jobs.training.data;

/** Names of things, for evaluation. */
public final class Keys {
  private Keys() {}

  /** An adjective and a noun, as RULER's keys are: {@code pale-anchor}. */
  public static String words(Rng rng) {
    return rng.pick(Words.ADJECTIVES) + "-" + rng.pick(Words.NOUNS);
  }
}
