package io.focusstream.operators.model;

/**
 * How much each source's proposal counts: a source is a chunk, or the tail, which is newer than all
 * chunks. A source proposes with odds o against abstaining.
 *
 * <p><b>The first token.</b> Whether any has something to say: not, if none would; each says so
 * with 1 / (1 + o²), so that many that are a little unsure are no voice together, and one that is
 * more likely than not outweighs «nothing». Which of those that do: the newest that is sure, since
 * a stream's last word counts: from new to old, each takes its part o² / (9 + o²) (one that gives
 * three to one takes half) of what the newer ones left.
 *
 * <p><b>Further tokens.</b> Who spoke goes on, mostly: the probability that a source is the one
 * that speaks is what it was after the last token, but for a small part that any other may take
 * over with; times its odds. That is the forward pass of a hidden Markov model whose state is the
 * source.
 *
 * @param parts of each source, oldest first; with {@code none} they sum to 1
 * @param none the part of the model without any source
 */
record ProposalWeights(double[] parts, double none) {
  private static final double SURE = Math.log(3);

  /** How likely another source than the one that spoke takes over, each. */
  private static final double TAKES_OVER = 0.01;

  // Against each source, where a question names what stands nowhere.
  private static final float DOUBT = (float) Math.log(50);

  // Odds are bounded, so that one that is very sure can still be outweighed.
  private static final double MOST_LOG_ODDS = 14;

  /**
   * For an answer's first token.
   *
   * @param logOdds of each source, oldest first: natural logarithms
   */
  static ProposalWeights first(float[] logOdds) {
    double[] parts = new double[logOdds.length];
    double left = 1;
    double none = 1;
    double sum = 0;
    for (int i = logOdds.length - 1; i >= 0; i--) {
      double takes = sigmoid(2 * (logOdds[i] - SURE));
      parts[i] = left * takes;
      sum += parts[i];
      left *= 1 - takes;
      none *= 1 - sigmoid(2 * logOdds[i]);
    }
    for (int i = 0; i < parts.length; i++) {
      parts[i] = sum > 0 ? parts[i] / sum * (1 - none) : 0;
    }
    return new ProposalWeights(parts, sum > 0 ? none : 1);
  }

  /**
   * The odds of sources that are asked about an id which stands in none of them: fifty times less
   * each, so that only one that is very sure is heard.
   */
  static float[] doubted(float[] logOdds) {
    float[] less = new float[logOdds.length];
    for (int i = 0; i < less.length; i++) {
      less[i] = logOdds[i] - DOUBT;
    }
    return less;
  }

  /** What sources leave to older ones of an answer's first token, from 0 to 1. */
  static double left(float[] logOdds) {
    double left = 1;
    for (float one : logOdds) {
      left *= 1 - sigmoid(2 * (one - SURE));
    }
    return left;
  }

  /**
   * For a further token.
   *
   * @param logOdds as for the first
   * @param spoke of each source, the part it had in the last token; what is missing to 1 is the
   *     model's without any source
   */
  static ProposalWeights further(float[] logOdds, double[] spoke) {
    double alone = 1;
    for (double one : spoke) {
      alone -= one;
    }
    double none = prior(Math.max(0, alone));
    double[] parts = new double[logOdds.length];
    double sum = none;
    for (int i = 0; i < parts.length; i++) {
      parts[i] = prior(spoke[i]) * Math.exp(Math.min(MOST_LOG_ODDS, logOdds[i]));
      sum += parts[i];
    }
    for (int i = 0; i < parts.length; i++) {
      parts[i] /= sum;
    }
    return new ProposalWeights(parts, none / sum);
  }

  private static double prior(double spoke) {
    return (1 - TAKES_OVER) * spoke + TAKES_OVER;
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }
}
