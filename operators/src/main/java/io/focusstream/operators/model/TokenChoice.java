package io.focusstream.operators.model;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Chooses what is said: the likeliest token, as far as a {@link CopyRule} lets it stand. */
record TokenChoice(CopyRule rule) {
  // What the question names or says is no better an answer than something else that is a tenth as
  // likely.
  private static final float LESS_LIKELY = (float) Math.log(0.1);
  // What stands behind a label that is asked for is so much likelier, for each word of the label.
  private static final double MORE_LIKELY = Math.log(100);
  private static final int MOST_REPEATS = 4;

  static int likeliest(float[] scores) {
    int best = 0;
    for (int i = 1; i < scores.length; i++) {
      if (scores[i] > scores[best]) {
        best = i;
      }
    }
    return best;
  }

  /**
   * What stands behind a label that the question asks for is more likely. Where it would only say
   * again what the question names, that is less likely; where it would go on with a word otherwise
   * than the text does, what the text doesn't say there gets no probability.
   *
   * @param text what is copied from
   * @param soFar the answer so far
   * @param scores logarithm of each token's probability; changed for what stands behind labels, and
   *     where something else is said
   */
  int token(int[] text, List<Integer> soFar, float[] scores) {
    int[] answer = soFar.stream().mapToInt(i -> i).toArray();
    rule.labelled(text, answer)
        .forEach((token, words) -> scores[token] += (float) (MORE_LIKELY * words));
    int next = likeliest(scores);
    Set<Integer> less = new HashSet<>();
    while (less.size() < MOST_REPEATS && rule.repeats(text, answer, next) && less.add(next)) {
      scores[next] += LESS_LIKELY;
      next = likeliest(scores);
    }
    int chosen = next;
    int[] mayFollow = rule.covers(chosen) ? rule.next(text, answer) : new int[0];
    if (mayFollow.length == 0 || Arrays.stream(mayFollow).anyMatch(token -> token == chosen)) {
      return chosen;
    }
    float[] before = scores.clone();
    for (int token = 0; token < scores.length; token++) {
      if (rule.covers(token)) {
        scores[token] = Float.NEGATIVE_INFINITY;
      }
    }
    for (int token : mayFollow) {
      scores[token] = before[token];
    }
    return likeliest(scores);
  }
}
