package io.focusstream.operators.config;

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

  /** Longest event. */
  public static final ConfigOption<Integer> MAX_EVENT_TOKENS =
      ConfigOptions.key("focus.stream.max-event-tokens")
          .intType()
          .defaultValue(262_144)
          .withDescription(
              "Most tokens of one event, in [1, 16777216]. A longer one goes to the dead letters as it"
                  + " is.");

  private StreamOptions() {}
}
