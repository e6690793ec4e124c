package io.focusstream.operators.model;

/** How what an answer copies out of a text may go on; token ids. See {@code text.WordCopies}. */
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
}
