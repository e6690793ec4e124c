package io.focusstream.operators.model;

/** How a question's answer is copied out of a text; token ids. See {@code text.WordCopies}. */
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
   * Whether an answer would, with one token more, only begin to say again what the question names.
   *
   * @param text what is copied from
   * @param said the answer so far
   * @param token what would be said next
   */
  boolean repeats(int[] text, int[] said, int token);
}
