package io.focusstream.jobs.training.data;

import java.util.List;

/**
 * A question in tokens.
 *
 * @param about the thing that is asked about, null where the question is a piece of a line
 * @param field what is asked of it, null where it is not a field
 * @param question what it says
 * @param prompt {@code <|question|> text <|answer|>}
 * @param answer the tokens of the answer, as they stand in its line, and {@code </s>}
 * @param parts what the answer is made of, one each for {@link QuestionMaker#SEVERAL}; empty where
 *     there is none
 * @param earlier what other lines say of the same, where later lines replace it, in their order
 */
record Asked(
    String about,
    String field,
    Question question,
    int[] prompt,
    int[] answer,
    List<Part> parts,
    List<Part> earlier) {

  /**
   * A piece of a line that answers.
   *
   * @param line index of the line
   * @param tokens as they stand in it
   * @param after index of the part that must have been said before it is known that this is one; -1
   *     for none
   */
  record Part(int line, int[] tokens, int after) {}

  boolean severalParts() {
    return QuestionMaker.SEVERAL.equals(field);
  }
}
