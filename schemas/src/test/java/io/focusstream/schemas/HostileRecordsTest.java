package io.focusstream.schemas;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Text that breaks encodings: read with a defined replacement, or refused by name. */
class HostileRecordsTest {
  private static final SourcePosition POSITION = new SourcePosition("t", 0, 1);

  @Test
  void loneSurrogatesInTextBecomeReplacementCharacters() {
    String json = "{\"text\":\"a\\ud800b\\udc00\\ud83d\\ude42\",\"stream\":\"s\"}";
    assertEquals("a\uFFFDb\uFFFD\uD83D\uDE42", event(utf8(json)).text());
    String query = "{\"stream\":\"s\",\"question\":\"who\\udfff?\"}";
    assertEquals("who\uFFFD?", QueryCodec.decode(utf8(query), POSITION, 0).question());
  }

  /** Written to bytes, as state and network do, two such names were one: another stream's. */
  @ParameterizedTest
  @ValueSource(strings = {"\\ud800", "a\\udc00b", "\\udc00\\ud800", "\\ud83d"})
  void loneSurrogatesInNamesAreRefused(String name) {
    for (String json :
        List.of(
            "{\"stream\":\"%s\",\"question\":\"?\"}",
            "{\"stream\":\"s\",\"question\":\"?\",\"id\":\"%s\"}",
            "{\"streams\":[\"s\",\"%s\"],\"question\":\"?\"}",
            "{\"streamPrefix\":\"%s\",\"question\":\"?\"}")) {
      assertRefused(() -> QueryCodec.decode(utf8(json.formatted(name)), POSITION, 0));
    }
    String json = "{\"text\":\"x\",\"stream\":\"%s\"}".formatted(name);
    assertRefused(() -> event(utf8(json)));
  }

  private static void assertRefused(Runnable read) {
    RecordFormatException e = assertThrows(RecordFormatException.class, read::run);
    assertTrue(
        e.getMessage().contains("must not have lone surrogates, as UTF-8 has none; got '"),
        e.getMessage());
    assertWritable(e.getMessage());
  }

  /** The reason names the value, and a dead letter must be written whatever the value is. */
  private static void assertWritable(String reason) {
    DeadLetter letter = new DeadLetter("t", 0, 0, 0, reason, null, null);
    assertEquals(letter, DeadLetterCodec.decode(DeadLetterCodec.encode(letter)));
  }

  @Test
  void reasonsThatShowABadValueCanBeWritten() {
    for (String json :
        List.of(
            "{\"text\":\"x\",\"role\":\"\\ud800\"}",
            "{\"text\":{\"\\ud800\":1}}",
            "{\"\\ud800",
            "{\"text\":\"x\",\"timestampMillis\":\"\\udfff\"}",
            "{\"text\":\"x\" \\ud800}",
            "{\"\\ud800\":1,\"\\ud800\":2}")) {
      RecordFormatException e =
          assertThrows(RecordFormatException.class, () -> event(utf8(json)), json);
      assertWritable(e.getMessage());
    }
    for (String json :
        List.of(
            "{\"stream\":\"s\",\"question\":\"?\",\"mode\":\"\\ud800\"}",
            "{\"streams\":[\"\\ud83d\\ude42\",\"\\ud83d\\ude42\"],\"question\":\"?\"}")) {
      RecordFormatException e =
          assertThrows(
              RecordFormatException.class, () -> QueryCodec.decode(utf8(json), POSITION, 0), json);
      assertWritable(e.getMessage());
    }
  }

  @Test
  void answersCanBeWrittenWhateverTextTheyHave() {
    Evidence evidence =
        new Evidence(0, 1, 0, 0, List.of(), List.of("\uD800 line", "</s>\0", "\uD83D\uDE42"));
    Answer answer =
        new Answer(
            "q",
            0,
            "s",
            AnswerStatus.OK,
            "\uDC00<|answer|>\0",
            "e\uD800",
            List.of(evidence),
            Usage.NONE,
            Timings.NONE,
            1,
            "");
    Answer read = AnswerCodec.decode(AnswerCodec.encode(answer));
    assertEquals(answer, read);
    assertEquals("\uFFFD<|answer|>\0", read.text());
    assertEquals("\uFFFD line", read.evidence().get(0).lines().get(0));
  }

  @Test
  void bytesThatAreNotUtf8AreNoJson() {
    for (byte[] bad :
        List.of(
            new byte[] {(byte) 0xC3, 0x28},
            new byte[] {(byte) 0xFF},
            // U+D800 in the bytes that it would have
            new byte[] {(byte) 0xED, (byte) 0xA0, (byte) 0x80},
            new byte[] {(byte) 0xC0, (byte) 0x80},
            new byte[] {(byte) 0xF8, (byte) 0x88, (byte) 0x80, (byte) 0x80, (byte) 0x80})) {
      RecordFormatException e =
          assertThrows(
              RecordFormatException.class, () -> event(joined("{\"text\":\"", bad, "\"}")));
      assertEquals(
          "event: the value of " + (11 + bad.length) + " bytes isn't UTF-8", e.getMessage());
    }
  }

  @Test
  void otherEncodingsAreNotGuessed() {
    for (Charset other : List.of(StandardCharsets.UTF_16, StandardCharsets.UTF_16LE)) {
      assertThrows(
          RecordFormatException.class,
          () -> event("{\"text\":\"x\"}".getBytes(other)),
          other.name());
    }
    assertEquals("x", event(utf8("\uFEFF{\"text\":\"x\"}")).text());
  }

  @Test
  void nulsInTextStay() {
    assertThrows(RecordFormatException.class, () -> event(utf8("{\"text\":\"\0\"}")));
    assertEquals("a\0b", event(utf8("{\"text\":\"a\\u0000b\"}")).text());
    assertNotEquals(
        event(utf8("{\"text\":\"x\",\"stream\":\"a\\u0000\"}")).stream(),
        event(utf8("{\"text\":\"x\",\"stream\":\"a\"}")).stream());
  }

  @Test
  void textOfTenMegabytesIsReadAndLongerIsRefusedByItsLength() {
    assertEquals(
        10 << 20, event(utf8("{\"text\":\"" + "x".repeat(10 << 20) + "\"}")).text().length());
    RecordFormatException e =
        assertThrows(
            RecordFormatException.class,
            () -> event(utf8("{\"text\":\"" + "x".repeat(Limits.MAX_TEXT_CHARS + 1) + "\"}")));
    assertTrue(
        e.getMessage()
            .startsWith("event: text must have at most 16777216 characters; got 16777217: 'xxx"),
        e.getMessage());
    assertTrue(e.getMessage().length() < 300, "what it shows is cut");
    assertThrows(
        RecordFormatException.class,
        () -> event(utf8("{\"text\":\"" + "x".repeat(30 << 20) + "\"}")));
  }

  @Test
  void depthAndNumbersWithoutEndAreRefused() {
    for (String json :
        List.of(
            "{\"a\":" + "[".repeat(200_000),
            "{\"a\":" + "{\"a\":".repeat(100_000),
            "{\"text\":\"x\",\"timestampMillis\":" + "9".repeat(100_000) + "}",
            "{\"" + "k".repeat(100_000) + "\":1,\"text\":\"x\"}")) {
      RecordFormatException e = assertThrows(RecordFormatException.class, () -> event(utf8(json)));
      assertWritable(e.getMessage());
    }
  }

  private static Event event(byte[] json) {
    return EventCodec.decode(json, POSITION, "k", 0);
  }

  private static byte[] joined(String before, byte[] bytes, String after) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(utf8(before));
    all.writeBytes(bytes);
    all.writeBytes(utf8(after));
    return all.toByteArray();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
