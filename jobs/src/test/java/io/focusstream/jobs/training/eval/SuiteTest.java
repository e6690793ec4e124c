package io.focusstream.jobs.training.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.jobs.training.data.Question;
import io.focusstream.jobs.training.data.Small;
import io.focusstream.operators.text.ByteLevelBpe;
import io.focusstream.operators.text.EventText;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SuiteTest {
  private final ByteLevelBpe tokenizer = Small.tokenizer();

  private int tokens(List<String> lines) {
    return lines.stream().mapToInt(l -> tokenizer.encode(EventText.of(l)).length).sum();
  }

  @ParameterizedTest
  @EnumSource
  void aTrialIsAFunctionOfItsSeed(Suite suite) {
    Trial trial = suite.trial(tokenizer, 4096, 7, 3);
    assertEquals(trial, suite.trial(tokenizer, 4096, 7, 3));
    assertNotEquals(trial, suite.trial(tokenizer, 4096, 7, 4));
    assertNotEquals(trial, suite.trial(tokenizer, 4096, 8, 3));
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "logs")
  void aStreamFillsItsLength(Suite suite) {
    int tokens = tokens(suite.trial(tokenizer, 4096, 1, 0).lines());
    assertTrue(tokens <= 4096 && tokens > 4096 - 128, tokens + " tokens");
  }

  @ParameterizedTest
  @EnumSource
  void theEvidenceHoldsWhatIsExpected(Suite suite) {
    for (int i = 0; i < 5; i++) {
      Trial trial = suite.trial(tokenizer, 2048, 5, i);
      for (Trial.Probe probe : trial.probes()) {
        if (probe.expected().equals(Question.NOT_FOUND)) {
          assertEquals(List.of(), probe.evidence());
          continue;
        }
        assertFalse(probe.evidence().isEmpty(), probe.question());
        String said = String.join(" ", probe.evidence().stream().map(trial.lines()::get).toList());
        for (String part :
            probe.scoring() == Scoring.RECALL
                ? List.of(probe.expected().split(" "))
                : List.of(probe.expected())) {
          assertTrue(said.contains(part), part + " in " + said);
        }
        assertEquals(1.0, probe.scoring().score(probe.expected(), probe.expected()));
        assertEquals(0.0, probe.scoring().score(probe.expected(), Question.NOT_FOUND));
      }
    }
  }

  @Test
  void nobodySetTheKeyAfterTheLatest() {
    Trial trial = Suite.latest.trial(tokenizer, 2048, 5, 0);
    for (Trial.Probe probe : trial.probes()) {
      String line = trial.lines().get(probe.evidence().get(0));
      String front = line.substring(0, line.lastIndexOf(' ') + 1);
      for (int i = probe.evidence().get(0) + 1; i < trial.lines().size(); i++) {
        assertFalse(trial.lines().get(i).startsWith(front), front);
      }
    }
  }

  @Test
  void theAbsentKeyIsAbsent() {
    Trial trial = Suite.absent.trial(tokenizer, 8192, 5, 0);
    String question = trial.probes().get(0).question();
    String key = question.substring(question.indexOf(" for ") + 5, question.indexOf(" mentioned"));
    assertFalse(String.join(" ", trial.lines()).contains(key + " "), key);
  }

  @Test
  void aKeyIsAnsweredByOneLineAlone() {
    Trial trial = Suite.niah_multikey.trial(tokenizer, 8192, 5, 0);
    String needle = trial.lines().get(trial.probes().get(0).evidence().get(0));
    String front = needle.substring(0, needle.indexOf(" is: "));
    assertEquals(1, trial.lines().stream().filter(l -> l.startsWith(front + " is")).count());
  }

  @Test
  void scoringIsStrict() {
    assertEquals(1, Scoring.LEADING_DIGITS.score("123", " 123. Remember it."));
    assertEquals(0, Scoring.LEADING_DIGITS.score("123", "1234"));
    assertEquals(0, Scoring.LEADING_DIGITS.score("123", "is 123"));
    assertEquals(1, Scoring.EXACT.score("a b", " a b "));
    assertEquals(0, Scoring.EXACT.score("a b", "a b."));
    assertEquals(0.5, Scoring.RECALL.score("12 34", "34, 56 and 120"));
  }

  @Test
  void aStreamTooShortIsRefused() {
    assertThrows(
        IllegalArgumentException.class, () -> Suite.niah_single.trial(tokenizer, 10, 1, 0));
  }
}
