package io.focusstream.jobs.training.data;

/**
 * What the questions of a batch are about.
 *
 * @param notFound mean share of questions whose answer is nowhere, from 0 to 0.6; a batch draws a
 *     half, the whole or one and a half of it
 * @param needles share of episodes that are needles in filler, from 0 to 1
 * @param forms share of episodes in the forms of public retrieval tasks, from 0 to 1
 * @param objectives share of the projections' batches that are the paper's two objectives,
 *     continuation and reconstruction (FocusLLM §3.3), and no questions; from 0 to 1
 */
public record QuestionMix(double notFound, double needles, double forms, double objectives) {
  /** As the data has always been. */
  public static final QuestionMix DEFAULT = new QuestionMix(0.2, 0.12, 0.1, 0.15);

  public QuestionMix {
    if (!(notFound >= 0 && notFound <= 0.6)) {
      throw new IllegalArgumentException("not-found must be from 0 to 0.6; got " + notFound);
    }
    if (!(needles >= 0 && needles <= 1)) {
      throw new IllegalArgumentException("needles must be from 0 to 1; got " + needles);
    }
    if (!(forms >= 0 && forms <= 1)) {
      throw new IllegalArgumentException("forms must be from 0 to 1; got " + forms);
    }
    if (!(objectives >= 0 && objectives <= 1)) {
      throw new IllegalArgumentException("objectives must be from 0 to 1; got " + objectives);
    }
  }

  /** The share of one batch or row. */
  double drawNotFound(Rng rng) {
    return notFound * rng.pick(0.5, 1.0, 1.5);
  }
}
