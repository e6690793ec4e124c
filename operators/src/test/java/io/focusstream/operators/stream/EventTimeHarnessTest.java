package io.focusstream.operators.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.operators.config.AskOptions;
import io.focusstream.operators.config.Consistency;
import io.focusstream.operators.config.FocusSettings;
import io.focusstream.operators.state.Asking;
import io.focusstream.operators.testing.FakeEngine;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerStatus;
import io.focusstream.schemas.QueryMode;
import io.focusstream.schemas.SourcePosition;
import io.focusstream.schemas.Timings;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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

  private static List<String> said(FocusHarness harness) {
    return harness.answers().stream().map(a -> a.id() + " " + a.status()).toList();
  }

  /** A question of the future is cancelled when the watermark passes its cancellation. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aQuestionThatWaitsIsCancelled(boolean rocks) throws Exception {
    StateBackend backend = rocks ? new EmbeddedRocksDBStateBackend() : new HashMapStateBackend();
    try (FocusHarness harness = start(backend, null)) {
      harness.event("a", line(0), 10, 0);
      for (String id : List.of("1", "2", "3")) {
        harness.question(id, "a", "q", 1_000);
      }
      harness.query("2", "a", "", QueryMode.CANCEL, 0, 20);
      harness.watermark(20);
      assertEquals(List.of("2 CANCELLED"), said(harness));
      harness.watermark(1_000);
      harness.completeAll(engine);
      assertEquals(List.of("2 CANCELLED", "1 OK", "3 OK"), said(harness));
      assertEquals(1, harness.count(FocusMetrics.QUESTIONS_CANCELLED));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theDeadlineOfAQuestionThatWaitsRunsFromItsArrival(boolean restored) throws Exception {
    try (FocusHarness first = start(new HashMapStateBackend(), null)) {
      first.setProcessingTime(1_000);
      first.event("a", line(0), 10, 0);
      first.query("never", "a", "q", QueryMode.ASK, 50, 1_000_000);
      first.query("begun", "a", "q", QueryMode.ASK, 90, 15);
      first.query("later", "a", "q", QueryMode.ASK, 5_000, 1_000_000);
      OperatorSubtaskState state = restored ? first.snapshot(1, 1) : null;
      try (FocusHarness second = restored ? start(new HashMapStateBackend(), state) : null) {
        FocusHarness harness = restored ? second : first;
        if (restored) {
          harness.setProcessingTime(1_001);
        }
        harness.setProcessingTime(1_049);
        assertEquals(List.of(), said(harness));
        harness.setProcessingTime(1_050);
        assertEquals(List.of("never EXPIRED"), said(harness));
        assertTrue(harness.answers().get(0).error().contains("50 ms"));
        harness.watermark(15);
        harness.setProcessingTime(1_089);
        assertEquals(1, harness.answers().size());
        harness.setProcessingTime(1_090);
        assertEquals(List.of("never EXPIRED", "begun EXPIRED"), said(harness));
        assertTrue(harness.answers().get(1).error().contains("90 ms"));
        harness.watermark(2_000_000);
        harness.completeAll(engine);
        assertEquals(List.of("never EXPIRED", "begun EXPIRED", "later OK"), said(harness));
        assertEquals(2, harness.count(FocusMetrics.QUESTIONS_EXPIRED));
      }
    }
  }

  @Test
  void questionsThatWaitCountAmongTheStreamsOpenOnes() throws Exception {
    FocusSettings settings =
        SettingsFixture.small(
            config -> {
              config.set(AskOptions.CONSISTENCY, Consistency.EVENT_TIME);
              config.set(AskOptions.MAX_PENDING, 2);
            });
    try (FocusHarness harness = FocusHarness.start(settings, engine)) {
      harness.event("a", line(0), 10, 0);
      harness.question("1", "a", "q", 20);
      harness.question("2", "a", "q", 30);
      harness.question("3", "a", "q", 40);
      assertEquals(List.of("3 REJECTED"), said(harness));
      harness.question("of another", "b", "q", 40);
      harness.watermark(20);
      assertEquals(1, engine.openQuestions().size());
      harness.question("4", "a", "q", 50);
      assertEquals(List.of("3 REJECTED", "4 REJECTED"), said(harness));
      // a cancellation is never one too many
      harness.query("2", "a", "", QueryMode.CANCEL, 0, 25);
      harness.watermark(25);
      assertEquals("2 CANCELLED", said(harness).get(2));
      harness.question("5", "a", "q", 50);
      assertEquals(3, harness.answers().size());
    }
  }

  /**
   * What waits for all streams of a prefix lies with the key groups; each says what became of it.
   */
  @Test
  void aQuestionByPrefixThatWaitsIsCancelledAndExpires() throws Exception {
    try (FocusHarness harness = start(new HashMapStateBackend(), null)) {
      harness.event("a", line(0), 10, 0);
      harness.event("b", line(0), 10, 1);
      harness.watermark(10);
      byPrefix(harness, "cancelled", QueryMode.ASK, 0, 1_000);
      byPrefix(harness, "expired", QueryMode.ASK, 50, 1_000);
      harness.setProcessingTime(harness.getProcessingTime() + 50);
      assertEquals(List.of("EXPIRED of a", "EXPIRED of b"), partsOf(harness, "group expired"));
      byPrefix(harness, "cancelled", QueryMode.CANCEL, 0, 20);
      harness.watermark(20);
      assertEquals(
          List.of("CANCELLED of a", "CANCELLED of b"), partsOf(harness, "group cancelled"));
      harness.watermark(1_000);
      harness.completeAll(engine);
      assertEquals(2, partsOf(harness, "group cancelled").size());
      assertEquals(2, partsOf(harness, "group expired").size());
    }
  }

  private static void byPrefix(
      FocusHarness harness, String id, QueryMode mode, long deadlineMillis, long time)
      throws Exception {
    String group = mode == QueryMode.CANCEL ? "cancellation" : "group " + id;
    for (String key : KeyGroupKeys.of(FocusHarness.MAX_PARALLELISM)) {
      harness.query(
          new TokenizedQuestion(
              id,
              key,
              new int[] {'q'},
              32,
              mode,
              deadlineMillis,
              time,
              new SourcePosition("queries", 0, time),
              new Asking(group, "", false)));
    }
  }

  /** The group's answers, when as many key groups as there are have said how many there are. */
  private static List<String> partsOf(FocusHarness harness, String group) {
    List<AnswerPart> parts =
        harness.parts().stream().filter(part -> part.group().equals(group)).toList();
    List<String> answers =
        parts.stream()
            .map(AnswerPart::answer)
            .filter(Objects::nonNull)
            .map(answer -> answer.status() + " of " + answer.stream())
            .sorted()
            .toList();
    assertEquals(FocusHarness.MAX_PARALLELISM, parts.size() - answers.size());
    assertEquals(parts.stream().mapToInt(AnswerPart::streams).sum(), answers.size());
    return answers;
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
