package io.focusstream.operators.stream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.operators.config.AskOptions;
import io.focusstream.operators.config.FocusSettings;
import io.focusstream.operators.config.StreamOptions;
import io.focusstream.operators.engine.AskTask;
import io.focusstream.operators.engine.ChunkInput;
import io.focusstream.operators.engine.CondenseTask;
import io.focusstream.operators.testing.FakeEngine;
import io.focusstream.operators.testing.ShippedTokenizer;
import io.focusstream.operators.text.ConversationLayout;
import io.focusstream.operators.text.HostileText;
import io.focusstream.operators.text.PromptTemplate;
import io.focusstream.operators.text.TextTokenizer;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerStatus;
import io.focusstream.schemas.Event;
import io.focusstream.schemas.Evidence;
import io.focusstream.schemas.Query;
import io.focusstream.schemas.QueryMode;
import io.focusstream.schemas.SourcePosition;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A stream of hostile lines beside a healthy one, with the tokenizer that ships. */
@Timeout(120)
class HostileStreamsHarnessTest {
  private static final int FIRST_TEXT_TOKEN = 8;

  private final TextTokenizer tokenizer = ShippedTokenizer.PROVIDER.open();
  private final ConversationLayout layout = ConversationLayout.of(tokenizer);
  private final PromptTemplate template = new PromptTemplate(tokenizer);
  private int offset;

  @AfterEach
  void close() {
    tokenizer.close();
  }

  private static FocusHarness start(FakeEngine engine) throws Exception {
    return start(
        engine, SettingsFixture.small(config -> config.set(AskOptions.MAX_QUESTION_TOKENS, 512)));
  }

  private static FocusHarness start(FakeEngine engine, FocusSettings settings) throws Exception {
    return FocusHarness.start(
        new FocusOperatorFactory(settings, engine.provider(), ShippedTokenizer.PROVIDER),
        new HashMapStateBackend(),
        null,
        1,
        0);
  }

  /** As the functions in front of the operator hand an event on: records repair their text. */
  private void event(FocusHarness harness, String stream, String role, String text)
      throws Exception {
    Event event = new Event(stream, role, text, offset, new SourcePosition("t", 0, offset++));
    harness.event(
        new TokenizedEvent(
            stream,
            layout.event(event.role(), event.text()),
            event.timestampMillis(),
            event.position()));
  }

  private void question(FocusHarness harness, String id, String stream, String text)
      throws Exception {
    Query query = Query.ask(id, stream, text, null, 1, new SourcePosition("q", 0, 0));
    harness.query(
        new TokenizedQuestion(
            query.id(),
            stream,
            template.layOut(query.question()),
            32,
            QueryMode.ASK,
            0,
            0,
            query.position()));
  }

  private static List<Answer> of(String stream, FocusHarness harness) {
    return harness.answers().stream().filter(answer -> answer.stream().equals(stream)).toList();
  }

  /** The healthy stream's lines and questions, with hostile ones of another between them. */
  private List<Answer> healthyAnswers(List<String> hostile) throws Exception {
    offset = 0;
    FakeEngine engine = FakeEngine.manual();
    try (FocusHarness harness = start(engine)) {
      for (int i = 0; i < HostileText.PIECES.size(); i++) {
        offset = 2 * i;
        event(harness, "healthy", "", "request " + i + " of user u-" + i + " served");
        if (i < hostile.size()) {
          event(harness, "hostile", i % 2 == 0 ? "" : "user", hostile.get(i));
          question(harness, "h" + i, "hostile", hostile.get(i) + " who?");
        }
        if (i % 7 == 0) {
          question(harness, "q" + i, "healthy", "which user was served?");
        }
        harness.completeAll(engine);
      }
      assertEquals(hostile.size(), of("hostile", harness).size(), "each is answered once");
      return of("healthy", harness);
    }
  }

  @Test
  void answersOfAHealthyStreamAreTheSameBesideAHostileOne() throws Exception {
    List<Answer> alone = healthyAnswers(List.of());
    assertEquals(6, alone.size());
    assertTrue(alone.get(5).text().contains("request 35 of user u-35 served"), alone.toString());
    assertEquals(alone, healthyAnswers(HostileText.PIECES));
  }

  @Test
  void theModelIsGivenControlTokensByTheLayoutOnly() throws Exception {
    FakeEngine engine = FakeEngine.manual();
    try (FocusHarness harness = start(engine)) {
      for (String text : HostileText.PIECES) {
        event(harness, "hostile", "", text);
        event(harness, "hostile", "user", text + text);
        question(harness, "q" + offset, "hostile", text + "who?" + text);
        harness.completeAll(engine);
      }
      assertTrue(engine.condensed().size() > 10, "chunks were sealed");
      for (CondenseTask task : engine.condensed()) {
        assertIsText(task.tokens());
      }
      assertEquals(HostileText.PIECES.size(), engine.asked().size());
      for (AskTask task : engine.asked()) {
        for (ChunkInput chunk : task.chunks()) {
          assertIsText(chunk.tokens());
        }
        assertIsText(task.tail());
        int[] asked = task.question();
        assertEquals(tokenizer.specialToken(PromptTemplate.QUESTION), asked[0]);
        assertEquals(tokenizer.specialToken(PromptTemplate.ANSWER), asked[asked.length - 1]);
        assertIsText(Arrays.copyOfRange(asked, 1, asked.length - 1));
      }
    }
  }

  private static void assertIsText(int[] tokens) {
    assertArrayEquals(
        new int[0], Arrays.stream(tokens).filter(token -> token < FIRST_TEXT_TOKEN).toArray());
  }

  /**
   * The fake answers with all that it was given: nothing of a hostile stream got lost on the way.
   */
  @Test
  void hostileLinesComeBackWholeInAnswersAndEvidenceOfTheirOwnStream() throws Exception {
    for (String text : HostileText.PIECES) {
      FakeEngine engine = FakeEngine.manual();
      try (FocusHarness harness = start(engine, FocusSettings.defaults())) {
        event(harness, "hostile", "", "before " + text + " after");
        question(harness, "q", "hostile", "who " + text + " end?");
        harness.completeAll(engine);
        Answer answer = harness.answers().get(0);
        assertEquals(AnswerStatus.OK, answer.status());
        String read = new Event("s", text, 0, new SourcePosition("t", 0, 0)).text();
        assertTrue(answer.text().startsWith("before " + read + " after\n"), answer.text());
        assertTrue(answer.text().endsWith("who " + read + " end?"), answer.text());
        assertEquals(
            List.of("before " + read + " after"),
            answer.evidence().stream().map(Evidence::lines).flatMap(List::stream).toList());
      }
    }
  }

  /**
   * Ten megabytes in one event, a token a character: the stream's state is bounded, written,
   * restored, and another stream is served before and after.
   */
  @Test
  void anEventOfTenMegabytesKeepsToTheLimitsAndOthersAreServed() throws Exception {
    FocusSettings settings =
        FocusSettings.from(
            Configuration.fromMap(Map.of(StreamOptions.MAX_EVENT_TOKENS.key(), "16777216")));
    FakeEngine engine = FakeEngine.automatic();
    OperatorSubtaskState state;
    try (FocusHarness harness =
        FocusHarness.start(settings, engine, new EmbeddedRocksDBStateBackend(), null, 1, 0)) {
      harness.event("healthy", "a line");
      harness.event("hostile", "x".repeat(10 << 20));
      harness.question("1", "healthy", "q");
      harness.question("2", "hostile", "q");
      harness.endInputs();
      assertEquals("a line\n?q", of("healthy", harness).get(0).text());
      Answer answer = of("hostile", harness).get(0);
      assertEquals(settings.maxChunks(), answer.usage().chunks());
      assertEquals(1, answer.usage().tailTokens(), "of 40960 chunks and a token");
      assertEquals(40_960 - settings.maxChunks(), harness.count(FocusMetrics.CHUNKS_DROPPED));
      state = harness.snapshot(1, 1);
    }
    assertFalse(state.getManagedKeyedState().isEmpty());
    try (FocusHarness harness =
        FocusHarness.start(settings, engine, new EmbeddedRocksDBStateBackend(), state, 1, 0)) {
      harness.event("healthy", "another");
      harness.question("3", "healthy", "q");
      harness.question("4", "hostile", "q");
      harness.endInputs();
      assertEquals("a line\nanother\n?q", of("healthy", harness).get(0).text());
      assertEquals(settings.maxChunks(), of("hostile", harness).get(0).usage().chunks());
    }
  }
}
