package io.focusstream.jobs.training.data;

/**
 * A question in tokens.
 *
 * @param question what it says
 * @param prompt {@code <|question|> text <|answer|>}
 * @param answer the tokens of the answer, as they stand in its line, and {@code </s>}
 */
record Asked(Question question, int[] prompt, int[] answer) {}
