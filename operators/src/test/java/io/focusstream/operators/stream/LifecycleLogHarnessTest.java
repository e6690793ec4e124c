package io.focusstream.operators.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.operators.config.EngineOptions;
import io.focusstream.operators.config.FocusSettings;
import io.focusstream.operators.config.StreamOptions;
import io.focusstream.operators.testing.FakeEngine;
import io.focusstream.operators.testing.LogCapture;
import java.time.Duration;
import java.util.List;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the operator logs: one line an event of its life, and nothing that a stream says. */
@Timeout(60)
class LifecycleLogHarnessTest {
  private static final String TEXT = "marker";

  private final FakeEngine engine = FakeEngine.manual();

  @Test
  void startRestoreAndCloseAreALineEach() throws Exception {
    try (LogCapture log = new LogCapture()) {
      OperatorSubtaskState state;
      try (FocusHarness harness = FocusHarness.start(SettingsFixture.small(), engine)) {
        for (int i = 0; i < 5; i++) {
          harness.event("a", TEXT + i);
        }
        harness.question("1", "a", TEXT);
        state = harness.snapshot(1, 1);
      }
      engine.forgetOpenCalls();
      try (FocusHarness harness =
          FocusHarness.start(
              SettingsFixture.small(), engine, new HashMapStateBackend(), state, 1, 0)) {
        harness.completeAll(engine);
      }
      assertEquals(
          List.of(
              "INFO focus (1/1)#0 starts without state, with model fake (f00dfeed); pending in"
                  + " state: 0 chunks, 0 questions.",
              "INFO focus (1/1)#0 closes; open: 1 chunks, 1 questions.",
              "INFO focus (1/1)#0 is restored, with model fake (f00dfeed); pending in state: 1"
                  + " chunks, 1 questions.",
              "INFO focus (1/1)#0 closes; open: 0 chunks, 0 questions."),
          log.lines());
    }
  }

  @Test
  void aStreamThatExpiresIsALineWithItsName() throws Exception {
    FocusSettings settings =
        SettingsFixture.small(c -> c.set(StreamOptions.EXPIRE_AFTER, Duration.ofMillis(100)));
    try (LogCapture log = new LogCapture();
        FocusHarness harness = FocusHarness.start(settings, engine)) {
      harness.setProcessingTime(1_000);
      harness.event("web-1", TEXT);
      harness.setProcessingTime(1_100);
      assertEquals(
          "INFO Stream web-1 has expired: no event for PT0.1S.",
          log.lines().get(log.lines().size() - 1));
    }
  }

  @Test
  void failuresAreSaidWithoutWhatAStreamSays() throws Exception {
    FocusSettings settings = SettingsFixture.small(c -> c.set(EngineOptions.MAX_ATTEMPTS, 1));
    try (LogCapture log = new LogCapture();
        FocusHarness harness = FocusHarness.start(settings, engine)) {
      for (int i = 0; i < 5; i++) {
        harness.event("a", TEXT + i);
      }
      engine.openChunks().forEach(call -> engine.fail(call, "no chunk"));
      harness.runMailbox();
      harness.question("1", "a", TEXT);
      engine.openQuestions().forEach(call -> engine.fail(call, "no answer"));
      harness.runMailbox();
      List<String> lines = log.lines();
      assertEquals(
          2,
          lines.stream().filter(line -> line.startsWith("ERROR Giving up")).count(),
          () -> "" + lines);
      assertTrue(lines.stream().noneMatch(line -> line.contains(TEXT)), () -> "" + lines);
    }
  }
}
