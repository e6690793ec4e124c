package io.focusstream.operators.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FocusSettingsTest {
  @Test
  void defaultsAreValid() {
    FocusSettings settings = FocusSettings.defaults();
    assertEquals(256, settings.chunkTokens());
    assertEquals(256, settings.windowTokens());
    assertEquals(128, settings.maxQuestionTokens());
    assertEquals(32, settings.maxAnswerTokens());
    assertEquals(KvPersist.STATE, settings.kvPersist());
  }

  @Test
  void everyOptionIsReadFromItsKey() {
    FocusSettings settings =
        FocusSettings.from(
            Configuration.fromMap(
                Map.ofEntries(
                    Map.entry("focus.condense.chunk-tokens", "64"),
                    Map.entry("focus.local.window-tokens", "65"),
                    Map.entry("focus.ask.max-question-tokens", "66"),
                    Map.entry("focus.ask.max-answer-tokens", "67"),
                    Map.entry("focus.engine.max-in-flight", "68"),
                    Map.entry("focus.engine.max-loaded-bytes", "69 b"),
                    Map.entry("focus.engine.max-attempts", "70"),
                    Map.entry("focus.engine.retry-delay", "71 ms"),
                    Map.entry("focus.evidence.max-chunks", "72"),
                    Map.entry("focus.evidence.max-lines", "73"),
                    Map.entry("focus.evidence.max-line-chars", "74"),
                    Map.entry("focus.kv.persist", "none"),
                    Map.entry("focus.stream.max-chunks", "75"),
                    Map.entry("focus.stream.max-event-tokens", "76"),
                    Map.entry("focus.ask.consistency", "event-time"),
                    Map.entry("focus.ask.event-time.out-of-orderness", "77 ms"),
                    Map.entry("focus.ask.event-time.idle-after", "78 ms"),
                    Map.entry("focus.ask.deadline", "79 ms"),
                    Map.entry("focus.ask.max-pending", "80"),
                    Map.entry("focus.ask.max-standing", "81"),
                    Map.entry("focus.ask.max-streams", "84"),
                    Map.entry("focus.engine.timeout", "85 ms"),
                    Map.entry("focus.engine.portion-bytes", "87 b"),
                    Map.entry("focus.stream.max-event-chars", "86"),
                    Map.entry("focus.stream.max-age", "82 ms"),
                    Map.entry("focus.stream.expire-after", "83 ms"),
                    Map.entry("focus.ask.prefilter-chunks", "84"))));
    assertEquals(
        new FocusSettings(
            64,
            65,
            66,
            67,
            68,
            69,
            87,
            70,
            Duration.ofMillis(71),
            Duration.ofMillis(85),
            72,
            73,
            74,
            KvPersist.NONE,
            75,
            86,
            76,
            Consistency.EVENT_TIME,
            Duration.ofMillis(77),
            Duration.ofMillis(78),
            Duration.ofMillis(79),
            80,
            81,
            84,
            Duration.ofMillis(82),
            Duration.ofMillis(83),
            84),
        settings);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      value = {
        "focus.condense.chunk-tokens! 0! focus.condense.chunk-tokens must be in [16, 4096]; got 0",
        "focus.local.window-tokens! 255! focus.local.window-tokens must be at least"
            + " focus.condense.chunk-tokens, so that a full chunk can be cut; got 255 and 256",
        "focus.engine.max-in-flight! 0! focus.engine.max-in-flight must be in [1, 65536]; got 0",
        "focus.engine.retry-delay! 0 ms! focus.engine.retry-delay must be in [1 ms, 10 min]; got PT0S",
        "focus.evidence.max-line-chars! 15! focus.evidence.max-line-chars must be in [16, 65536]; got"
            + " 15",
        "focus.stream.max-chunks! 0! focus.stream.max-chunks must be in [1, 1000000]; got 0",
      })
  void aValueOutOfRangeIsRefusedByNameRangeAndValue(String key, String value, String message) {
    Configuration config = Configuration.fromMap(Map.of(key, value));
    String actual =
        assertThrows(IllegalArgumentException.class, () -> FocusSettings.from(config)).getMessage();
    assertEquals(message, actual);
  }
}
