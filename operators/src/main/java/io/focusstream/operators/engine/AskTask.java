package io.focusstream.operators.engine;

import java.util.List;

/**
 * A question, with all that is needed to answer it.
 *
 * @param chunks the stream's sealed chunks, oldest first; may be empty
 * @param tail token ids that are not yet sealed, oldest first; may be empty
 * @param question the laid-out question's token ids (see {@code text.PromptTemplate}), without the
 *     begin token, which the engine adds
 * @param maxAnswerTokens most tokens to generate, the end token not counted; at least 1
 */
public record AskTask(List<ChunkInput> chunks, int[] tail, int[] question, int maxAnswerTokens) {
  public AskTask {
    chunks = List.copyOf(chunks);
    if (question.length == 0) {
      throw new IllegalArgumentException("a question needs at least one token");
    }
    if (maxAnswerTokens < 1) {
      throw new IllegalArgumentException(
          "max-answer-tokens must be at least 1; got " + maxAnswerTokens);
    }
  }
}
