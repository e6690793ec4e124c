package io.focusstream.jobs.training.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.jobs.training.data.Small;
import io.focusstream.operators.text.ByteLevelBpe;
import io.focusstream.operators.text.EventText;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PasskeyTaskTest {
  private final ByteLevelBpe tokenizer = Small.tokenizer();

  @Test
  void aTrialHasItsLengthAndOneNeedle() {
    for (int length : new int[] {64, 1000, 4096, 32768}) {
      PasskeyTask.Trial trial = PasskeyTask.trial(tokenizer, length, 1, 0);
      int tokens = 0;
      int needles = 0;
      for (String line : trial.lines()) {
        tokens += tokenizer.encode(EventText.of(line)).length;
        needles += line.contains(trial.expected()) ? 1 : 0;
      }
      assertEquals(tokens, trial.tokens());
      assertTrue(tokens <= length && tokens > length - 64, tokens + " of " + length);
      assertEquals(1, needles);
      assertTrue(trial.lines().get(trial.needleLine()).contains(trial.expected()));
    }
  }

  @Test
  void trialsAreRepeatableAndDiffer() {
    Set<String> keys = new HashSet<>();
    Set<Integer> places = new HashSet<>();
    for (int i = 0; i < 50; i++) {
      PasskeyTask.Trial trial = PasskeyTask.trial(tokenizer, 4096, 7, i);
      assertEquals(trial, PasskeyTask.trial(tokenizer, 4096, 7, i));
      keys.add(trial.expected());
      places.add(trial.needleLine());
    }
    assertTrue(keys.size() > 45 && places.size() > 25, keys.size() + " " + places.size());
    assertNotEquals(
        PasskeyTask.trial(tokenizer, 4096, 7, 0), PasskeyTask.trial(tokenizer, 4096, 8, 0));
  }

  @Test
  void aStreamTooShortForTheNeedleIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> PasskeyTask.trial(tokenizer, 10, 1, 0));
  }
}
