package io.focusstream.operators.stream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.operators.config.AskOptions;
import io.focusstream.operators.config.EngineOptions;
import io.focusstream.operators.config.FocusSettings;
import io.focusstream.operators.config.KvOptions;
import io.focusstream.operators.config.KvPersist;
import io.focusstream.operators.config.StreamOptions;
import io.focusstream.operators.engine.AskTask;
import io.focusstream.operators.engine.CondenseTask;
import io.focusstream.operators.engine.EngineException;
import io.focusstream.operators.engine.ModelInfo;
import io.focusstream.operators.state.BlockKey;
import io.focusstream.operators.state.FocusState;
import io.focusstream.operators.testing.FakeEngine;
import io.focusstream.operators.text.TextTokenizer;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerStatus;
import io.focusstream.schemas.Evidence;
import io.focusstream.schemas.OffsetRange;
import java.lang.ref.WeakReference;
import java.lang.reflect.Field;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.KeyedStateBackend;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The keyed operator, its mailbox stepped by hand. Events have 8 tokens, so two fill a chunk. */
@Timeout(60)
class FocusOperatorHarnessTest {
  /** Where state lives. */
  enum Backend {
    HEAP,
    ROCKSDB;

    StateBackend make() {
      return this == HEAP ? new HashMapStateBackend() : new EmbeddedRocksDBStateBackend();
    }
  }

  private final FakeEngine engine = FakeEngine.manual();

  private static void fiveEvents(FocusHarness harness, String stream) throws Exception {
    for (int i = 0; i < 5; i++) {
      harness.event(stream, stream + "-line" + i);
    }
  }

  /** What the fake answers to the question "q" after {@link #fiveEvents}. */
  private static String fiveEventsSeen(String s) {
    return (s + "-line0\n" + s + "-line1\n|" + s + "-line2\n" + s + "-line3\n" + s + "-line4\n?q");
  }

  private FocusHarness start(Backend backend, OperatorSubtaskState state) throws Exception {
    return FocusHarness.start(SettingsFixture.small(), engine, backend.make(), state, 1, 0);
  }

  @ParameterizedTest
  @EnumSource(Backend.class)
  void sealedChunkIsCondensedOnceAndItsStateIsGivenToEveryQuestion(Backend backend)
      throws Exception {
    try (FocusHarness harness = start(backend, null)) {
      fiveEvents(harness, "a");
      assertEquals(1, engine.condensed().size());
      assertEquals("a-line0\na-line1\n", new String(engine.condensed().get(0).tokens(), 0, 16));
      assertEquals(1, harness.gauge(FocusMetrics.CHUNKS_PENDING));
      harness.completeAll(engine);
      assertEquals(0, harness.gauge(FocusMetrics.CHUNKS_PENDING));
      harness.question("1", "a", "q");
      harness.question("2", "a", "q");
      for (FakeEngine.Call<?, ?> call : engine.openQuestions()) {
        assertEquals(2, ((AskTask) call.task).chunks().get(0).blocks().size());
      }
      harness.completeAll(engine);
      assertEquals(1, engine.condensed().size());
      assertEquals(
          List.of(fiveEventsSeen("a"), fiveEventsSeen("a")),
          harness.answers().stream().map(Answer::text).toList());
      assertEquals(0, harness.count(FocusMetrics.CHUNKS_RECONDENSED));
    }
  }

  @Test
  void questionSeesEveryEventBeforeItAndNoneAfterIt() throws Exception {
    try (FocusHarness harness = FocusHarness.start(SettingsFixture.small(), engine)) {
      fiveEvents(harness, "a");
      harness.event("b", "another");
      harness.question("1", "a", "q");
      for (int i = 5; i < 20; i++) {
        harness.event("a", "a-lin" + i);
      }
      harness.completeAll(engine);
      Answer answer = harness.answers().get(0);
      assertEquals(fiveEventsSeen("a"), answer.text());
      assertEquals(AnswerStatus.OK, answer.status());
      assertEquals(1, answer.usage().chunks());
      assertEquals(40, answer.usage().streamTokens());
      assertEquals(24, answer.usage().tailTokens());
      assertEquals(1, answer.usage().questionTokens());
      assertEquals("f00dfeed", answer.modelFingerprint());
      assertEquals(0.75, answer.confidence());
      assertEquals(4000, answer.timings().totalMillis());
      Evidence evidence = answer.evidence().get(0);
      assertEquals(0, evidence.chunk());
      assertEquals(0.75, evidence.weight());
      assertEquals(List.of(new OffsetRange("events", 0, 0, 1)), evidence.offsets());
      assertEquals(List.of("a-line0", "a-line1"), evidence.lines());
    }
  }

  @Test
  void questionWaitsForTheCondensingOfItsChunksAndNoChunkIsCondensedTwice() throws Exception {
    try (FocusHarness harness = FocusHarness.start(SettingsFixture.small(), engine)) {
      fiveEvents(harness, "a");
      harness.question("1", "a", "q");
      assertTrue(engine.openQuestions().isEmpty(), "it waits for chunk 0");
      engine.complete(engine.openChunks().get(0));
      assertTrue(engine.openQuestions().isEmpty(), "the result is still in the mailbox");
      harness.runMailbox();
      assertEquals(1, engine.openQuestions().size());
      harness.completeAll(engine);
      assertEquals(fiveEventsSeen("a"), harness.answers().get(0).text());
      assertEquals(1, engine.condensed().size());
    }
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

  @Test
  void endOfBothInputsDrains() throws Exception {
    FakeEngine automatic = FakeEngine.automatic();
    try (FocusHarness harness = FocusHarness.start(SettingsFixture.small(), automatic)) {
      fiveEvents(harness, "a");
      harness.question("1", "a", "q");
      fiveEvents(harness, "b");
      harness.question("2", "b", "q");
      harness.endInputs();
      harness.finish();
      assertEquals(2, harness.answers().size());
      assertEquals(0, harness.gauge(FocusMetrics.CHUNKS_PENDING));
    }
    assertEquals(0, automatic.leases());
  }

  @Test
  void failedWorkIsTriedAgainAfterTheDelay() throws Exception {
    try (FocusHarness harness = FocusHarness.start(SettingsFixture.small(), engine)) {
      fiveEvents(harness, "a");
      harness.question("1", "a", "q");
      engine.fail(engine.open().get(0), "device lost");
      harness.runMailbox();
      assertTrue(engine.open().isEmpty());
      harness.setProcessingTime(199);
      assertTrue(engine.open().isEmpty());
      harness.setProcessingTime(200);
      assertEquals(1, engine.openChunks().size());
      harness.runMailbox();
      engine.complete(engine.open().get(0));
      harness.runMailbox();
      engine.fail(engine.openQuestions().get(0), "device lost");
      harness.runMailbox();
      harness.setProcessingTime(400);
      harness.completeAll(engine);
      assertEquals(
          List.of(fiveEventsSeen("a")), harness.answers().stream().map(Answer::text).toList());
      assertEquals(2, harness.count(FocusMetrics.ENGINE_FAILURES));
      assertEquals(400, harness.answers().get(0).timings().totalMillis() - 4000);
    }
  }

  @Test
  void questionThatFailsTooOftenIsAnsweredWithFailed() throws Exception {
    FocusSettings settings =
        SettingsFixture.small(config -> config.set(EngineOptions.MAX_ATTEMPTS, 2));
    try (FocusHarness harness = FocusHarness.start(settings, engine)) {
      harness.event("a", "line");
      harness.question("1", "a", "q");
      engine.fail(engine.open().get(0), "out of memory");
      harness.runMailbox();
      harness.setProcessingTime(1000);
      engine.fail(engine.open().get(0), "out of memory");
      harness.runMailbox();
      Answer answer = harness.answers().get(0);
      assertEquals(AnswerStatus.FAILED, answer.status());
      assertEquals(
          "the engine failed 2 times, last with: out of memory. Ask again; if it stays so, see the"
              + " task manager's log",
          answer.error());
      assertEquals(1, harness.count(FocusMetrics.QUESTIONS_FAILED));
      assertEquals(0, harness.gauge(FocusMetrics.QUESTIONS_PENDING));
      harness.question("1", "a", "q");
      harness.completeAll(engine);
      assertEquals("line\n?q", harness.answers().get(1).text());
    }
  }

  @ParameterizedTest
  @EnumSource(Backend.class)
  void chunkThatFailsTooOftenIsMadeByTheNextQuestionAndStored(Backend backend) throws Exception {
    FocusSettings settings =
        SettingsFixture.small(config -> config.set(EngineOptions.MAX_ATTEMPTS, 1));
    try (FocusHarness harness = FocusHarness.start(settings, engine, backend.make(), null, 1, 0)) {
      fiveEvents(harness, "a");
      harness.question("1", "a", "q");
      engine.fail(engine.open().get(0), "device lost");
      harness.runMailbox();
      assertEquals(1, harness.count(FocusMetrics.CHUNKS_ABANDONED));
      assertEquals(0, harness.gauge(FocusMetrics.CHUNKS_PENDING));
      AskTask task = (AskTask) engine.openQuestions().get(0).task;
      assertTrue(task.chunks().get(0).blocks().isEmpty());
      harness.completeAll(engine);
      assertEquals(fiveEventsSeen("a"), harness.answers().get(0).text());
      assertEquals(1, harness.count(FocusMetrics.CHUNKS_RECONDENSED));
      harness.question("2", "a", "q");
      AskTask again = (AskTask) engine.openQuestions().get(0).task;
      assertEquals(2, again.chunks().get(0).blocks().size());
      harness.completeAll(engine);
      assertEquals(1, harness.count(FocusMetrics.CHUNKS_RECONDENSED));
    }
  }

  @ParameterizedTest
  @EnumSource(Backend.class)
  void damagedBlocksAreReportedCountedAndWrittenAnew(Backend backend) throws Exception {
    try (FocusHarness harness = start(backend, null)) {
      fiveEvents(harness, "a");
      harness.completeAll(engine);
      MapState<BlockKey, byte[]> blocks = blocksOf(harness, "a");
      byte[] intact = blocks.get(new BlockKey(0, 1));
      byte[] damaged = intact.clone();
      damaged[damaged.length - 1] ^= 1;
      blocks.put(new BlockKey(0, 1), damaged);
      harness.question("1", "a", "q");
      harness.completeAll(engine);
      assertEquals(fiveEventsSeen("a"), harness.answers().get(0).text());
      assertEquals(1, harness.count(FocusMetrics.DAMAGED_BLOCKS));
      assertEquals(1, harness.count(FocusMetrics.CHUNKS_RECONDENSED));
      assertArrayEquals(intact, blocksOf(harness, "a").get(new BlockKey(0, 1)));
      harness.question("2", "a", "q");
      harness.completeAll(engine);
      assertEquals(1, harness.count(FocusMetrics.DAMAGED_BLOCKS), "no damage any more");
    }
  }

  private static MapState<BlockKey, byte[]> blocksOf(FocusHarness harness, String stream)
      throws Exception {
    KeyedStateBackend<String> backend = harness.getOperator().getKeyedStateBackend();
    backend.setCurrentKey(stream);
    return backend.getPartitionedState(
        VoidNamespace.INSTANCE, VoidNamespaceSerializer.INSTANCE, FocusState.BLOCKS);
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
  void blocksOfHotChunksAreNotRead() throws Exception {
    try (FocusHarness harness = FocusHarness.start(SettingsFixture.small(), engine)) {
      fiveEvents(harness, "a");
      engine.heat(engine.condensed().get(0).key());
      harness.completeAll(engine);
      harness.question("1", "a", "q");
      AskTask task = (AskTask) engine.openQuestions().get(0).task;
      assertTrue(task.chunks().get(0).blocks().isEmpty());
      harness.completeAll(engine);
      assertEquals(0, harness.count(FocusMetrics.CHUNKS_RECONDENSED));
    }
  }

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

  @Test
  void resultsTakeEffectOnlyInTheMailboxAndLeaveTheCurrentKeyAlone() throws Exception {
    try (FocusHarness harness = FocusHarness.start(SettingsFixture.small(), engine)) {
      fiveEvents(harness, "a");
      harness.completeAll(engine);
      harness.question("1", "a", "q");
      FakeEngine.Call<?, ?> call = engine.openQuestions().get(0);
      Thread foreign = new Thread(() -> engine.complete(call), "foreign");
      foreign.start();
      foreign.join();
      assertTrue(harness.answers().isEmpty());
      assertEquals(1, harness.gauge(FocusMetrics.QUESTIONS_PENDING));
      harness.getOperator().setCurrentKey("b");
      harness.runMailbox();
      assertEquals("b", harness.getOperator().getCurrentKey());
      assertEquals(1, harness.answers().size());
    }
  }

  @Test
  void unknownStreamIsAnsweredWithNoDataAtOnce() throws Exception {
    try (FocusHarness harness = FocusHarness.start(SettingsFixture.small(), engine)) {
      harness.question("1", "nobody", "q");
      Answer answer = harness.answers().get(0);
      assertEquals(AnswerStatus.NO_DATA, answer.status());
      assertTrue(answer.error().startsWith("stream 'nobody' has no events."), answer.error());
      assertTrue(engine.open().isEmpty());
      assertEquals(1, harness.count(FocusMetrics.QUESTIONS_WITHOUT_DATA));
    }
  }

  @Test
  void overlongQuestionIsRejectedWithBothNumbersAndTheRemedy() throws Exception {
    FocusSettings settings =
        SettingsFixture.small(config -> config.set(AskOptions.MAX_QUESTION_TOKENS, 8));
    try (FocusHarness harness = FocusHarness.start(settings, engine)) {
      harness.event("a", "line");
      harness.question("1", "a", "123456789");
      harness.question("2", "a", "12345678");
      Answer answer = harness.answers().get(0);
      assertEquals(AnswerStatus.REJECTED, answer.status());
      assertEquals(
          "the question has 9 tokens as the model reads it; at most 8 are taken. Ask more briefly, or"
              + " raise focus.ask.max-question-tokens",
          answer.error());
      harness.completeAll(engine);
      assertEquals(AnswerStatus.OK, harness.answers().get(1).status());
    }
  }

  @Test
  void answerNotFoundHasItsOwnStatusAndNoEvidence() throws Exception {
    try (FocusHarness harness = FocusHarness.start(SettingsFixture.small(), engine)) {
      fiveEvents(harness, "a");
      harness.question("1", "a", "missing");
      harness.completeAll(engine);
      Answer answer = harness.answers().get(0);
      assertEquals(AnswerStatus.NOT_FOUND, answer.status());
      assertEquals("not found", answer.text());
      assertEquals(List.of(), answer.evidence());
      assertNull(answer.error());
    }
  }

  @Test
  void openQuestionAskedAgainIsAnsweredOnce() throws Exception {
    try (FocusHarness harness = FocusHarness.start(SettingsFixture.small(), engine)) {
      harness.event("a", "line");
      harness.event("b", "line");
      harness.question("1", "a", "q");
      harness.question("1", "a", "q");
      harness.question("1", "b", "q");
      harness.completeAll(engine);
      assertEquals(List.of("a", "b"), harness.answers().stream().map(Answer::stream).toList());
      assertEquals(1, harness.count(FocusMetrics.QUESTIONS_REPEATED));
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

  @Test
  void resultsAfterTheEndAreIgnored() throws Exception {
    FocusHarness harness = FocusHarness.start(SettingsFixture.small(), engine);
    harness.event("a", "line");
    harness.question("1", "a", "q");
    FakeEngine.Call<?, ?> late = engine.open().get(0);
    harness.crash();
    engine.complete(late);
    assertTrue(harness.answers().isEmpty());
    assertEquals(0, engine.leases());
  }

  @Test
  void settingsThatTheModelCannotTakeAreRefusedAtStart() {
    engine.withModel(new ModelInfo("tiny", "00", 1 << 16, 0, 0, 8, 4096, 1));
    Exception refused =
        assertThrows(Exception.class, () -> FocusHarness.start(SettingsFixture.small(), engine));
    assertEquals(
        "focus.condense.chunk-tokens is 16; model tiny takes chunks of at most 8 tokens: lower the"
            + " option",
        refused.getMessage());
    assertEquals(0, engine.leases(), "the lease is given back");
    engine.withModel(new ModelInfo("tiny", "00", 100, 0, 0, 4096, 4096, 1));
    assertTrue(
        assertThrows(Exception.class, () -> FocusHarness.start(SettingsFixture.small(), engine))
            .getMessage()
            .startsWith("the tokenizer has 65536 token ids, model tiny only 100"));
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
    @Override
    public int[] encode(String text) {
      return text.chars().map(unit -> (unit + 1) & 0xffff).toArray();
    }

    @Override
    public String decode(int[] tokens) {
      return new String(Arrays.stream(tokens).map(token -> (token - 1) & 0xffff).toArray(), 0, 1);
    }

    @Override
    public int specialToken(String written) {
      return -1;
    }

    @Override
    public int vocabularySize() {
      return 1 << 16;
    }

    @Override
    public void close() {}
  }

  @Test
  void everyMetricIsRegisteredUnderItsName() throws Exception {
    try (FocusHarness harness = FocusHarness.start(SettingsFixture.small(), engine)) {
      fiveEvents(harness, "a");
      harness.question("1", "a", "q");
      assertEquals(1, harness.gauge(FocusMetrics.IN_FLIGHT));
      harness.completeAll(engine);
      for (Field field : FocusMetrics.class.getFields()) {
        String name = (String) field.get(null);
        assertTrue(
            name.equals(FocusMetrics.GROUP) || harness.metrics().containsKey(name),
            name + " is not registered");
      }
      assertEquals(5, harness.count(FocusMetrics.EVENTS));
      assertEquals(40, harness.count(FocusMetrics.TOKENS));
      assertEquals(1, harness.count(FocusMetrics.CHUNKS_SEALED));
      assertEquals(1, harness.count(FocusMetrics.CHUNKS_CONDENSED));
      assertEquals(1, harness.count(FocusMetrics.QUESTIONS));
      assertEquals(1, harness.count(FocusMetrics.QUESTIONS_ANSWERED));
      assertEquals(0, harness.count(FocusMetrics.QUESTIONS_FAILED));
      assertEquals(0, harness.gauge(FocusMetrics.IN_FLIGHT));
      assertFalse(harness.metrics().isEmpty());
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

  /** The engine hangs: tried again, then an error; what it says in the end is nobody's. */
  @Test
  void anEngineThatHangsFailsTheAttemptAndThenTheQuestion() throws Exception {
    FocusSettings settings =
        SettingsFixture.small(
            config -> {
              config.set(EngineOptions.TIMEOUT, Duration.ofSeconds(5));
              config.set(EngineOptions.MAX_ATTEMPTS, 2);
            });
    FakeEngine engine = FakeEngine.manual();
    try (FocusHarness harness = FocusHarness.start(settings, engine)) {
      harness.event("a", "line");
      harness.question("1", "a", "q");
      FakeEngine.Call<?, ?> first = engine.openQuestions().get(0);
      harness.setProcessingTime(4_999);
      assertEquals(0, harness.count(FocusMetrics.ENGINE_FAILURES));
      harness.setProcessingTime(5_000);
      assertEquals(1, harness.count(FocusMetrics.ENGINE_FAILURES));
      assertEquals(List.of(), engine.open(), "the attempt is cancelled");
      harness.setProcessingTime(5_200);
      assertEquals(1, engine.openQuestions().size());
      engine.complete(first);
      harness.runMailbox();
      assertEquals(List.of(), harness.answers());
      harness.setProcessingTime(10_200);
      Answer answer = harness.answers().get(0);
      assertEquals(AnswerStatus.FAILED, answer.status());
      assertTrue(answer.error().contains("no result within 5000 ms (focus.engine.timeout)"));
      assertEquals(List.of(), engine.open());
      harness.question("2", "a", "q");
      harness.completeAll(engine);
      assertEquals("line\n?q", harness.answers().get(1).text());
    }
  }

  @Test
  void aTaskThatEndsLeavesNothingAtTheEngine() throws Exception {
    FakeEngine engine = FakeEngine.manual();
    FocusHarness harness = FocusHarness.start(SettingsFixture.small(), engine);
    fiveEvents(harness, "a");
    harness.event("b", "line");
    harness.question("1", "b", "q");
    assertEquals(2, engine.open().size());
    harness.crash();
    assertEquals(List.of(), engine.open());
  }

  /** A question whose stored states don't fit the heap is tried again, and then answered. */
  @Test
  void aHeapTooSmallForAQuestionsStatesFailsTheQuestionAndNotTheTask() throws Exception {
    FocusSettings settings =
        SettingsFixture.small(config -> config.set(EngineOptions.MAX_ATTEMPTS, 2));
    try (FocusHarness harness = FocusHarness.start(settings, engine)) {
      fiveEvents(harness, "a");
      harness.completeAll(engine);
      engine.exhaustHeap(1);
      harness.question("1", "a", "q");
      harness.runMailbox();
      assertEquals(0, harness.gauge(FocusMetrics.IN_FLIGHT));
      harness.setProcessingTime(1_000);
      harness.completeAll(engine);
      assertEquals(AnswerStatus.OK, harness.answers().get(0).status());
      engine.exhaustHeap(2);
      harness.question("2", "a", "q");
      harness.runMailbox();
      harness.setProcessingTime(2_000);
      harness.runMailbox();
      Answer answer = harness.answers().get(1);
      assertEquals(AnswerStatus.FAILED, answer.status());
      assertTrue(answer.error().contains("taskmanager.memory.task.heap.size"), answer.error());
      assertEquals(3, harness.count(FocusMetrics.ENGINE_FAILURES));
      assertEquals(0, harness.gauge(FocusMetrics.QUESTIONS_PENDING));
    }
  }

  /**
   * The device is gone: the task fails, Flink restarts it, and the restored one asks another
   * engine.
   */
  @Test
  void aLostEngineFailsTheTaskAndTheQuestionIsAnsweredAfterTheRestore() throws Exception {
    FakeEngine engine = FakeEngine.manual();
    OperatorSubtaskState state;
    try (FocusHarness harness = FocusHarness.start(SettingsFixture.small(), engine)) {
      harness.event("a", "line");
      harness.question("1", "a", "q");
      state = harness.snapshot(1, 1);
      engine.lose(engine.openQuestions().get(0));
      EngineException failure = assertThrows(EngineException.class, harness::runMailbox);
      assertTrue(failure.isLost());
    }
    try (FocusHarness harness =
        FocusHarness.start(
            SettingsFixture.small(), engine, new HashMapStateBackend(), state, 1, 0)) {
      harness.completeAll(engine);
      assertEquals("line\n?q", harness.answers().get(0).text());
    }
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
