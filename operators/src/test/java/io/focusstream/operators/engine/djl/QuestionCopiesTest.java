package io.focusstream.operators.engine.djl;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.operators.testing.ShippedTokenizer;
import io.focusstream.operators.text.TextTokenizer;
import org.junit.jupiter.api.Test;

class QuestionCopiesTest {
  private final TextTokenizer tokenizer = ShippedTokenizer.PROVIDER.open();
  private final QuestionCopies.Rules rules = new QuestionCopies.Rules(tokenizer);

  private boolean repeats(String question, String text, String next) {
    QuestionCopies copies = new QuestionCopies(rules, tokenizer.encode(question));
    return copies.repeats(tokenizer.encode(text), new int[0], tokenizer.encode(next)[0]);
  }

  @Test
  void wordsOfAQuestionAreNoAnswer() {
    String line = "order ord-4211 shipped by carrier dhl\n";
    assertTrue(repeats("carrier of ord-4211", line, " carrier"));
    assertTrue(repeats("CARRIER of ord-4211", line, " carrier"));
    assertFalse(repeats("carrier of ord-4211", line, " d"));
    assertFalse(repeats("carrier of ord-4211", "the carriers have carrier dhl\n", " carrier"));
    assertFalse(repeats("Who shipped ord-4211?", line, " by"));
  }
}
