package io.focusstream.jobs.training.data;

/**
 * A question in tokens.
 *
 * @param about the thing that is asked about, null where the question is a piece of a line
 * @param field what is asked of it, null where it is not a field
 * @param question what it says
 * @param prompt {@code <|question|> text <|answer|>}
 * @param answer the tokens of the answer, as they stand in its line, and {@code </s>}
 */
record Asked(String about, String field, Question question, int[] prompt, int[] answer) {}
