package io.focusstream.operators.engine;

import java.util.Objects;

/**
 * What a loaded model is: identity and the limits that callers must keep.
 *
 * @param name a name for people, for example the checkpoint folder's name
 * @param fingerprint hex digest of configuration and weights; chunk states carry it, so that states
 *     of another model are found and made again
 * @param vocabularySize number of token ids; every id passed in must be in {@code [0,
 *     vocabularySize)}
 * @param beginToken id put before the dynamic prompt and before the local context
 * @param endToken id that ends an answer
 * @param maxChunkTokens longest chunk, in tokens, that the engine takes
 * @param maxQuestionTokens longest question (dynamic prompt), in tokens
 */
public record ModelInfo(
    String name,
    String fingerprint,
    int vocabularySize,
    int beginToken,
    int endToken,
    int maxChunkTokens,
    int maxQuestionTokens) {
  public ModelInfo {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(fingerprint, "fingerprint");
  }
}
