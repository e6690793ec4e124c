package io.focusstream.operators.engine;

import io.focusstream.operators.text.LineMatcher.Excerpt;
import io.focusstream.operators.text.LineMatcher.Found;
import java.util.List;

/**
 * A question, with all that is needed to answer it.
 *
 * @param chunks the stream's sealed chunks, oldest first; may be empty
 * @param tail token ids that are not yet sealed, oldest first; may be empty
 * @param question the laid-out question's token ids (see {@code text.PromptTemplate}), without the
 *     begin token, which the engine adds
 * @param maxAnswerTokens most tokens to generate, the end token not counted; at least 1
 * @param found lines to be read first, as {@link CondensingEngine#find} gives them; may be none
 * @param someStates whether the stored states of chunks without an excerpt were left out though
 *     there are some: where the engine needs them it fails with {@link StatesNeededException}
 * @param portions the stored states of all chunks, oldest first, where they were left out because
 *     they are many; null where they weren't. A chunk may have its own all the same
 */
public record AskTask(
    List<ChunkInput> chunks,
    int[] tail,
    int[] question,
    int maxAnswerTokens,
    Found found,
    boolean someStates,
    StatePortions portions) {
  public AskTask {
    chunks = List.copyOf(chunks);
    if (question.length == 0) {
      throw new IllegalArgumentException("a question needs at least one token");
    }
    if (maxAnswerTokens < 1) {
      throw new IllegalArgumentException(
          "max-answer-tokens must be at least 1; got " + maxAnswerTokens);
    }
    for (Excerpt excerpt : found.excerpts()) {
      if (excerpt.text() < 0 || excerpt.text() > chunks.size() || excerpt.tokens().length == 0) {
        throw new IllegalArgumentException(
            "an excerpt is of a chunk in [0, %d), or of the tail, with tokens; got %s"
                .formatted(chunks.size(), excerpt));
      }
    }
  }

  /** A question whose chunks have the states that they are asked with. */
  public AskTask(
      List<ChunkInput> chunks,
      int[] tail,
      int[] question,
      int maxAnswerTokens,
      Found found,
      boolean someStates) {
    this(chunks, tail, question, maxAnswerTokens, found, someStates, null);
  }

  /** A question over whole chunks, with the states of all. */
  public AskTask(List<ChunkInput> chunks, int[] tail, int[] question, int maxAnswerTokens) {
    this(chunks, tail, question, maxAnswerTokens, Found.NOTHING, false, null);
  }
}
