package io.focusstream.jobs.training.data;

/**
 * A question over an episode's lines.
 *
 * @param text the question
 * @param answer a verbatim slice of the line, or null where the answer is {@code not found}
 * @param line index of the line that holds the answer; -1 for none
 * @param charStart where in the line the answer begins; -1 for none
 */
public record Question(String text, String answer, int line, int charStart) {

  /** What the model says where a stream has no answer. */
  public static final String NOT_FOUND = "not found";

  public Question {
    if ((answer == null) != (line < 0)) {
      throw new IllegalArgumentException("an answer has a line, and not found has none: " + text);
    }
  }

  /** The answer as the model should write it. */
  public String expected() {
    return answer == null ? NOT_FOUND : answer;
  }
}
