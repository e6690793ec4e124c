package io.focusstream.schemas;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class RecordsTest {
  private static final SourcePosition POSITION = new SourcePosition("queries", 0, 17);

  @Test
  void everyRecordComesBackFromItsJson() {
    Answer answer = SchemaTest.fullAnswer();
    assertEquals(answer, AnswerCodec.decode(AnswerCodec.encode(answer)));
    Answer rejected = Answer.withoutModel("q", "s", AnswerStatus.REJECTED, "too long");
    assertEquals(rejected, AnswerCodec.decode(AnswerCodec.encode(rejected)));
    DeadLetter letter = SchemaTest.fullDeadLetter();
    assertEquals(letter, DeadLetterCodec.decode(DeadLetterCodec.encode(letter)));
    DeadLetter bare = new DeadLetter("t", 0, 0, -1, "no value", null, null);
    assertEquals(bare, DeadLetterCodec.decode(DeadLetterCodec.encode(bare)));
    assertEquals(
        new Event("web-1", "GET / 200 ü\u0000", 5, POSITION),
        EventCodec.decode(EventCodec.encode("web-1", "GET / 200 ü\u0000", 5), POSITION, null, 0));
    assertEquals(
        Query.ask("q-1", "web-1", "who?", 7, 5, POSITION),
        QueryCodec.decode(QueryCodec.encode("q-1", "web-1", "who?", 7, 5), POSITION, 0));
  }

  @Test
  void queriesOfEveryModeComeBack() {
    for (QueryMode mode : QueryMode.values()) {
      String question = mode.hasQuestion() ? "who?" : "";
      Query query = new Query("q", "s", question, null, mode, 250L, 5, POSITION);
      assertEquals(query, QueryCodec.decode(QueryCodec.encode(query), POSITION, 0));
      assertEquals(mode, QueryMode.ofCode(mode.code()));
    }
    assertThrows(IllegalArgumentException.class, () -> QueryMode.ofCode(4));
  }

  @Test
  void queriesOfSeveralStreamsAndPartialOnesComeBack() {
    for (StreamSelection streams :
        List.of(
            new StreamSelection.Listed(List.of("web-1", "web-2")),
            new StreamSelection.Prefixed("web-"),
            new StreamSelection.Prefixed(""))) {
      for (QueryMode mode : List.of(QueryMode.ASK, QueryMode.CANCEL, QueryMode.DESCRIBE)) {
        String question = mode.hasQuestion() ? "who?" : "";
        Query query = new Query("q", streams, question, 9, mode, null, false, 5, POSITION);
        assertEquals(query, QueryCodec.decode(QueryCodec.encode(query), POSITION, 0));
      }
    }
    Query partial =
        new Query(
            "q",
            new StreamSelection.One("s"),
            "who?",
            null,
            QueryMode.ASK,
            null,
            true,
            5,
            POSITION);
    assertEquals(partial, QueryCodec.decode(QueryCodec.encode(partial), POSITION, 0));
  }

  @Test
  void whatIsOfOneStreamOnlyIsRefusedOfSeveral() {
    assertQueryError(
        "query: give one of 'stream', 'streams' and 'streamPrefix'; got [stream, streamPrefix]",
        "{\"stream\":\"s\",\"streamPrefix\":\"s\",\"question\":\"?\"}");
    assertQueryError(
        "query: a standing question is of one stream; got 'web-*': register it with each",
        "{\"streamPrefix\":\"web-\",\"question\":\"?\",\"mode\":\"standing\"}");
    assertQueryError(
        "query: partial answers are of one stream and of mode ask; got mode ask of 'a, b'",
        "{\"streams\":[\"a\",\"b\"],\"question\":\"?\",\"partial\":true}");
    assertQueryError(
        "query: streams must name none twice; got [a, a]",
        "{\"streams\":[\"a\",\"a\"],\"question\":\"?\"}");
    assertQueryError(
        "query: the number of streams must be in [1, 256]; got 0",
        "{\"streams\":[],\"question\":\"?\"}");
    assertQueryError(
        "query: field 'partial' must be true or false; got the number 1",
        "{\"stream\":\"a\",\"question\":\"?\",\"partial\":1}");
  }

  @Test
  void answersInPartsAndOfSeveralStreamsComeBack() {
    Answer partial = Answer.partial("q", 3, "web-1", "the d");
    assertEquals(partial, AnswerCodec.decode(AnswerCodec.encode(partial)));
    assertEquals(false, partial.isFinal());
    Evidence evidence =
        new Evidence(2, 0.5, 7, 9, List.of(new OffsetRange("t", 0, 5, 6)), List.of("a line"));
    Answer answer =
        new Answer(
            "q",
            0,
            0,
            "web-*",
            AnswerStatus.OK,
            "yes",
            null,
            List.of(evidence),
            Usage.NONE,
            Timings.NONE,
            0.5,
            "ff",
            List.of(
                new StreamAnswer(
                    "web-1", AnswerStatus.OK, "yes", null, List.of(evidence), Usage.NONE, 0.5),
                new StreamAnswer(
                    "web-2", AnswerStatus.FAILED, "", "no", List.of(), Usage.NONE, 0)));
    assertEquals(answer, AnswerCodec.decode(AnswerCodec.encode(answer)));
    assertEquals(
        answer.withSequence(4), AnswerCodec.decode(AnswerCodec.encode(answer.withSequence(4))));
  }

  /** A role is who said it; a name that could be anything else is refused. */
  @Test
  void eventsMayHaveARole() {
    Event event = new Event("chat", "user", "hello", 5, POSITION);
    assertEquals(event, EventCodec.decode(EventCodec.encode(event), POSITION, null, 0));
    assertEquals("", EventCodec.decode(utf8("{\"text\":\"x\"}"), POSITION, "k", 0).role());
    for (String bad : List.of("us er", "<|x|>", "x".repeat(65), "a\\nb")) {
      RecordFormatException e =
          assertThrows(
              RecordFormatException.class,
              () ->
                  EventCodec.decode(
                      utf8("{\"text\":\"x\",\"role\":\"" + bad + "\"}"), POSITION, "k", 0));
      assertTrue(e.getMessage().contains("role"), e.getMessage());
    }
  }

  @Test
  void kafkaRecordStandsInForFieldsLeftOut() {
    assertEquals(
        new Event("key", "x", 99, POSITION),
        EventCodec.decode(utf8("{\"text\":\"x\"}"), POSITION, "key", 99));
    Query query = QueryCodec.decode(utf8("{\"stream\":\"s\",\"question\":\"?\"}"), POSITION, 99);
    assertEquals("queries-0@17", query.id());
    assertEquals(99, query.timestampMillis());
    assertNull(query.maxAnswerTokens());
  }

  @Test
  void unknownFieldsArePassedOver() {
    assertEquals(
        "x",
        EventCodec.decode(utf8("{\"text\":\"x\",\"colour\":{\"a\":[1]}}"), POSITION, "k", 0)
            .text());
  }

  @Test
  void errorsNameFieldAndValue() {
    assertQueryError("query: field 'question' is missing; expected a string", "{\"stream\":\"s\"}");
    assertQueryError(
        "query: field 'question' must be a string; got the number 5",
        "{\"stream\":\"s\",\"question\":5}");
    assertQueryError(
        "query: maxAnswerTokens must be in [1, 4096]; got 0",
        "{\"stream\":\"s\",\"question\":\"?\",\"maxAnswerTokens\":0}");
    assertQueryError(
        "query: field 'maxAnswerTokens' must be a whole number; got the number 1.5",
        "{\"stream\":\"s\",\"question\":\"?\",\"maxAnswerTokens\":1.5}");
    assertQueryError(
        "query: stream must not be empty; got ' '", "{\"stream\":\" \",\"question\":\"?\"}");
    assertQueryError("query: expected a JSON object; got an array of 0", "[]");
    assertQueryError("query: the value is empty; expected a JSON object", "");
  }

  @Test
  void whatIsNotOneJsonObjectIsRefused() {
    for (String bad : List.of("{", "{} {}", "{\"a\":1,\"a\":2}", "not json", "\u0000", "nul")) {
      RecordFormatException e =
          assertThrows(
              RecordFormatException.class,
              () -> QueryCodec.decode(utf8(bad), POSITION, 0),
              () -> "accepted: " + bad);
      assertTrue(e.getMessage().startsWith("query: "), e.getMessage());
    }
    assertThrows(RecordFormatException.class, () -> QueryCodec.decode(null, POSITION, 0));
    assertThrows(
        RecordFormatException.class,
        () -> QueryCodec.decode(new byte[] {(byte) 0xff, (byte) 0xfe, 0, 1}, POSITION, 0));
  }

  @Test
  void brokenRangesAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> new OffsetRange("t", 0, 5, 4));
    assertThrows(
        IllegalArgumentException.class,
        () -> new Evidence(0, Double.NaN, 0, 0, List.of(), List.of()));
    assertThrows(
        IllegalArgumentException.class, () -> new Evidence(-2, 0.5, 0, 0, List.of(), List.of()));
    assertThrows(
        IllegalArgumentException.class,
        () -> new Event("s", "x".repeat(Limits.MAX_TEXT_CHARS + 1), 0, POSITION));
  }

  @Test
  void statusCodesNeverChange() {
    int[] codes = new int[AnswerStatus.values().length];
    for (AnswerStatus status : AnswerStatus.values()) {
      codes[status.ordinal()] = status.code();
      assertEquals(status, AnswerStatus.ofCode(status.code()));
    }
    assertArrayEquals(new int[] {1, 2, 3, 4, 5, 6, 7, 8}, codes);
    assertThrows(IllegalArgumentException.class, () -> AnswerStatus.ofCode(0));
  }

  @Test
  void cutKeepsSurrogatePairsWhole() {
    assertEquals("ab…", Limits.cut("abcd", 3));
    assertEquals("a…", Limits.cut("a\uD83D\uDE00bc", 3));
    assertEquals("abc", Limits.cut("abc", 3));
  }

  /** Who asks and of what is known, so that the asker can be told. */
  @Test
  void aQuestionWithAValueThatCannotBeTakenHasAnAnswerThatSaysSo() {
    Map<String, String> reasons = new TreeMap<>();
    reasons.put("\"maxAnswerTokens\":0", "maxAnswerTokens must be in [1, 4096]; got 0");
    reasons.put("\"maxAnswerTokens\":5000", "maxAnswerTokens must be in [1, 4096]; got 5000");
    reasons.put(
        "\"maxAnswerTokens\":5000000000", "maxAnswerTokens must be in [1, 4096]; got 5000000000");
    reasons.put("\"deadlineMillis\":0", "deadlineMillis must be in [1, 86400000]; got 0");
    reasons.put(
        "\"deadlineMillis\":86400001", "deadlineMillis must be in [1, 86400000]; got 86400001");
    reasons.put(
        "\"timestampMillis\":-1", "timestampMillis must be in [0, " + Long.MAX_VALUE + "]; got -1");
    reasons.put(
        "\"mode\":\"standing\",\"partial\":true",
        "partial answers are of one stream and of mode ask; got mode standing of 's'");
    for (Map.Entry<String, String> reason : reasons.entrySet()) {
      String json = "{\"id\":\"1\",\"stream\":\"s\",\"question\":\"?\"," + reason.getKey() + "}";
      RecordFormatException e =
          assertThrows(
              RecordFormatException.class, () -> QueryCodec.decode(utf8(json), POSITION, 0), json);
      assertEquals("query: " + reason.getValue(), e.getMessage());
      assertEquals(
          Answer.withoutModel(
              "1",
              "s",
              AnswerStatus.REJECTED,
              "the question can't be taken: " + reason.getValue() + ". Correct that and ask again"),
          e.answer().orElseThrow());
    }
    String tooLong = "x".repeat(Limits.MAX_QUESTION_CHARS + 1);
    assertEquals(
        "queries-0@17",
        answer("{\"stream\":\"s\",\"question\":\"" + tooLong + "\"}").orElseThrow().id());
    String several = "{\"streams\":[\"a\",\"b\"],\"question\":\"?\",\"deadlineMillis\":0}";
    assertEquals("a, b", answer(several).orElseThrow().stream());
  }

  @Test
  void whatDoesNotSayWhoAsksOfWhatHasNoAnswer() {
    for (String json :
        List.of(
            "",
            "[]",
            "{\"id\":\"1\",\"question\":\"?\",\"deadlineMillis\":0}",
            "{\"id\":\" \",\"stream\":\"s\",\"question\":\"?\",\"deadlineMillis\":0}",
            "{\"id\":\"1\",\"stream\":\"\",\"question\":\"?\",\"deadlineMillis\":0}",
            "{\"id\":\"1\",\"stream\":\"s\"}",
            "{\"id\":\"1\",\"stream\":\"s\",\"question\":\"?\",\"deadlineMillis\":\"1\"}")) {
      assertEquals(Optional.empty(), answer(json), json);
    }
  }

  private static Optional<Answer> answer(String json) {
    return assertThrows(
            RecordFormatException.class, () -> QueryCodec.decode(utf8(json), POSITION, 0))
        .answer();
  }

  private static void assertQueryError(String message, String json) {
    RecordFormatException e =
        assertThrows(RecordFormatException.class, () -> QueryCodec.decode(utf8(json), POSITION, 0));
    assertEquals(message, e.getMessage());
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
