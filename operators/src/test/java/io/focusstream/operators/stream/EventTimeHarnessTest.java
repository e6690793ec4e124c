package io.focusstream.operators.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.operators.config.AskOptions;
import io.focusstream.operators.config.Consistency;
import io.focusstream.operators.config.FocusSettings;
import io.focusstream.operators.testing.FakeEngine;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerStatus;
import io.focusstream.schemas.Timings;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Event-time consistency. Events have 8 tokens, so two fill a chunk. */
@Timeout(60)
class EventTimeHarnessTest {
  private static final FocusSettings SETTINGS =
      SettingsFixture.small(config -> config.set(AskOptions.CONSISTENCY, Consistency.EVENT_TIME));

  private final FakeEngine engine = FakeEngine.manual();

  private FocusHarness start(StateBackend backend, OperatorSubtaskState state) throws Exception {
    return FocusHarness.start(SETTINGS, engine, backend, state, 1, 0);
  }

  private static String line(int i) {
    return "a-line%d".formatted(i);
  }

  @Test
  void aQuestionWaitsForTheWatermarkAndSeesItsPastInOrder() throws Exception {
    try (FocusHarness harness = start(new HashMapStateBackend(), null)) {
      harness.question("1", "a", "q", 30);
      harness.event("a", line(3), 40, 3);
      harness.event("a", line(1), 20, 1);
      harness.event("a", line(0), 10, 0);
      harness.event("a", line(2), 30, 2);
      harness.watermark(29);
      harness.completeAll(engine);
      assertEquals(List.of(), harness.answers());
      harness.watermark(30);
      harness.completeAll(engine);
      assertEquals(1, harness.answers().size());
      Answer answer = harness.answers().get(0);
      assertEquals("a-line0\na-line1\na-line2\n?q", answer.text());
      // a replay takes another time, and must give the same bytes
      assertEquals(Timings.NONE, answer.timings());
    }
  }

  @Test
  void nothingIsSealedBeforeItsTime() throws Exception {
    try (FocusHarness harness = start(new HashMapStateBackend(), null)) {
      for (int i = 0; i < 9; i++) {
        harness.event("a", line(i), i, i);
      }
      assertTrue(engine.open().isEmpty());
      harness.watermark(3);
      assertTrue(engine.open().isEmpty());
      harness.watermark(4);
      assertEquals(1, engine.openChunks().size());
    }
  }

  /** Any order of arrival, with the watermark anywhere that makes nothing late. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void answersDontDependOnArrival(long seed) throws Exception {
    assertEquals(run(0), run(seed));
  }

  private Map<String, List<Object>> run(long seed) throws Exception {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      order.add(i);
    }
    Random random = new Random(seed);
    if (seed > 0) {
      Collections.shuffle(order, random);
    }
    Map<String, List<Object>> answers = new TreeMap<>();
    FakeEngine own = FakeEngine.manual();
    try (FocusHarness harness =
        FocusHarness.start(SETTINGS, own, new HashMapStateBackend(), null, 1, 0)) {
      List<Integer> left = new ArrayList<>(order);
      for (int i : order) {
        // three events of each time
        harness.event("a", "%-7d".formatted(i), i / 3, i);
        harness.question("q" + i, "a", "q", i / 3);
        left.remove((Integer) i);
        if (seed > 0 && random.nextInt(4) == 0) {
          harness.watermark(left.stream().mapToInt(l -> l / 3).min().orElse(99) - 1);
        }
        if (random.nextBoolean()) {
          harness.completeAll(own);
        }
      }
      harness.watermark(Long.MAX_VALUE);
      harness.completeAll(own);
      for (Answer answer : harness.answers()) {
        answers.put(
            answer.id(),
            List.of(answer.text(), answer.status(), answer.usage(), answer.evidence()));
      }
      assertEquals(0, harness.count(FocusMetrics.EVENTS_LATE));
    }
    assertEquals(30, answers.size());
    return answers;
  }

  @Test
  void aLateEventJoinsAsItComesAndIsCounted() throws Exception {
    try (FocusHarness harness = start(new HashMapStateBackend(), null)) {
      harness.event("a", line(1), 20, 1);
      harness.watermark(25);
      harness.event("a", line(0), 10, 0);
      harness.question("1", "a", "q", 25);
      harness.completeAll(engine);
      assertEquals("a-line1\na-line0\n?q", harness.answers().get(0).text());
      assertEquals(1, harness.count(FocusMetrics.EVENTS_LATE));
    }
  }

  @Test
  void anUnknownStreamHasNoDataOnceTheWatermarkSaysSo() throws Exception {
    try (FocusHarness harness = start(new HashMapStateBackend(), null)) {
      harness.question("1", "nobody", "q", 5);
      assertEquals(List.of(), harness.answers());
      harness.watermark(5);
      assertEquals(AnswerStatus.NO_DATA, harness.answers().get(0).status());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatWaitsIsInTheCheckpoint(boolean rocks) throws Exception {
    OperatorSubtaskState state;
    StateBackend backend = rocks ? new EmbeddedRocksDBStateBackend() : new HashMapStateBackend();
    try (FocusHarness harness = start(backend, null)) {
      harness.event("a", line(1), 20, 1);
      harness.event("b", "b-line0", 20, 2);
      harness.event("a", line(0), 10, 0);
      harness.question("1", "a", "q", 20);
      harness.question("2", "b", "q", 20);
      state = harness.snapshot(1, 1);
    }
    try (FocusHarness harness = start(backend, state)) {
      harness.watermark(20);
      harness.completeAll(engine);
      Map<String, String> answers = new TreeMap<>();
      harness.answers().forEach(answer -> answers.put(answer.id(), answer.text()));
      assertEquals(Map.of("1", "a-line0\na-line1\n?q", "2", "b-line0\n?q"), answers);
    }
  }
}
