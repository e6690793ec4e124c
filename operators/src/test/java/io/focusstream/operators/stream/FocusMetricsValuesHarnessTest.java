package io.focusstream.operators.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.operators.config.AskOptions;
import io.focusstream.operators.config.EngineOptions;
import io.focusstream.operators.config.FocusSettings;
import io.focusstream.operators.config.KvOptions;
import io.focusstream.operators.config.KvPersist;
import io.focusstream.operators.engine.BatchSize;
import io.focusstream.operators.engine.EngineStats;
import io.focusstream.operators.testing.FakeEngine;
import io.focusstream.schemas.QueryMode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the metrics say is what happened. Two events of 8 tokens fill a chunk. */
@Timeout(60)
class FocusMetricsValuesHarnessTest {
  private final FakeEngine engine = FakeEngine.manual();

  private static void events(FocusHarness harness, int from, int to) throws Exception {
    for (int i = from; i < to; i++) {
      harness.event("a", "a-line" + i);
    }
  }

  /** The engine says that it queued 1 s, had the first token after 3 s and all after 4 s. */
  @Test
  void timesBeginWhenTheQuestionIsAcceptedAndTheChunkIsGiven() throws Exception {
    FocusSettings settings =
        SettingsFixture.small(c -> c.set(EngineOptions.RETRY_DELAY, Duration.ofMillis(200)));
    try (FocusHarness harness = FocusHarness.start(settings, engine)) {
      harness.setProcessingTime(1_000);
      events(harness, 0, 1);
      harness.question("1", "a", "q");
      engine.fail(engine.openQuestions().get(0), "no");
      harness.runMailbox();
      harness.setProcessingTime(1_200);
      harness.completeAll(engine);
      harness.question("2", "a", "q");
      harness.completeAll(engine);
      assertEquals(List.of(1_200L, 1_000L), harness.histogram(FocusMetrics.QUEUED_MILLIS));
      assertEquals(List.of(3_200L, 3_000L), harness.histogram(FocusMetrics.FIRST_TOKEN_MILLIS));
      assertEquals(List.of(4_200L, 4_000L), harness.histogram(FocusMetrics.ANSWER_MILLIS));

      assertEquals(List.of(), harness.histogram(FocusMetrics.CONDENSING_MILLIS));
      events(harness, 1, 5);
      harness.setProcessingTime(1_270);
      harness.completeAll(engine);
      assertEquals(List.of(70L), harness.histogram(FocusMetrics.CONDENSING_MILLIS));
    }
  }

  @Test
  void eachEndOfAQuestionIsCountedAsWhatItIs() throws Exception {
    FocusSettings settings =
        SettingsFixture.small(
            c -> {
              c.set(AskOptions.MAX_PENDING, 1);
              c.set(EngineOptions.MAX_ATTEMPTS, 1);
            });
    try (FocusHarness harness = FocusHarness.start(settings, engine)) {
      harness.setProcessingTime(1_000);
      harness.question("nobody", "b", "q");
      events(harness, 0, 5);
      harness.completeAll(engine);
      harness.question("answered", "a", "q");
      harness.question("answered", "a", "q");
      harness.question("one too many", "a", "q");
      harness.completeAll(engine);
      harness.question("too long", "a", "q".repeat(129));
      harness.cancel("nothing to cancel", "a");
      harness.query("late", "a", "q", QueryMode.ASK, 50, 0);
      harness.setProcessingTime(1_050);
      harness.completeAll(engine);
      harness.question("cancelled", "a", "q");
      harness.cancel("cancelled", "a");
      harness.completeAll(engine);
      harness.question("failed", "a", "q");
      engine.openQuestions().forEach(call -> engine.fail(call, "no"));
      harness.completeAll(engine);
      harness.standing("standing", "a", "q");
      harness.completeAll(engine);
      events(harness, 5, 7);
      harness.completeAll(engine);

      Map<String, Long> counted = new TreeMap<>();
      harness
          .metrics()
          .forEach(
              (name, metric) -> {
                if (metric instanceof Counter counter && counter.getCount() > 0) {
                  counted.put(name, counter.getCount());
                }
              });
      counted.keySet().retainAll(FocusMetricsTest.names());
      // whether the engine still says something of the late and the cancelled one is its own affair
      counted.remove(FocusMetrics.STALE_RESULTS);
      Map<String, Long> expected = new TreeMap<>();
      expected.put(FocusMetrics.EVENTS, 7L);
      expected.put(FocusMetrics.TOKENS, 56L);
      expected.put(FocusMetrics.CHUNKS_SEALED, 2L);
      expected.put(FocusMetrics.CHUNKS_CONDENSED, 2L);
      expected.put(FocusMetrics.QUESTIONS, 11L);
      expected.put(FocusMetrics.QUESTIONS_WITHOUT_DATA, 1L);
      expected.put(FocusMetrics.QUESTIONS_ANSWERED, 2L);
      expected.put(FocusMetrics.QUESTIONS_REPEATED, 1L);
      expected.put(FocusMetrics.QUESTIONS_REJECTED, 3L);
      expected.put(FocusMetrics.QUESTIONS_EXPIRED, 1L);
      expected.put(FocusMetrics.QUESTIONS_CANCELLED, 1L);
      expected.put(FocusMetrics.QUESTIONS_FAILED, 1L);
      expected.put(FocusMetrics.ENGINE_FAILURES, 1L);
      expected.put(FocusMetrics.STANDING_UPDATES, 1L);
      assertEquals(expected, counted);
    }
  }

  @Test
  void openWorkIsWhatWaits() throws Exception {
    FocusSettings settings = SettingsFixture.small(c -> c.set(EngineOptions.MAX_IN_FLIGHT, 2));
    try (FocusHarness harness = FocusHarness.start(settings, engine)) {
      events(harness, 0, 5);
      harness.question("1", "a", "q");
      assertEquals(1, harness.value(FocusMetrics.CHUNKS_PENDING));
      assertEquals(1, harness.value(FocusMetrics.QUESTIONS_PENDING));
      // the question waits for its chunk
      assertEquals(1, harness.value(FocusMetrics.IN_FLIGHT));
      harness.completeAll(engine);
      assertEquals(0, harness.value(FocusMetrics.CHUNKS_PENDING));
      assertEquals(0, harness.value(FocusMetrics.QUESTIONS_PENDING));
      assertEquals(0, harness.value(FocusMetrics.IN_FLIGHT));
    }
  }

  @Test
  void whatIsSaidOfTheEngineIsWhatItSays() throws Exception {
    try (FocusHarness harness = FocusHarness.start(SettingsFixture.small(), engine)) {
      assertEquals(0.0, harness.value(FocusMetrics.ENGINE_TOKENS_PER_SECOND));
      engine.says(
          new EngineStats(600, 2, 1_500_000_000L, 3, 4_000, 50, 7),
          List.of(new BatchSize(1, 200), new BatchSize(3, 400)));
      assertEquals(600L, harness.value(FocusMetrics.ENGINE_TOKENS));
      assertEquals(2L, harness.value(FocusMetrics.ENGINE_BATCHES));
      assertEquals(400.0, harness.value(FocusMetrics.ENGINE_TOKENS_PER_SECOND));
      assertEquals(3, harness.value(FocusMetrics.ENGINE_QUESTIONS));
      assertEquals(4_000L, harness.value(FocusMetrics.HOT_BYTES));
      assertEquals(50L, harness.value(FocusMetrics.HOT_HITS));
      assertEquals(7L, harness.value(FocusMetrics.HOT_MISSES));
      assertEquals(List.of(1L, 3L), harness.histogram(FocusMetrics.ENGINE_BATCH_CHUNKS));
      assertEquals(List.of(200L, 400L), harness.histogram(FocusMetrics.ENGINE_BATCH_TOKENS));
      Histogram batches = (Histogram) harness.metrics().get(FocusMetrics.ENGINE_BATCH_TOKENS);
      assertEquals(2, batches.getCount());
      assertThrows(UnsupportedOperationException.class, () -> batches.update(1));
    }
  }

  /** A chunk's state are two blocks of 40 bytes. */
  @Test
  void aStreamIsMeasuredAsItGrows() throws Exception {
    try (FocusHarness harness = FocusHarness.start(SettingsFixture.small(), engine)) {
      events(harness, 0, 7);
      for (int i = 0; i < 5; i++) {
        harness.event("b", "b-line" + i);
      }
      harness.completeAll(engine);
      assertEquals(
          List.of(80L, 80L, 160L),
          harness.histogram(FocusMetrics.STREAM_STATE_BYTES).stream().sorted().toList());
      assertEquals(160L, harness.value(FocusMetrics.LARGEST_STREAM_STATE_BYTES));
    }
    FocusSettings nowhere = SettingsFixture.small(c -> c.set(KvOptions.PERSIST, KvPersist.DEVICE));
    try (FocusHarness harness = FocusHarness.start(nowhere, engine)) {
      events(harness, 0, 7);
      harness.completeAll(engine);
      assertEquals(List.of(0L, 0L), harness.histogram(FocusMetrics.STREAM_STATE_BYTES));
    }
  }

  @Test
  void measuringCostsAConstantAChunk() {
    long read = 0;
    for (int chunk = 0; chunk < 1 << 16; chunk++) {
      boolean measured = FocusMetrics.isMeasuredAt(chunk);
      read += measured ? chunk + 1 : 0;
      assertTrue(measured || chunk >= 32, "chunk " + chunk);
    }
    assertTrue(read <= 32L << 16, "sizes read: " + read);
  }
}
