package io.focusstream.jobs.training.eval;

import io.focusstream.jobs.training.data.Rng;
import io.focusstream.operators.text.EventText;
import io.focusstream.operators.text.TextTokenizer;
import java.util.ArrayList;
import java.util.List;

/**
 * Passkey retrieval (FocusLLM §4; Mohtashami and Jaggi): five digits hidden in filler. The stream
 * is lines of filler, one of which, anywhere, is the needle; the paper's prompt in front («There is
 * an important info …») is left out, since a stream has no front. Seeds are mixed with a constant
 * of this class, so that no training episode is drawn from the same numbers.
 */
public final class PasskeyTask {
  private static final long EVALUATION = 0x9A55_4E7CL;

  /** What is asked. */
  public static final String QUESTION = "What is the pass key? The pass key is";

  private PasskeyTask() {}

  /**
   * One trial.
   *
   * @param lines of the stream, in order
   * @param question to ask
   * @param expected five digits
   * @param needleLine index of the line that holds them
   * @param tokens of the stream
   */
  public record Trial(
      List<String> lines, String question, String expected, int needleLine, int tokens) {
    public Trial {
      lines = List.copyOf(lines);
    }
  }

  /**
   * Trial {@code index} of a seed.
   *
   * @param lengthTokens the stream's length: the most lines that fit are made
   * @throws IllegalArgumentException where not even the needle fits
   */
  public static Trial trial(TextTokenizer tokenizer, int lengthTokens, long seed, int index) {
    Rng rng = Rng.of(seed ^ EVALUATION, (long) lengthTokens << 20 | index);
    String key = rng.number(5);
    String needle = "The pass key is " + key + ". Remember it. " + key + " is the pass key.";
    int needleTokens = tokenizer.encode(EventText.of(needle)).length;
    int fillerTokens = tokenizer.encode(EventText.of(StreamText.NOISE)).length;
    int fillers = (lengthTokens - needleTokens) / fillerTokens;
    if (lengthTokens < needleTokens) {
      throw new IllegalArgumentException(
          "a passkey stream needs at least " + needleTokens + " tokens; got " + lengthTokens);
    }
    int at = rng.below(fillers + 1);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i <= fillers; i++) {
      lines.add(i == at ? needle : StreamText.NOISE);
    }
    return new Trial(lines, QUESTION, key, at, needleTokens + fillers * fillerTokens);
  }
}
