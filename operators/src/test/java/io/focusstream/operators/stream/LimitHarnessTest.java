package io.focusstream.operators.stream;

import static io.focusstream.operators.stream.FiveEvents.fiveEvents;
import static io.focusstream.operators.stream.FiveEvents.fiveEventsSeen;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.operators.config.EngineOptions;
import io.focusstream.operators.config.FocusSettings;
import io.focusstream.operators.config.StreamOptions;
import io.focusstream.operators.testing.FakeEngine;
import java.lang.ref.WeakReference;
import org.apache.flink.configuration.MemorySize;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What is bounded: work at the engine, bytes of questions in flight, chunks that a stream keeps.
 */
@Timeout(60)
class LimitHarnessTest {
  private final FakeEngine engine = FakeEngine.manual();

  @Test
  void engineNeverHoldsMoreThanTheLimitAndInputWaits() throws Exception {
    FakeEngine automatic = FakeEngine.automatic();
    FocusSettings settings =
        SettingsFixture.small(config -> config.set(EngineOptions.MAX_IN_FLIGHT, 3));
    try (FocusHarness harness = FocusHarness.start(settings, automatic)) {
      for (int i = 0; i < 40; i++) {
        harness.event("a", "x".repeat(200));
        assertTrue(
            harness.gauge(FocusMetrics.CHUNKS_PENDING) <= 3,
            "an element is taken only when no more than 3 pieces of work are open");
        harness.question(String.valueOf(i), "a", "q");
      }
      harness.endInputs();
      assertEquals(40, harness.answers().size());
    }
    assertEquals(3, automatic.mostOpen());
  }

  @Test
  void oneInFlightIsEnoughForQuestionsThatWaitForChunks() throws Exception {
    FakeEngine automatic = FakeEngine.automatic();
    FocusSettings settings =
        SettingsFixture.small(config -> config.set(EngineOptions.MAX_IN_FLIGHT, 1));
    try (FocusHarness harness = FocusHarness.start(settings, automatic)) {
      for (int i = 0; i < 10; i++) {
        fiveEvents(harness, "a");
        harness.question(String.valueOf(i), "a", "q");
      }
      harness.endInputs();
      assertEquals(10, harness.answers().size());
    }
    assertEquals(1, automatic.mostOpen());
  }

  @Test
  void questionsInFlightHoldABoundedNumberOfBytes() throws Exception {
    FocusSettings settings =
        SettingsFixture.small(
            config -> config.set(EngineOptions.MAX_LOADED, MemorySize.parse("1b")));
    try (FocusHarness harness = FocusHarness.start(settings, engine)) {
      fiveEvents(harness, "a");
      harness.completeAll(engine);
      harness.question("1", "a", "q");
      harness.question("2", "a", "q");
      assertEquals(1, engine.openQuestions().size(), "the first holds all that may be held");
      harness.completeAll(engine);
      assertEquals(2, harness.answers().size());
    }
  }

  @ParameterizedTest
  @EnumSource(Backend.class)
  void oldestChunksAreForgottenButNotWhileAQuestionSeesThem(Backend backend) throws Exception {
    FocusSettings settings =
        SettingsFixture.small(config -> config.set(StreamOptions.MAX_CHUNKS, 2));
    try (FocusHarness harness = FocusHarness.start(settings, engine, backend.make(), null, 1, 0)) {
      fiveEvents(harness, "a");
      harness.question("1", "a", "q");
      for (int i = 0; i < 8; i++) {
        harness.event("a", "a-more" + i);
      }
      assertEquals(5, harness.count(FocusMetrics.CHUNKS_SEALED));
      assertEquals(0, harness.count(FocusMetrics.CHUNKS_DROPPED), "question 1 sees chunk 0");
      harness.completeAll(engine);
      assertEquals(fiveEventsSeen("a"), harness.answers().get(0).text());
      assertEquals(3, harness.count(FocusMetrics.CHUNKS_DROPPED));
      harness.question("2", "a", "q");
      harness.completeAll(engine);
      assertEquals(
          "a-more1\na-more2\n|a-more3\na-more4\n|a-more5\na-more6\na-more7\n?q",
          harness.answers().get(1).text());
    }
  }

  @Test
  void theCondensingOfAForgottenChunkIsCancelled() throws Exception {
    FocusSettings settings =
        SettingsFixture.small(config -> config.set(StreamOptions.MAX_CHUNKS, 1));
    try (FocusHarness harness = FocusHarness.start(settings, engine)) {
      for (int i = 0; i < 9; i++) {
        harness.event("a", "a-line" + i);
      }
      assertEquals(3, engine.condensed().size());
      assertEquals(1, engine.openChunks().size());
      assertEquals(1, harness.gauge(FocusMetrics.CHUNKS_PENDING));
      harness.completeAll(engine);
      assertEquals(1, harness.count(FocusMetrics.CHUNKS_CONDENSED));
      assertEquals(0, harness.gauge(FocusMetrics.IN_FLIGHT));
    }
  }

  /** The timer that would end a call that hangs goes with it, and nothing holds the chunk state. */
  @Test
  void whatTheEngineGaveIsNotHeldUntilItsTimeIsOver() throws Exception {
    try (FocusHarness harness = FocusHarness.start(SettingsFixture.small(), engine)) {
      int timers = harness.getProcessingTimeService().getNumActiveTimers();
      fiveEvents(harness, "a");
      assertEquals(timers + 1, harness.getProcessingTimeService().getNumActiveTimers());
      FakeEngine.Call<?, ?> call = engine.open().get(0);
      engine.complete(call);
      WeakReference<?> given = call.result();
      call = null;
      harness.runMailbox();
      assertEquals(1, harness.count(FocusMetrics.CHUNKS_CONDENSED));
      assertEquals(timers, harness.getProcessingTimeService().getNumActiveTimers());
      for (int tries = 0; given.get() != null && tries < 50; tries++) {
        System.gc();
        Thread.sleep(20);
      }
      assertNull(given.get(), "a condensed chunk is still held");
    }
  }
}
