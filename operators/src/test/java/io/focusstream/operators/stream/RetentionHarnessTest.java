package io.focusstream.operators.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.focusstream.operators.config.FocusSettings;
import io.focusstream.operators.config.StreamOptions;
import io.focusstream.operators.testing.FakeEngine;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerStatus;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How long a stream and its chunks are kept. Two events of 8 tokens fill a chunk. */
@Timeout(60)
class RetentionHarnessTest {
  private final FakeEngine engine = FakeEngine.manual();

  private static FocusSettings expiring() {
    return SettingsFixture.small(
        config -> config.set(StreamOptions.EXPIRE_AFTER, Duration.ofMillis(100)));
  }

  private Answer ask(FocusHarness harness, String id) throws Exception {
    harness.question(id, "a", "q");
    harness.completeAll(engine);
    List<Answer> answers = harness.answers();
    return answers.get(answers.size() - 1);
  }

  @Test
  void chunksOlderThanTheMaximalAgeAreForgottenAndTheAnswerSaysHowFarItReaches() throws Exception {
    FocusSettings settings =
        SettingsFixture.small(config -> config.set(StreamOptions.MAX_AGE, Duration.ofMillis(50)));
    try (FocusHarness harness = FocusHarness.start(settings, engine)) {
      for (int i = 0; i < 9; i++) {
        harness.event("a", "a-line" + i, 1000 + 10 * i, i);
      }
      harness.completeAll(engine);
      // at 1080: chunk 0 ended at 1010, chunk 1 at 1030 is 50 old and stays
      Answer answer = ask(harness, "1");
      assertEquals(
          "a-line2\na-line3\n|a-line4\na-line5\n|a-line6\na-line7\na-line8\n?q", answer.text());
      assertEquals(1020, answer.usage().fromMillis());
      assertEquals(1, harness.count(FocusMetrics.CHUNKS_DROPPED));
    }
  }

  /** Else the answer would depend on how long the older question takes. */
  @Test
  void whatIsOnlyKeptForAnOlderQuestionIsTooOldForANewOne() throws Exception {
    FocusSettings settings =
        SettingsFixture.small(config -> config.set(StreamOptions.MAX_AGE, Duration.ofMillis(50)));
    try (FocusHarness harness = FocusHarness.start(settings, engine)) {
      for (int i = 0; i < 9; i++) {
        if (i == 5) {
          harness.question("old", "a", "q");
        }
        harness.event("a", "a-line" + i, 1000 + 10 * i, i);
      }
      harness.question("new", "a", "q");
      harness.completeAll(engine);
      Map<String, String> answers = new TreeMap<>();
      harness.answers().forEach(answer -> answers.put(answer.id(), answer.text()));
      assertEquals(
          Map.of(
              "old", "a-line0\na-line1\n|a-line2\na-line3\na-line4\n?q",
              "new", "a-line2\na-line3\n|a-line4\na-line5\n|a-line6\na-line7\na-line8\n?q"),
          answers);
    }
  }

  @Test
  void aStreamWithoutEventsExpiresAndBeginsAgain() throws Exception {
    try (FocusHarness harness = FocusHarness.start(expiring(), engine)) {
      harness.setProcessingTime(1000);
      for (int i = 0; i < 5; i++) {
        harness.event("a", "a-line" + i);
      }
      harness.completeAll(engine);
      harness.setProcessingTime(1060);
      harness.event("a", "a-line5");
      harness.setProcessingTime(1159);
      assertEquals(AnswerStatus.OK, ask(harness, "1").status());
      harness.setProcessingTime(1160);
      assertEquals(AnswerStatus.NO_DATA, ask(harness, "2").status());
      assertEquals(1, harness.count(FocusMetrics.STREAMS_EXPIRED));
      harness.event("a", "a-line6");
      assertEquals("a-line6\n?q", ask(harness, "3").text());
      harness.setProcessingTime(1260);
      assertEquals(2, harness.count(FocusMetrics.STREAMS_EXPIRED));
    }
  }

  @Test
  void aStreamWithAStandingQuestionStays() throws Exception {
    try (FocusHarness harness = FocusHarness.start(expiring(), engine)) {
      harness.event("a", "a-line0");
      harness.standing("1", "a", "q");
      harness.completeAll(engine);
      harness.setProcessingTime(1000);
      assertEquals(AnswerStatus.OK, ask(harness, "2").status());
      harness.cancel("1", "a");
      harness.setProcessingTime(2000);
      assertEquals(AnswerStatus.NO_DATA, ask(harness, "3").status());
    }
  }

  @Test
  void theClockGoesOnAfterARestore() throws Exception {
    OperatorSubtaskState state;
    try (FocusHarness harness = FocusHarness.start(expiring(), engine)) {
      harness.setProcessingTime(1000);
      harness.event("a", "a-line0");
      state = harness.snapshot(1, 1);
    }
    try (FocusHarness harness =
        FocusHarness.start(expiring(), engine, new HashMapStateBackend(), state, 1, 0)) {
      harness.setProcessingTime(1099);
      assertEquals(AnswerStatus.OK, ask(harness, "1").status());
      harness.setProcessingTime(1100);
      assertEquals(AnswerStatus.NO_DATA, ask(harness, "2").status());
    }
  }
}
