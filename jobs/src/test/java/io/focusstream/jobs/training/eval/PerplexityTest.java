package io.focusstream.jobs.training.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.focusstream.jobs.training.data.Small;
import io.focusstream.operators.text.ByteLevelBpe;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class PerplexityTest {
  private final ByteLevelBpe tokenizer = Small.tokenizer();

  private int[] stream(Perplexity.Text text, int tokens, int index) {
    return Perplexity.stream(tokenizer, text, Small.books(), tokens, 7, index);
  }

  @Test
  void aStreamHasItsLengthAndIsRepeatable() {
    for (Perplexity.Text text : Perplexity.Text.values()) {
      int[] once = stream(text, 3000, 1);
      assertEquals(3000, once.length);
      assertArrayEquals(once, stream(text, 3000, 1));
      assertFalse(Arrays.equals(once, stream(text, 3000, 2)), text.name());
    }
  }

  @Test
  void aLongerStreamHasTheSameEnd() {
    for (Perplexity.Text text : Perplexity.Text.values()) {
      int[] longer = stream(text, 9000, 1);
      assertArrayEquals(stream(text, 1000, 1), Arrays.copyOfRange(longer, 8000, 9000), text.name());
    }
  }

  @Test
  void aStreamTooShortIsRefused() {
    Perplexity task = new Perplexity((ask, tokens) -> null, null, 256, 8);
    assertThrows(IllegalArgumentException.class, () -> task.score(new int[511], 1024));
  }
}
