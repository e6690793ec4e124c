package io.focusstream.operators.config;

import java.time.Duration;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;

/** Limits of a stream and its events. */
public final class StreamOptions {
  /** Most chunks of a stream. */
  public static final ConfigOption<Integer> MAX_CHUNKS =
      ConfigOptions.key("focus.stream.max-chunks")
          .intType()
          .defaultValue(4096)
          .withDescription(
              "Most sealed chunks that a stream keeps, in [1, 1000000]. The oldest beyond are forgotten"
                  + " and counted; a question that waits still sees those it found.");

  /** Longest event, before it is tokenized. */
  public static final ConfigOption<Integer> MAX_EVENT_CHARS =
      ConfigOptions.key("focus.stream.max-event-chars")
          .intType()
          .defaultValue(1_048_576)
          .withDescription(
              "Most characters of one event, in [1, 16777216]. A longer one goes to the dead letters and"
                  + " is never tokenized, which takes some 30 bytes of heap a character.");

  /** Longest event. */
  public static final ConfigOption<Integer> MAX_EVENT_TOKENS =
      ConfigOptions.key("focus.stream.max-event-tokens")
          .intType()
          .defaultValue(262_144)
          .withDescription(
              "Most tokens of one event, in [1, 16777216]. A longer one goes to the dead letters as it"
                  + " is. All of its chunks are condensed before the subtask takes further input, so that"
                  + " a very long one keeps other streams waiting.");

  /** Oldest chunk of a stream. */
  public static final ConfigOption<Duration> MAX_AGE =
      ConfigOptions.key("focus.stream.max-age")
          .durationType()
          .defaultValue(Duration.ZERO)
          .withDescription(
              "How long chunks are kept, in event time: when a chunk is sealed, those whose newest event is"
                  + " older than the arriving event by more are forgotten, and no question sees what is"
                  + " older than its stream's newest event by more. The tail stays. 0 s: for ever.");

  /** When a stream without events is forgotten. */
  public static final ConfigOption<Duration> EXPIRE_AFTER =
      ConfigOptions.key("focus.stream.expire-after")
          .durationType()
          .defaultValue(Duration.ZERO)
          .withDescription(
              "A stream without events for that long, by the clock, is forgotten, all its state with it,"
                  + " unless it has an open or a standing question. 0 s: never.");

  private StreamOptions() {}
}
