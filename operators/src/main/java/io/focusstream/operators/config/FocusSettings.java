package io.focusstream.operators.config;

import io.focusstream.schemas.Limits;
import java.io.Serializable;
import java.time.Duration;
import java.util.Objects;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ReadableConfig;

/**
 * The options of the operators, checked. Travels with the operators to the task managers.
 *
 * @param chunkTokens {@link CondenseOptions#CHUNK_TOKENS}
 * @param windowTokens {@link LocalOptions#WINDOW_TOKENS}
 * @param maxQuestionTokens {@link AskOptions#MAX_QUESTION_TOKENS}
 * @param maxAnswerTokens {@link AskOptions#MAX_ANSWER_TOKENS}
 * @param maxInFlight {@link EngineOptions#MAX_IN_FLIGHT}
 * @param maxLoadedBytes {@link EngineOptions#MAX_LOADED}
 * @param portionBytes {@link EngineOptions#PORTION}
 * @param maxAttempts {@link EngineOptions#MAX_ATTEMPTS}
 * @param retryDelay {@link EngineOptions#RETRY_DELAY}
 * @param engineTimeout {@link EngineOptions#TIMEOUT}
 * @param evidenceChunks {@link EvidenceOptions#MAX_CHUNKS}
 * @param evidenceLines {@link EvidenceOptions#MAX_LINES}
 * @param evidenceLineChars {@link EvidenceOptions#MAX_LINE_CHARS}
 * @param kvPersist {@link KvOptions#PERSIST}
 * @param maxChunks {@link StreamOptions#MAX_CHUNKS}
 * @param maxEventChars {@link StreamOptions#MAX_EVENT_CHARS}
 * @param maxEventTokens {@link StreamOptions#MAX_EVENT_TOKENS}
 * @param consistency {@link AskOptions#CONSISTENCY}
 * @param outOfOrderness {@link AskOptions#OUT_OF_ORDERNESS}
 * @param idleAfter {@link AskOptions#IDLE_AFTER}
 * @param deadline {@link AskOptions#DEADLINE}
 * @param maxPending {@link AskOptions#MAX_PENDING}
 * @param maxStanding {@link AskOptions#MAX_STANDING}
 * @param maxStreams {@link AskOptions#MAX_STREAMS}
 * @param maxAge {@link StreamOptions#MAX_AGE}
 * @param expireAfter {@link StreamOptions#EXPIRE_AFTER}
 * @param prefilterChunks {@link AskOptions#PREFILTER_CHUNKS}
 */
public record FocusSettings(
    int chunkTokens,
    int windowTokens,
    int maxQuestionTokens,
    int maxAnswerTokens,
    int maxInFlight,
    long maxLoadedBytes,
    long portionBytes,
    int maxAttempts,
    Duration retryDelay,
    Duration engineTimeout,
    int evidenceChunks,
    int evidenceLines,
    int evidenceLineChars,
    KvPersist kvPersist,
    int maxChunks,
    int maxEventChars,
    int maxEventTokens,
    Consistency consistency,
    Duration outOfOrderness,
    Duration idleAfter,
    Duration deadline,
    int maxPending,
    int maxStanding,
    int maxStreams,
    Duration maxAge,
    Duration expireAfter,
    int prefilterChunks)
    implements Serializable {

  public FocusSettings {
    check(CondenseOptions.CHUNK_TOKENS, chunkTokens, 16, 4096);
    check(LocalOptions.WINDOW_TOKENS, windowTokens, 16, 65_536);
    if (windowTokens < chunkTokens) {
      throw new IllegalArgumentException(
          String.format(
              "%s must be at least %s, so that a full chunk can be cut; got %d and %d",
              LocalOptions.WINDOW_TOKENS.key(),
              CondenseOptions.CHUNK_TOKENS.key(),
              windowTokens,
              chunkTokens));
    }
    check(AskOptions.MAX_QUESTION_TOKENS, maxQuestionTokens, 4, 4096);
    check(AskOptions.MAX_ANSWER_TOKENS, maxAnswerTokens, 1, 4096);
    check(EngineOptions.MAX_IN_FLIGHT, maxInFlight, 1, 65_536);
    check(EngineOptions.MAX_LOADED, maxLoadedBytes, 1, Long.MAX_VALUE);
    check(EngineOptions.PORTION, portionBytes, 1, Long.MAX_VALUE / 4);
    check(EngineOptions.MAX_ATTEMPTS, maxAttempts, 1, 100);
    Objects.requireNonNull(retryDelay, EngineOptions.RETRY_DELAY.key());
    if (retryDelay.compareTo(Duration.ofMillis(1)) < 0
        || retryDelay.compareTo(Duration.ofMinutes(10)) > 0) {
      throw new IllegalArgumentException(
          EngineOptions.RETRY_DELAY.key() + " must be in [1 ms, 10 min]; got " + retryDelay);
    }
    check(EngineOptions.TIMEOUT, engineTimeout.toMillis(), 0, 86_400_000);
    check(EvidenceOptions.MAX_CHUNKS, evidenceChunks, 0, 100);
    check(EvidenceOptions.MAX_LINES, evidenceLines, 0, 1000);
    check(EvidenceOptions.MAX_LINE_CHARS, evidenceLineChars, 16, 65_536);
    Objects.requireNonNull(kvPersist, KvOptions.PERSIST.key());
    check(StreamOptions.MAX_CHUNKS, maxChunks, 1, 1_000_000);
    check(StreamOptions.MAX_EVENT_CHARS, maxEventChars, 1, Limits.MAX_TEXT_CHARS);
    check(StreamOptions.MAX_EVENT_TOKENS, maxEventTokens, 1, 1 << 24);
    Objects.requireNonNull(consistency, AskOptions.CONSISTENCY.key());
    check(AskOptions.OUT_OF_ORDERNESS, outOfOrderness.toMillis(), 0, 86_400_000);
    check(AskOptions.IDLE_AFTER, idleAfter.toMillis(), 1, 86_400_000);
    check(AskOptions.DEADLINE, deadline.toMillis(), 0, Limits.MAX_DEADLINE_MILLIS);
    check(AskOptions.MAX_PENDING, maxPending, 1, 65_536);
    check(AskOptions.MAX_STANDING, maxStanding, 0, 1024);
    check(AskOptions.MAX_STREAMS, maxStreams, 1, 1000);
    check(StreamOptions.MAX_AGE, maxAge.toMillis(), 0, Long.MAX_VALUE);
    check(StreamOptions.EXPIRE_AFTER, expireAfter.toMillis(), 0, Long.MAX_VALUE);
    check(AskOptions.PREFILTER_CHUNKS, prefilterChunks, 0, 1_000_000);
  }

  /**
   * Reads the options.
   *
   * @throws IllegalArgumentException naming the option, its range and its value
   */
  public static FocusSettings from(ReadableConfig config) {
    return new FocusSettings(
        config.get(CondenseOptions.CHUNK_TOKENS),
        config.get(LocalOptions.WINDOW_TOKENS),
        config.get(AskOptions.MAX_QUESTION_TOKENS),
        config.get(AskOptions.MAX_ANSWER_TOKENS),
        config.get(EngineOptions.MAX_IN_FLIGHT),
        config.get(EngineOptions.MAX_LOADED).getBytes(),
        config.get(EngineOptions.PORTION).getBytes(),
        config.get(EngineOptions.MAX_ATTEMPTS),
        config.get(EngineOptions.RETRY_DELAY),
        config.get(EngineOptions.TIMEOUT),
        config.get(EvidenceOptions.MAX_CHUNKS),
        config.get(EvidenceOptions.MAX_LINES),
        config.get(EvidenceOptions.MAX_LINE_CHARS),
        config.get(KvOptions.PERSIST),
        config.get(StreamOptions.MAX_CHUNKS),
        config.get(StreamOptions.MAX_EVENT_CHARS),
        config.get(StreamOptions.MAX_EVENT_TOKENS),
        config.get(AskOptions.CONSISTENCY),
        config.get(AskOptions.OUT_OF_ORDERNESS),
        config.get(AskOptions.IDLE_AFTER),
        config.get(AskOptions.DEADLINE),
        config.get(AskOptions.MAX_PENDING),
        config.get(AskOptions.MAX_STANDING),
        config.get(AskOptions.MAX_STREAMS),
        config.get(StreamOptions.MAX_AGE),
        config.get(StreamOptions.EXPIRE_AFTER),
        config.get(AskOptions.PREFILTER_CHUNKS));
  }

  /** The defaults of all options. */
  public static FocusSettings defaults() {
    return from(new Configuration());
  }

  private static void check(ConfigOption<?> option, long value, long min, long max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          String.format("%s must be in [%d, %d]; got %d", option.key(), min, max, value));
    }
  }
}
