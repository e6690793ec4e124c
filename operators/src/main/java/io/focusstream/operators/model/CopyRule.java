package io.focusstream.operators.model;

import java.util.Map;

/**
 * How a question's answer is copied out of a text; token ids. The same text is always the same
 * array. See {@code text.WordCopies} and {@code text.FieldLabels}.
 */
public interface CopyRule {
  /** Whether the rule is about a token: it goes on with a word. */
  boolean covers(int token);

  /**
   * Of the tokens that the rule is about, those that may come next.
   *
   * @param text what is copied from
   * @param said the answer so far
   * @return empty where all may
   */
  int[] next(int[] text, int[] said);

  /**
   * Whether an answer would, with one token more, only begin to say again what the question names
   * or says.
   *
   * @param text what is copied from
   * @param said the answer so far
   * @param token what would be said next
   */
  boolean repeats(int[] text, int[] said, int token);

  /**
   * The tokens by which an answer begins, or goes on, that stands behind a label which the question
   * asks for.
   *
   * @param text what is copied from
   * @param said the answer so far
   * @return of each token how much of the label is asked for, in words, above 0
   */
  Map<Integer, Double> labelled(int[] text, int[] said);
}
