package io.focusstream.jobs.training.eval;

import java.util.List;
import java.util.regex.Pattern;

/** How an answer is held against what is expected. */
public enum Scoring {
  /** The same text, outer white space aside. */
  EXACT {
    @Override
    public double score(String expected, String answer) {
      return answer.strip().equals(expected.strip()) ? 1 : 0;
    }
  },

  /** The digits that the answer begins with are the expected ones. */
  LEADING_DIGITS {
    @Override
    public double score(String expected, String answer) {
      String text = answer.strip();
      int end = 0;
      while (end < text.length() && Character.isDigit(text.charAt(end))) {
        end++;
      }
      return text.substring(0, end).equals(expected) ? 1 : 0;
    }
  },

  /**
   * The part of the expected words, parted by blanks, that the answer holds as words, in any order
   * (RULER's recall).
   */
  RECALL {
    @Override
    public double score(String expected, String answer) {
      List<String> given = List.of(WORD_END.split(answer.strip()));
      List<String> wanted = List.of(expected.split(" "));
      return (double) wanted.stream().filter(given::contains).count() / wanted.size();
    }
  };

  private static final Pattern WORD_END = Pattern.compile("[^A-Za-z0-9-]+");

  /**
   * From 0, wrong, to 1, right.
   *
   * @param expected what is right
   * @param answer what the model said
   */
  public abstract double score(String expected, String answer);
}
