package io.focusstream.operators.stream;

import static io.focusstream.operators.stream.FiveEvents.blocksOf;
import static io.focusstream.operators.stream.FiveEvents.fiveEvents;
import static io.focusstream.operators.stream.FiveEvents.fiveEventsSeen;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.operators.config.EngineOptions;
import io.focusstream.operators.config.FocusSettings;
import io.focusstream.operators.engine.AskTask;
import io.focusstream.operators.engine.EngineException;
import io.focusstream.operators.state.BlockKey;
import io.focusstream.operators.testing.FakeEngine;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerStatus;
import java.time.Duration;
import java.util.List;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Work that fails: what is tried again, what is answered with an error, what fails the task. */
@Timeout(60)
class FailureHarnessTest {
  private final FakeEngine engine = FakeEngine.manual();

  private FocusHarness start(Backend backend, OperatorSubtaskState state) throws Exception {
    return FocusHarness.start(SettingsFixture.small(), engine, backend.make(), state, 1, 0);
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
}
