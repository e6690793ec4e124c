package io.focusstream.operators.stream;

import static io.focusstream.operators.stream.FiveEvents.fiveEvents;
import static io.focusstream.operators.stream.FiveEvents.fiveEventsSeen;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.operators.config.AskOptions;
import io.focusstream.operators.config.FocusSettings;
import io.focusstream.operators.engine.AskTask;
import io.focusstream.operators.engine.ModelInfo;
import io.focusstream.operators.testing.FakeEngine;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerStatus;
import io.focusstream.schemas.Evidence;
import io.focusstream.schemas.OffsetRange;
import java.lang.reflect.Field;
import java.util.List;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The keyed operator, its mailbox stepped by hand: what a question sees and how it is answered. */
@Timeout(60)
class FocusOperatorHarnessTest {
  private final FakeEngine engine = FakeEngine.manual();

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
}
