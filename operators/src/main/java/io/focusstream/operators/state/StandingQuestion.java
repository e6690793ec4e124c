package io.focusstream.operators.state;

import java.util.Arrays;
import java.util.Objects;

/**
 * A question that is asked of every new chunk of its stream.
 *
 * @param tokens the laid-out question; not to be changed
 * @param maxAnswerTokens most tokens of an answer
 * @param askedAtMillis when it was asked, milliseconds since the epoch
 * @param nextChunk the first chunk that it hasn't been asked of
 * @param updates how many further answers it has had
 * @param lastText the last answer's text; empty where there was none
 */
public record StandingQuestion(
    int[] tokens,
    int maxAnswerTokens,
    long askedAtMillis,
    int nextChunk,
    int updates,
    String lastText) {
  public StandingQuestion {
    Objects.requireNonNull(tokens, "tokens");
    Objects.requireNonNull(lastText, "lastText");
  }

  /** After a chunk that gave no other answer. */
  public StandingQuestion after(int chunk) {
    return new StandingQuestion(
        tokens, maxAnswerTokens, askedAtMillis, Math.max(nextChunk, chunk + 1), updates, lastText);
  }

  /** After a chunk that gave another answer. */
  public StandingQuestion updated(int chunk, String text) {
    return new StandingQuestion(
        tokens, maxAnswerTokens, askedAtMillis, Math.max(nextChunk, chunk + 1), updates + 1, text);
  }

  /** After its first answer, over what the stream held. */
  public StandingQuestion answered(String text) {
    return new StandingQuestion(tokens, maxAnswerTokens, askedAtMillis, nextChunk, updates, text);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof StandingQuestion that
        && Arrays.equals(tokens, that.tokens)
        && maxAnswerTokens == that.maxAnswerTokens
        && askedAtMillis == that.askedAtMillis
        && nextChunk == that.nextChunk
        && updates == that.updates
        && lastText.equals(that.lastText);
  }

  @Override
  public int hashCode() {
    return Objects.hash(Arrays.hashCode(tokens), askedAtMillis, nextChunk, updates, lastText);
  }

  /** Without its text. */
  @Override
  public String toString() {
    return "standing question, next of chunk " + nextChunk + ", " + updates + " updates";
  }
}
