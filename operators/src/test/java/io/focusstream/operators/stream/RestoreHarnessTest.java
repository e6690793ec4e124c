package io.focusstream.operators.stream;

import static io.focusstream.operators.stream.FiveEvents.blocksOf;
import static io.focusstream.operators.stream.FiveEvents.fiveEvents;
import static io.focusstream.operators.stream.FiveEvents.fiveEventsSeen;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.operators.config.FocusSettings;
import io.focusstream.operators.config.KvOptions;
import io.focusstream.operators.config.KvPersist;
import io.focusstream.operators.engine.CondenseTask;
import io.focusstream.operators.engine.ModelInfo;
import io.focusstream.operators.testing.CharTokenizer;
import io.focusstream.operators.testing.FakeEngine;
import io.focusstream.operators.text.TextTokenizer;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerStatus;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What a restore finds: work in flight, chunks without stored states, of another model or
 * tokenizer.
 */
@Timeout(60)
class RestoreHarnessTest {
  private final FakeEngine engine = FakeEngine.manual();

  private FocusHarness start(Backend backend, OperatorSubtaskState state) throws Exception {
    return FocusHarness.start(SettingsFixture.small(), engine, backend.make(), state, 1, 0);
  }

  @ParameterizedTest
  @EnumSource(Backend.class)
  void workInFlightIsFoundAfterARestoreAndAnsweredOnce(Backend backend) throws Exception {
    OperatorSubtaskState state;
    FocusHarness first = start(backend, null);
    fiveEvents(first, "a");
    first.completeAll(engine);
    first.question("1", "a", "q");
    fiveEvents(first, "b");
    first.question("2", "b", "q");
    first.event("a", "late");
    state = first.snapshot(1, 1);
    assertEquals(2, engine.open().size(), "question 1, and chunk 0 of b that question 2 waits for");
    first.event("a", "lost with the crash");
    first.crash();
    engine.forgetOpenCalls();
    assertEquals(0, engine.leases());

    try (FocusHarness second = start(backend, state)) {
      assertEquals(2, engine.open().size());
      assertEquals(2, second.gauge(FocusMetrics.QUESTIONS_PENDING));
      second.event("a", "after the restore");
      second.question("1", "a", "q");
      assertEquals(1, second.count(FocusMetrics.QUESTIONS_REPEATED));
      second.completeAll(engine);
      Set<String> answers = new TreeSet<>();
      for (Answer answer : second.answers()) {
        answers.add(answer.id() + ":" + answer.text());
      }
      assertEquals(Set.of("1:" + fiveEventsSeen("a"), "2:" + fiveEventsSeen("b")), answers);
      assertEquals(2, second.answers().size());
      OperatorSubtaskState done = second.snapshot(2, 2);
      try (FocusHarness third = start(backend, done)) {
        assertEquals(0, third.gauge(FocusMetrics.QUESTIONS_PENDING));
        third.completeAll(engine);
        assertTrue(third.answers().isEmpty(), "what is answered isn't answered again");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Backend.class)
  void restoresOnlyTheWorkOfKeysOwnedBySubtask(Backend backend) throws Exception {
    String left = streamOf(0, 2);
    String right = streamOf(1, 2);
    FocusHarness one = start(backend, null);
    for (String stream : List.of(left, right)) {
      fiveEvents(one, stream);
      one.question("of " + stream, stream, "q");
    }
    OperatorSubtaskState whole = one.snapshot(1, 1);
    one.crash();
    engine.forgetOpenCalls();

    OperatorSubtaskState[] halves = new OperatorSubtaskState[2];
    for (int subtask = 0; subtask < 2; subtask++) {
      String owned = subtask == 0 ? left : right;
      String foreign = subtask == 0 ? right : left;
      OperatorSubtaskState half =
          FocusHarness.repartitionOperatorState(whole, FocusHarness.MAX_PARALLELISM, 1, 2, subtask);
      FocusHarness harness =
          FocusHarness.start(SettingsFixture.small(), engine, backend.make(), half, 2, subtask);
      assertEquals(1, harness.gauge(FocusMetrics.QUESTIONS_PENDING), "of its own key only");
      assertEquals(1, engine.open().size());
      assertEquals(
          owned + "-line0\n",
          new String(((CondenseTask) engine.open().get(0).task).tokens(), 0, owned.length() + 7));
      if (subtask == 0) {
        harness.completeAll(engine);
        assertEquals(
            List.of(fiveEventsSeen(owned)), harness.answers().stream().map(Answer::text).toList());
      }
      assertTrue(harness.answers().stream().noneMatch(answer -> answer.stream().equals(foreign)));
      halves[subtask] = harness.snapshot(2, 2);
      harness.crash();
      engine.forgetOpenCalls();
    }

    OperatorSubtaskState merged =
        FocusHarness.repartitionOperatorState(
            FocusHarness.repackageState(halves), FocusHarness.MAX_PARALLELISM, 2, 1, 0);
    try (FocusHarness harness = start(backend, merged)) {
      assertEquals(1, harness.gauge(FocusMetrics.QUESTIONS_PENDING), "the other is answered");
      harness.completeAll(engine);
      harness.question("again", left, "q");
      harness.completeAll(engine);
      assertEquals(
          List.of(fiveEventsSeen(right), fiveEventsSeen(left)),
          harness.answers().stream().map(Answer::text).toList());
    }
  }

  private static String streamOf(int subtask, int parallelism) {
    for (char name = 'a'; name <= 'z'; name++) {
      int owner =
          KeyGroupRangeAssignment.assignKeyToParallelOperator(
              String.valueOf(name), FocusHarness.MAX_PARALLELISM, parallelism);
      if (owner == subtask) {
        return String.valueOf(name);
      }
    }
    throw new IllegalStateException("no letter is owned by subtask " + subtask);
  }

  @ParameterizedTest
  @EnumSource(names = {"DEVICE", "NONE"})
  void withoutPersistenceNoBlocksAreStored(KvPersist persist) throws Exception {
    FocusSettings settings =
        SettingsFixture.small(config -> config.set(KvOptions.PERSIST, persist));
    try (FocusHarness harness = FocusHarness.start(settings, engine)) {
      fiveEvents(harness, "a");
      assertEquals(persist == KvPersist.DEVICE ? 1 : 0, engine.condensed().size());
      harness.question("1", "a", "q");
      harness.completeAll(engine);
      assertTrue(blocksOf(harness, "a").isEmpty());
      assertEquals(fiveEventsSeen("a"), harness.answers().get(0).text());
    }
  }

  /**
   * Chunk states that are only in the engine's hot tier: one is made once, as often as it is asked
   * of, and again by the first question after a restart, which finds the tier empty.
   */
  @ParameterizedTest
  @EnumSource(names = {"DEVICE", "NONE"})
  void statesThatLiveOnTheDeviceOnlyAreMadeAgainAfterARestore(KvPersist persist) throws Exception {
    FocusSettings settings =
        SettingsFixture.small(config -> config.set(KvOptions.PERSIST, persist));
    boolean condensesAhead = persist == KvPersist.DEVICE;
    FakeEngine before = FakeEngine.manual().keepsHot();
    OperatorSubtaskState state;
    try (FocusHarness harness = FocusHarness.start(settings, before)) {
      fiveEvents(harness, "a");
      harness.completeAll(before);
      assertEquals(condensesAhead ? 1 : 0, harness.count(FocusMetrics.CHUNKS_CONDENSED));
      harness.question("1", "a", "q");
      harness.completeAll(before);
      harness.question("2", "a", "q");
      harness.completeAll(before);
      assertEquals(condensesAhead ? 0 : 1, harness.count(FocusMetrics.CHUNKS_RECONDENSED));
      assertEquals(fiveEventsSeen("a"), harness.answers().get(1).text());
      // sealed and not yet condensed, and a question that waits
      for (int i = 5; i < 9; i++) {
        harness.event("a", "a-line" + i);
      }
      harness.question("3", "a", "q");
      state = harness.snapshot(1, 1);
      assertTrue(blocksOf(harness, "a").isEmpty());
    }
    FakeEngine after = FakeEngine.manual().keepsHot();
    try (FocusHarness harness =
        FocusHarness.start(settings, after, new HashMapStateBackend(), state, 1, 0)) {
      harness.completeAll(after);
      String whole = harness.answers().get(0).text();
      assertEquals(3, whole.chars().filter(c -> c == '|').count(), whole);
      assertEquals(condensesAhead ? 2 : 0, harness.count(FocusMetrics.CHUNKS_CONDENSED));
      assertEquals(condensesAhead ? 1 : 3, harness.count(FocusMetrics.CHUNKS_RECONDENSED));
      harness.question("4", "a", "q");
      harness.completeAll(after);
      assertEquals(whole, harness.answers().get(1).text());
      assertEquals(condensesAhead ? 1 : 3, harness.count(FocusMetrics.CHUNKS_RECONDENSED));
      assertEquals(0, harness.count(FocusMetrics.DAMAGED_BLOCKS));
      assertTrue(blocksOf(harness, "a").isEmpty());
    }
  }

  @Test
  void stateOfAnotherTokenizerIsRefused() throws Exception {
    OperatorSubtaskState state;
    try (FocusHarness harness = FocusHarness.start(SettingsFixture.small(), engine)) {
      harness.event("a", "line");
      state = harness.snapshot(1, 1);
    }
    FocusOperatorFactory other =
        new FocusOperatorFactory(SettingsFixture.small(), engine.provider(), ShiftedTokenizer::new);
    String message =
        assertThrows(
                IllegalStateException.class,
                () -> FocusHarness.start(other, new HashMapStateBackend(), state, 1, 0))
            .getMessage();
    assertTrue(message.startsWith("the state holds tokens of tokenizer "), message);
    assertTrue(message.endsWith("start without this state from the beginning of the topics"));
    assertEquals(0, engine.leases());
  }

  /** As many ids as the other, but they mean something else. */
  private static final class ShiftedTokenizer implements TextTokenizer {
    private final CharTokenizer plain = new CharTokenizer();

    @Override
    public int[] encode(String text) {
      return shifted(plain.encode(text), 1);
    }

    @Override
    public String decode(int[] tokens) {
      return plain.decode(shifted(tokens, -1));
    }

    private static int[] shifted(int[] tokens, int by) {
      return Arrays.stream(tokens).map(token -> (token + by) & 0xffff).toArray();
    }

    @Override
    public int specialToken(String written) {
      return plain.specialToken(written);
    }

    @Override
    public int vocabularySize() {
      return plain.vocabularySize();
    }

    @Override
    public void close() {}
  }

  /** The model stays, but this build writes another layout of its states. */
  @Test
  void chunksInAnotherLayoutAreMadeAgainInTheBackground() throws Exception {
    OperatorSubtaskState state;
    try (FocusHarness harness = FocusHarness.start(SettingsFixture.small(), engine)) {
      fiveEvents(harness, "a");
      harness.completeAll(engine);
      state = harness.snapshot(1, 1);
    }
    FakeEngine newer =
        FakeEngine.manual()
            .withModel(
                new ModelInfo(
                    "fake", FakeEngine.MODEL.fingerprint(), 1 << 16, 0, 0, 4096, 4096, 2));
    for (int start = 0; start < 2; start++) {
      try (FocusHarness harness =
          FocusHarness.start(
              SettingsFixture.small(), newer, new HashMapStateBackend(), state, 1, 0)) {
        harness.completeAll(newer);
        assertEquals(1, newer.condensed().size(), "made again once, without a question");
        state = harness.snapshot(2, 2);
      }
    }
  }

  /** Answers before, during and after a change of the model; each old chunk is made again once. */
  @Test
  void chunksOfAnotherModelAreMadeAgainInTheBackground() throws Exception {
    FakeEngine before = FakeEngine.manual();
    OperatorSubtaskState state;
    try (FocusHarness harness = FocusHarness.start(SettingsFixture.small(), before)) {
      for (int i = 0; i < 40; i++) {
        harness.event(i % 4 == 0 ? "b" : "a", "a-lin" + (10 + i));
      }
      harness.question("before", "a", "q");
      harness.completeAll(before);
      assertEquals(1, harness.answers().size());
      state = harness.snapshot(1, 1);
    }
    int chunks = before.condensed().size();
    FakeEngine after =
        FakeEngine.manual()
            .withModel(new ModelInfo("other", "0ther", 1 << 16, 0, 0, 4096, 4096, 1));
    OperatorSubtaskState half;
    try (FocusHarness harness =
        FocusHarness.start(
            SettingsFixture.small(), after, new HashMapStateBackend(), state, 1, 0)) {
      assertEquals(4, after.openChunks().size(), "a few at once");
      harness.question("during", "a", "q");
      while (harness.answers().isEmpty()) {
        after.open().forEach(after::complete);
        harness.runMailbox();
      }
      assertTrue(after.condensed().size() < chunks, "a question doesn't wait for all");
      assertEquals("0ther", harness.answers().get(0).modelFingerprint());
      half = harness.snapshot(2, 2);
    }
    after.forgetOpenCalls();
    int madeBefore = after.condensed().size();
    // a restart in the middle goes on with what is left
    try (FocusHarness harness =
        FocusHarness.start(SettingsFixture.small(), after, new HashMapStateBackend(), half, 1, 0)) {
      harness.completeAll(after);
      assertTrue(after.condensed().size() > madeBefore);
      harness.question("after", "a", "q");
      harness.completeAll(after);
      assertEquals(AnswerStatus.OK, harness.answers().get(0).status());
      half = harness.snapshot(3, 3);
    }
    assertEquals(chunks, after.condensedTimes().keySet().size(), "all chunks, of both streams");
    int made = after.condensed().size();
    try (FocusHarness harness =
        FocusHarness.start(SettingsFixture.small(), after, new HashMapStateBackend(), half, 1, 0)) {
      harness.completeAll(after);
      assertEquals(made, after.condensed().size(), "nothing is left");
    }
  }
}
