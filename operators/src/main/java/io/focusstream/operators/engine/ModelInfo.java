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
 * @param stateLayout version of the layout that chunk states are written in, at least 1
 */
public record ModelInfo(
    String name,
    String fingerprint,
    int vocabularySize,
    int beginToken,
    int endToken,
    int maxChunkTokens,
    int maxQuestionTokens,
    int stateLayout) {
  public ModelInfo {
    if (stateLayout < 1) {
      throw new IllegalArgumentException("state layout must be at least 1; got " + stateLayout);
    }
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(fingerprint, "fingerprint");
  }

  /**
   * What makes chunk states these and no others: the model and the layout. Of layout 1 it is the
   * model's fingerprint, as states were marked before there were others.
   */
  public String stateFingerprint() {
    return stateLayout == 1 ? fingerprint : fingerprint + " in layout " + stateLayout;
  }
}
