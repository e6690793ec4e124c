package io.focusstream.jobs.kafka;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.schemas.DeadLetter;
import io.focusstream.schemas.DeadLetterCodec;
import io.focusstream.schemas.Event;
import io.focusstream.schemas.Limits;
import io.focusstream.schemas.SourcePosition;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventParserTest {
  private static final EventParser RAW = new EventParser(EventFormat.RAW, null);
  private static final EventParser JSON = new EventParser(EventFormat.JSON, null);

  @Test
  void keyNamesTheStreamAndTopicOrOptionStandsIn() {
    assertEquals(
        new Event("web-1", "GET /", 7, new SourcePosition("t", 1, 2)),
        RAW.parse(record("web-1", "GET /")));
    assertEquals("t", RAW.parse(record(null, "x")).stream());
    assertEquals("t", RAW.parse(record("", "x")).stream());
    assertEquals("all", new EventParser(EventFormat.RAW, "all").parse(record(null, "x")).stream());
  }

  @Test
  void jsonNamesItsStreamItself() {
    assertEquals("s", JSON.parse(record("k", "{\"stream\":\"s\",\"text\":\"x\"}")).stream());
    assertEquals("k", JSON.parse(record("k", "{\"text\":\"x\"}")).stream());
    assertEquals("t", JSON.parse(record(null, "{\"text\":\"x\"}")).stream());
  }

  @Test
  void bytesThatAreNotTextAreReadAsFarAsTheyAre() {
    byte[] latin1 = "caf\u00e9 closed".getBytes(StandardCharsets.ISO_8859_1);
    assertEquals("caf\uFFFD closed", RAW.parse(new RawRecord("t", 1, 2, 7, null, latin1)).text());
  }

  /** Bytes of a line are read with U+FFFD for what isn't UTF-8; a stream's name must be UTF-8. */
  @Test
  void hostileBytesAreReadOrRefusedByName() {
    byte[] surrogate = {(byte) 0xED, (byte) 0xA0, (byte) 0x80};
    byte[] overlong = {(byte) 0xC0, (byte) 0x80};
    byte[] cut = {(byte) 0xF0, (byte) 0x9F, (byte) 0x99};
    for (byte[] bad : List.of(surrogate, overlong, cut, new byte[] {-1, -2})) {
      Event event = RAW.parse(new RawRecord("t", 1, 2, 7, utf8("k"), bad));
      assertTrue(event.text().matches("\uFFFD+"), event.text());
      assertEquals("k", event.stream());
      assertRefused("isn't UTF-8", RAW, new RawRecord("t", 1, 2, 7, bad, utf8("x")));
      assertRefused("isn't UTF-8", JSON, new RawRecord("t", 1, 2, 7, utf8("k"), bad));
    }
    assertEquals("a\0</s>\0", RAW.parse(record("k", "a\0</s>\0")).text());
    assertEquals("k\0", RAW.parse(record("k\0", "x")).stream());
    assertRefused("lone surrogates", JSON, record("k", "{\"text\":\"x\",\"stream\":\"\\ud800\"}"));
    RawRecord poison = record("k", "{\"text\":\"x\",\"role\":\"\\udc00\"}");
    assertRefused("role must be", JSON, poison);
    assertEquals(7, JSON.timestampMillis(poison), "for the watermark, before it is refused");
  }

  @Test
  void linesOfTenMegabytesAreParsed() {
    String line = "x".repeat(10 << 20);
    assertEquals(line, RAW.parse(record("k", line)).text());
    assertEquals(line, JSON.parse(record("k", "{\"text\":\"" + line + "\"}")).text());
  }

  @Test
  void poisonIsRefusedWithAReason() {
    assertRefused("no value", RAW, new RawRecord("t", 1, 2, 7, null, null));
    assertRefused("isn't UTF-8", RAW, new RawRecord("t", 1, 2, 7, new byte[] {-1}, utf8("x")));
    assertRefused("stream must have at most", RAW, record("k".repeat(513), "x"));
    assertRefused(
        "text must have at most", RAW, record("k", "x".repeat(Limits.MAX_TEXT_CHARS + 1)));
    assertRefused("not JSON", JSON, record("k", "{"));
    assertRefused("the value is empty", JSON, new RawRecord("t", 1, 2, 7, null, null));
  }

  @Test
  void deadLetterKeepsBytesUnlessTheyAreTooMany() {
    RawRecord small = record("k", "x");
    assertSame(small.value(), small.deadLetter("why").value());
    assertEquals("why", small.deadLetter("why").reason());
    RawRecord large = new RawRecord("t", 1, 2, -1, new byte[2_000_000], new byte[5_000_000]);
    DeadLetter letter = large.deadLetter("y".repeat(10_000));
    assertTrue(DeadLetterCodec.encode(letter).length < 1_000_000);
    assertTrue(
        letter.reason().endsWith("(cut here from 2000000 bytes of key and 5000000 of value)"),
        letter.reason());
  }

  private static void assertRefused(String reason, EventParser parser, RawRecord record) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> parser.parse(record));
    assertTrue(e.getMessage().contains(reason), e.getMessage());
  }

  private static RawRecord record(String key, String value) {
    return new RawRecord("t", 1, 2, 7, key == null ? null : utf8(key), utf8(value));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
