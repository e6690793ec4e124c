package io.focusstream.operators.stream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.focusstream.operators.config.AskOptions;
import io.focusstream.operators.config.FocusSettings;
import io.focusstream.operators.config.StreamOptions;
import io.focusstream.operators.state.Asking;
import io.focusstream.operators.testing.CharTokenizer;
import io.focusstream.operators.testing.ShippedTokenizer;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerStatus;
import io.focusstream.schemas.DeadLetter;
import io.focusstream.schemas.Event;
import io.focusstream.schemas.Query;
import io.focusstream.schemas.QueryMode;
import io.focusstream.schemas.SourcePosition;
import io.focusstream.schemas.StreamSelection;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.apache.flink.streaming.util.ProcessFunctionTestHarnesses;
import org.junit.jupiter.api.Test;

@SuppressWarnings("try") // the harness's close may throw InterruptedException
class TokenizingFunctionsHarnessTest {
  private static final SourcePosition POSITION = new SourcePosition("t", 1, 2);
  private static final FocusSettings SETTINGS =
      SettingsFixture.small(
          config -> {
            config.set(StreamOptions.MAX_EVENT_TOKENS, 10);
            config.set(AskOptions.MAX_QUESTION_TOKENS, 28);
            config.set(AskOptions.MAX_ANSWER_TOKENS, 16);
          });

  @Test
  void eventsBecomeTokensAndLongOnesDeadLetters() throws Exception {
    try (OneInputStreamOperatorTestHarness<Event, TokenizedEvent> harness =
        ProcessFunctionTestHarnesses.forProcessFunction(
            new TokenizeEvents(SETTINGS, CharTokenizer.PROVIDER))) {
      harness.processElement(new Event("s", "123456789\r\n", 7, POSITION), 0);
      harness.processElement(new Event("s", "1234567890", 8, POSITION), 0);
      assertEquals(1, harness.extractOutputValues().size());
      TokenizedEvent event = harness.extractOutputValues().get(0);
      assertEquals(new TokenizedEvent("s", "123456789\n".chars().toArray(), 7, POSITION), event);
      DeadLetter letter = harness.getSideOutput(TokenizeEvents.TOO_LONG).remove().getValue();
      assertEquals(
          "the event has 11 tokens; at most 10 are taken (focus.stream.max-event-tokens)",
          letter.reason());
      assertArrayEquals("1234567890".getBytes(StandardCharsets.UTF_8), letter.value());
      assertEquals(2, letter.offset());
    }
  }

  /** Ten megabytes without a space: refused unread by default, tokenized where they may be. */
  @Test
  void aVeryLongLineIsRefusedByItsCharactersOrTokenizedWhole() throws Exception {
    String line = "x".repeat(10 << 20);
    for (boolean allowed : new boolean[] {false, true}) {
      FocusSettings settings =
          SettingsFixture.small(
              config -> {
                if (allowed) {
                  config.set(StreamOptions.MAX_EVENT_CHARS, 1 << 24);
                  config.set(StreamOptions.MAX_EVENT_TOKENS, 1 << 24);
                }
              });
      try (OneInputStreamOperatorTestHarness<Event, TokenizedEvent> harness =
          ProcessFunctionTestHarnesses.forProcessFunction(
              new TokenizeEvents(settings, ShippedTokenizer.PROVIDER))) {
        harness.processElement(new Event("a", line, 7, POSITION), 0);
        harness.processElement(new Event("b", "next", 8, POSITION), 0);
        List<TokenizedEvent> events = harness.extractOutputValues();
        assertEquals("b", events.get(events.size() - 1).stream());
        if (allowed) {
          assertEquals(
              line + "\n", ShippedTokenizer.PROVIDER.open().decode(events.get(0).tokens()));
        } else {
          assertEquals(1, events.size());
          DeadLetter letter = harness.getSideOutput(TokenizeEvents.TOO_LONG).remove().getValue();
          assertEquals(
              "the event has 10485760 characters; at most 1048576 are taken"
                  + " (focus.stream.max-event-chars); its 10485760 bytes are cut here",
              letter.reason());
          assertEquals(608 * 1024, letter.value().length);
        }
      }
    }
  }

  @Test
  void whatSomebodySaidHasTheirRole() throws Exception {
    try (OneInputStreamOperatorTestHarness<Event, TokenizedEvent> harness =
        ProcessFunctionTestHarnesses.forProcessFunction(
            new TokenizeEvents(SETTINGS, CharTokenizer.PROVIDER))) {
      harness.processElement(new Event("s", "user", "hi", 7, POSITION), 0);
      assertEquals(
          "user: hi\n", new CharTokenizer().decode(harness.extractOutputValues().get(0).tokens()));
    }
  }

  @Test
  void aQuestionOfSeveralStreamsGoesToEachOrToEachKeyGroup() throws Exception {
    try (OneInputStreamOperatorTestHarness<Query, TokenizedQuestion> harness =
        ProcessFunctionTestHarnesses.forProcessFunction(
            new PrepareQuestions(SETTINGS, CharTokenizer.PROVIDER))) {
      harness.processElement(several(new StreamSelection.Listed(List.of("a", "b"))), 0);
      assertEquals(
          List.of("a", "b"),
          harness.extractOutputValues().stream().map(TokenizedQuestion::stream).toList());
      assertEquals(
          AnswerPart.announced("1 t-1@2", "1", "a, b", 1, 2, false),
          harness.getSideOutput(PrepareQuestions.PARTS).remove().getValue());
      harness.processElement(several(new StreamSelection.Prefixed("web-")), 0);
      List<TokenizedQuestion> sent = harness.extractOutputValues();
      int keyGroups = harness.getEnvironment().getTaskInfo().getMaxNumberOfParallelSubtasks();
      assertEquals(
          KeyGroupKeys.of(keyGroups),
          sent.subList(2, sent.size()).stream().map(TokenizedQuestion::stream).toList());
      assertEquals(new Asking("1 t-1@2", "web-", false), sent.get(2).asking());
      assertNull(harness.getSideOutput(PrepareQuestions.PARTS).poll());
    }
  }

  private static Query several(StreamSelection streams) {
    return new Query("1", streams, "who?", null, QueryMode.ASK, null, false, 7, POSITION);
  }

  @Test
  void aQuestionThatWantsALongerAnswerThanTheJobGivesIsRejected() throws Exception {
    try (OneInputStreamOperatorTestHarness<Query, TokenizedQuestion> harness =
        ProcessFunctionTestHarnesses.forProcessFunction(
            new PrepareQuestions(SETTINGS, CharTokenizer.PROVIDER))) {
      harness.processElement(Query.ask("1", "s", "who?", 17, 7, POSITION), 0);
      assertEquals(List.of(), harness.extractOutputValues());
      Answer answer = harness.getSideOutput(PrepareQuestions.REJECTED).remove().getValue();
      assertEquals("1", answer.id());
      assertEquals("s", answer.stream());
      assertEquals(AnswerStatus.REJECTED, answer.status());
      assertEquals(
          "the question wants up to 17 answer tokens (maxAnswerTokens); at most 16 are given. Want"
              + " fewer, or raise focus.ask.max-answer-tokens",
          answer.error());
    }
  }

  @Test
  void questionsAreLaidOutAndLongOnesRejected() throws Exception {
    try (OneInputStreamOperatorTestHarness<Query, TokenizedQuestion> harness =
        ProcessFunctionTestHarnesses.forProcessFunction(
            new PrepareQuestions(SETTINGS, CharTokenizer.PROVIDER))) {
      harness.processElement(Query.ask("1", "s", "who?", null, 7, POSITION), 0);
      harness.processElement(Query.ask("2", "s", "who?", 5, 7, POSITION), 0);
      harness.processElement(Query.ask("3", "s", "who?", 16, 7, POSITION), 0);
      harness.processElement(Query.ask("4", "s", "who was it?", null, 7, POSITION), 0);
      assertEquals(
          List.of(16, 5, 16),
          harness.extractOutputValues().stream().map(TokenizedQuestion::maxAnswerTokens).toList());
      assertEquals(
          "\nQuestion: who?\nAnswer:",
          new CharTokenizer().decode(harness.extractOutputValues().get(0).tokens()));
      Answer answer = harness.getSideOutput(PrepareQuestions.REJECTED).remove().getValue();
      assertEquals("4", answer.id());
      assertEquals(AnswerStatus.REJECTED, answer.status());
      assertEquals(
          "the question has 30 tokens as the model reads it; at most 28 are taken. Ask more briefly,"
              + " or raise focus.ask.max-question-tokens",
          answer.error());
      assertNull(harness.getSideOutput(PrepareQuestions.REJECTED).poll());
    }
  }
}
