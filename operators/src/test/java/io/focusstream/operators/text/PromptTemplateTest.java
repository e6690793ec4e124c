package io.focusstream.operators.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.junit.jupiter.api.Test;

class PromptTemplateTest {
  private static final int BEGIN = 1;
  private static final int QUESTION = 3;
  private static final int ANSWER = 4;

  /** The answer is not begun before the lines. */
  @Test
  void linesStandBehindAQuestionThatItsFirstTokenFrames() {
    int[] prompt = {BEGIN, QUESTION, 50, 51, ANSWER};
    assertArrayEquals(
        new int[] {BEGIN, QUESTION, 50, 51, QUESTION, 70, 71, 72},
        PromptTemplate.behindQuestion(prompt, new int[] {70, 71, 72}));
    assertArrayEquals(new int[] {BEGIN, QUESTION, 50, 51, ANSWER}, prompt, "is left as it was");
  }
}
