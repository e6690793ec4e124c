package io.focusstream.operators.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.operators.config.AskOptions;
import io.focusstream.operators.config.FocusSettings;
import io.focusstream.operators.engine.AskTask;
import io.focusstream.operators.testing.FakeEngine;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerStatus;
import io.focusstream.schemas.QueryMode;
import java.util.List;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Standing questions, cancelling, deadlines and limits. Two events of 8 tokens fill a chunk. */
@Timeout(60)
class StandingQuestionHarnessTest {
  private final FakeEngine engine = FakeEngine.manual();

  private static void events(FocusHarness harness, int from, int to) throws Exception {
    for (int i = from; i < to; i++) {
      harness.event("a", "a-line" + i);
    }
  }

  private static List<String> said(FocusHarness harness) {
    return harness.answers().stream()
        .map(a -> a.id() + "/" + a.update() + " " + a.status() + " " + a.text())
        .toList();
  }

  private FocusHarness start(FocusSettings settings) throws Exception {
    return FocusHarness.start(settings, engine);
  }

  @Test
  void itIsAnsweredNowAndThenOfEachNewChunkAlone() throws Exception {
    try (FocusHarness harness = start(SettingsFixture.small())) {
      events(harness, 0, 1);
      harness.standing("1", "a", "q");
      harness.completeAll(engine);
      assertEquals(List.of("1/0 OK a-line0\n?q"), said(harness));
      events(harness, 1, 5);
      harness.completeAll(engine);
      events(harness, 5, 7);
      harness.completeAll(engine);
      assertEquals(
          List.of(
              "1/0 OK a-line0\n?q", "1/1 OK a-line0\na-line1\n|?q", "1/2 OK a-line2\na-line3\n|?q"),
          said(harness));
      assertEquals(2, harness.count(FocusMetrics.STANDING_UPDATES));
      assertEquals(0, harness.answers().get(1).evidence().get(0).chunk());
    }
  }

  @Test
  void theSameAnswerAgainAndNoAnswerAreNotSaid() throws Exception {
    try (FocusHarness harness = start(SettingsFixture.small())) {
      events(harness, 0, 1);
      harness.standing("1", "a", "q missing");
      for (int i = 0; i < 10; i++) {
        harness.event("a", "a-linex");
      }
      harness.completeAll(engine);
      harness.standing("2", "a", "q");
      for (int i = 0; i < 10; i++) {
        harness.event("a", "a-linex");
      }
      harness.completeAll(engine);
      List<String> said = said(harness);
      assertEquals("1/0 NOT_FOUND not found", said.get(0));
      assertEquals(1, said.stream().filter(s -> s.startsWith("1/")).count(), said.toString());
      assertEquals(1, said.stream().filter(s -> s.startsWith("2/0")).count(), said.toString());
      assertEquals(
          List.of("2/1 OK a-linex\na-linex\n|?q"),
          said.stream().filter(s -> s.startsWith("2/") && !s.startsWith("2/0")).toList());
    }
  }

  @Test
  void chunksAreAskedInOrderOneAtATime() throws Exception {
    try (FocusHarness harness = start(SettingsFixture.small())) {
      harness.standing("1", "a", "q");
      assertEquals(AnswerStatus.NO_DATA, harness.answers().get(0).status());
      events(harness, 0, 9);
      while (!engine.openChunks().isEmpty()) {
        engine.openChunks().forEach(engine::complete);
        harness.runMailbox();
      }
      assertEquals(1, engine.openQuestions().size());
      assertEquals(1, ((AskTask) engine.openQuestions().get(0).task).chunks().size());
      harness.completeAll(engine);
      assertEquals(
          List.of(
              "1/1 OK a-line0\na-line1\n|?q",
              "1/2 OK a-line2\na-line3\n|?q",
              "1/3 OK a-line4\na-line5\n|?q"),
          said(harness).subList(1, 4));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void itStandsAfterARestoreAndSaysNothingTwice(boolean rocks) throws Exception {
    StateBackend backend = rocks ? new EmbeddedRocksDBStateBackend() : new HashMapStateBackend();
    OperatorSubtaskState state;
    try (FocusHarness harness =
        FocusHarness.start(SettingsFixture.small(), engine, backend, null, 1, 0)) {
      harness.standing("1", "a", "q");
      events(harness, 0, 5);
      harness.completeAll(engine);
      events(harness, 5, 7);
      // chunk 1 is sealed and neither condensed nor asked
      state = harness.snapshot(1, 1);
    }
    FakeEngine fresh = FakeEngine.manual();
    try (FocusHarness harness =
        FocusHarness.start(SettingsFixture.small(), fresh, backend, state, 1, 0)) {
      harness.completeAll(fresh);
      events(harness, 7, 9);
      harness.completeAll(fresh);
      assertEquals(
          List.of("1/2 OK a-line2\na-line3\n|?q", "1/3 OK a-line4\na-line5\n|?q"), said(harness));
    }
  }

  /** Its first answer is still open when another question takes its id. */
  @Test
  void itIsReplacedBeforeItsFirstAnswer() throws Exception {
    try (FocusHarness harness = start(SettingsFixture.small())) {
      events(harness, 0, 1);
      harness.standing("1", "a", "old");
      harness.standing("1", "a", "new");
      assertEquals(1, engine.openQuestions().size(), "the old one has left the engine");
      assertEquals(1, harness.gauge(FocusMetrics.QUESTIONS_PENDING));
      harness.completeAll(engine);
      events(harness, 1, 5);
      harness.completeAll(engine);
      assertEquals(
          List.of("1/0 OK a-line0\n?new", "1/1 OK a-line0\na-line1\n|?new"), said(harness));
      assertEquals(1, harness.count(FocusMetrics.QUESTIONS_REPEATED));
    }
  }

  @Test
  void theSameStandingQuestionAgainIsAnsweredOnce() throws Exception {
    try (FocusHarness harness = start(SettingsFixture.small())) {
      events(harness, 0, 1);
      harness.standing("1", "a", "q");
      harness.standing("1", "a", "q");
      assertEquals(1, engine.asked().size());
      harness.completeAll(engine);
      assertEquals(List.of("1/0 OK a-line0\n?q"), said(harness));
    }
  }

  /** One that can't be taken leaves the question that is open as it is. */
  @Test
  void aStandingQuestionTakesTheIdOfAnOpenOneOnlyWhereItIsTaken() throws Exception {
    FocusSettings settings =
        SettingsFixture.small(config -> config.set(AskOptions.MAX_STANDING, 0));
    try (FocusHarness harness = start(settings)) {
      events(harness, 0, 1);
      harness.question("1", "a", "q");
      harness.standing("1", "a", "standing");
      harness.completeAll(engine);
      assertEquals(List.of("1/0 REJECTED ", "1/0 OK a-line0\n?q"), said(harness));
    }
  }

  @Test
  void aCancelledQuestionIsAskedNoMore() throws Exception {
    try (FocusHarness harness = start(SettingsFixture.small())) {
      events(harness, 0, 1);
      harness.standing("1", "a", "q");
      harness.completeAll(engine);
      events(harness, 1, 5);
      harness.cancel("1", "a");
      events(harness, 5, 12);
      harness.completeAll(engine);
      assertEquals(List.of("1/0 OK a-line0\n?q", "1/0 CANCELLED "), said(harness));
      harness.cancel("1", "a");
      assertEquals(AnswerStatus.REJECTED, harness.answers().get(2).status());
    }
  }

  @Test
  void anOpenQuestionCanBeCancelledAtTheEngine() throws Exception {
    try (FocusHarness harness = start(SettingsFixture.small())) {
      events(harness, 0, 1);
      harness.question("1", "a", "q");
      assertEquals(1, engine.openQuestions().size());
      harness.cancel("1", "a");
      assertEquals(List.of(), engine.open(), "the engine works on it no more");
      harness.completeAll(engine);
      assertEquals(List.of("1/0 CANCELLED "), said(harness));
      assertEquals(0, harness.gauge(FocusMetrics.IN_FLIGHT));
      assertEquals(0, harness.count(FocusMetrics.STALE_RESULTS));
    }
  }

  @Test
  void aResultInTheMailboxOfAQuestionThatIsCancelledIsDropped() throws Exception {
    try (FocusHarness harness = start(SettingsFixture.small())) {
      events(harness, 0, 1);
      harness.question("1", "a", "q");
      engine.complete(engine.openQuestions().get(0));
      harness.cancel("1", "a");
      harness.completeAll(engine);
      assertEquals(List.of("1/0 CANCELLED "), said(harness));
      assertEquals(0, harness.gauge(FocusMetrics.IN_FLIGHT));
      assertEquals(1, harness.count(FocusMetrics.STALE_RESULTS));
    }
  }

  @Test
  void aQuestionPastItsDeadlineIsAnsweredOnceWithExpired() throws Exception {
    try (FocusHarness harness = start(SettingsFixture.small())) {
      harness.setProcessingTime(1_000);
      events(harness, 0, 1);
      harness.query("1", "a", "q", QueryMode.ASK, 50, 0);
      harness.query("2", "a", "q", QueryMode.ASK, 5_000, 0);
      harness.setProcessingTime(1_049);
      assertEquals(List.of(), said(harness));
      harness.setProcessingTime(1_050);
      assertEquals(1, engine.open().size(), "the engine works on the other only");
      harness.completeAll(engine);
      harness.setProcessingTime(9_000);
      assertEquals(List.of("1/0 EXPIRED ", "2/0 OK a-line0\n?q"), said(harness));
      assertTrue(harness.answers().get(0).error().contains("50 ms"));
    }
  }

  @Test
  void aDeadlineHoldsAfterARestore() throws Exception {
    OperatorSubtaskState state;
    try (FocusHarness harness = start(SettingsFixture.small())) {
      harness.setProcessingTime(1_000);
      events(harness, 0, 1);
      harness.query("1", "a", "q", QueryMode.ASK, 50, 0);
      state = harness.snapshot(1, 1);
    }
    FakeEngine hanging = FakeEngine.manual();
    try (FocusHarness harness =
        FocusHarness.start(
            SettingsFixture.small(), hanging, new HashMapStateBackend(), state, 1, 0)) {
      harness.setProcessingTime(2_000);
      assertEquals(List.of("1/0 EXPIRED "), said(harness));
    }
  }

  @Test
  void aStreamIsDescribedWithoutTheModel() throws Exception {
    try (FocusHarness harness = start(SettingsFixture.small())) {
      harness.query("1", "a", "", QueryMode.DESCRIBE, 0, 0);
      assertEquals(AnswerStatus.NO_DATA, harness.answers().get(0).status());
      harness.standing("s", "a", "q");
      events(harness, 0, 5);
      harness.completeAll(engine);
      int before = engine.open().size();
      harness.query("2", "a", "", QueryMode.DESCRIBE, 0, 0);
      assertEquals(before, engine.open().size());
      List<Answer> answers = harness.answers();
      String text = answers.get(answers.size() - 1).text();
      assertEquals(
          List.of(
              "events: 5",
              "tokens: 40",
              "chunks: 1",
              "chunks forgotten: 0",
              "tail tokens: 24",
              // two blocks of 8 bytes and 4 bytes each of 8 tokens
              "state bytes: 80",
              "oldest event: 1970-01-01T00:00:00Z",
              "newest event: 1970-01-01T00:00:00.004Z",
              "open questions: 0",
              "standing question: s, 1 updates, next chunk 1"),
          text.lines().toList());
    }
  }

  @Test
  void limitsAreSaid() throws Exception {
    FocusSettings settings =
        SettingsFixture.small(
            config -> {
              config.set(AskOptions.MAX_PENDING, 2);
              config.set(AskOptions.MAX_STANDING, 1);
            });
    try (FocusHarness harness = start(settings)) {
      events(harness, 0, 1);
      harness.question("1", "a", "q");
      harness.standing("2", "a", "q");
      harness.question("3", "a", "q");
      Answer tooMany = harness.answers().get(0);
      assertEquals(AnswerStatus.REJECTED, tooMany.status());
      assertTrue(tooMany.error().contains(AskOptions.MAX_PENDING.key()), tooMany.error());
      harness.completeAll(engine);
      harness.standing("4", "a", "q");
      Answer standing = harness.answers().get(3);
      assertEquals("4", standing.id());
      assertTrue(standing.error().contains(AskOptions.MAX_STANDING.key()), standing.error());
      harness.standing("2", "a", "q again");
      harness.completeAll(engine);
      assertEquals("2/0 OK a-line0\n?q again", said(harness).get(4));
    }
  }
}
