package io.focusstream.operators.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TokenChoiceTest {
  private static final int[] TEXT = {1, 2, 3};

  /** Token 0 goes on with words, 3 says again what is asked, 1 stands behind a label. */
  private static CopyRule rule(double words) {
    return new CopyRule() {
      @Override
      public boolean covers(int token) {
        return token == 0 || token == 2;
      }

      @Override
      public int[] next(int[] text, int[] said) {
        return said.length == 0 ? new int[0] : new int[] {2};
      }

      @Override
      public boolean repeats(int[] text, int[] said, int token) {
        return token == 3;
      }

      @Override
      public Map<Integer, Double> labelled(int[] text, int[] said) {
        return said.length == 0 && words > 0 ? Map.of(1, words) : Map.of();
      }
    };
  }

  private static int token(double words, List<Integer> soFar, double... probabilities) {
    float[] scores = new float[probabilities.length];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = (float) Math.log(probabilities[i]);
    }
    return new TokenChoice(rule(words)).token(TEXT, soFar, scores);
  }

  @Test
  void whatStandsBehindALabelIsLikelierByAHundredAWord() {
    assertEquals(2, token(0, List.of(), 0.01, 0.02, 0.9, 0.01));
    assertEquals(1, token(1, List.of(), 0.01, 0.02, 0.9, 0.01));
    assertEquals(2, token(0.8, List.of(), 0.01, 0.02, 0.9, 0.01), "40 times");
    assertEquals(2, token(1, List.of(), 0.01, 0.008, 0.9, 0.01));
    assertEquals(1, token(2, List.of(), 0.01, 0.008, 0.9, 0.01));
    assertEquals(2, token(2, List.of(7), 0.01, 0.008, 0.9, 0.01), "only where the rule says so");
  }

  @Test
  void whatTheQuestionNamesIsLessLikelyByTen() {
    assertEquals(2, token(0, List.of(), 0.01, 0.02, 0.1, 0.8));
    assertEquals(3, token(0, List.of(), 0.01, 0.02, 0.07, 0.8));
  }

  @Test
  void aWordGoesOnAsTheTextDoes() {
    assertEquals(2, token(0, List.of(7), 0.9, 0.02, 0.03, 0.01));
    assertEquals(1, token(0, List.of(7), 0.3, 0.4, 0.2, 0.01), "it may end");
    assertEquals(0, token(0, List.of(), 0.9, 0.02, 0.03, 0.01));
  }
}
