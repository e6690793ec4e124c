package io.focusstream.operators.model;

/**
 * How likely a text's tokens are by several sources together, of which one speaks at a time and
 * another may take over at any token (fixed share, Herbster and Warmuth 1998): the probability that
 * a source speaks is what it was, times how likely it found the token, and a small part of all is
 * shared out anew. The newest source is given half of that part, the older ones the rest, each in
 * proportion to one over how many sources ago it was: a long history costs little, whatever is in
 * it.
 */
final class SourceMixture {
  private static final double SHARED_OUT = 0.02;

  private final double[] prior;
  private final double[] speaks;

  /**
   * @param sources how many, oldest first; at least one
   */
  SourceMixture(int sources) {
    prior = new double[sources];
    double older = 0;
    for (int i = 0; i < sources - 1; i++) {
      prior[i] = 1.0 / (sources - 1 - i);
      older += prior[i];
    }
    for (int i = 0; i < sources - 1; i++) {
      prior[i] *= 0.5 / older;
    }
    prior[sources - 1] = sources == 1 ? 1 : 0.5;
    speaks = prior.clone();
  }

  /**
   * The natural logarithm of the next token's probability; the token then counts for who speaks.
   *
   * @param logarithms of the token's probability by each source
   */
  double next(double[] logarithms) {
    double largest = Double.NEGATIVE_INFINITY;
    for (double one : logarithms) {
      largest = Math.max(largest, one);
    }
    double sum = 0;
    for (int i = 0; i < speaks.length; i++) {
      speaks[i] *= Math.exp(logarithms[i] - largest);
      sum += speaks[i];
    }
    for (int i = 0; i < speaks.length; i++) {
      speaks[i] = (1 - SHARED_OUT) * speaks[i] / sum + SHARED_OUT * prior[i];
    }
    return largest + Math.log(sum);
  }
}
