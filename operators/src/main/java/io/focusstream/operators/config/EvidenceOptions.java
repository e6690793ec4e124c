package io.focusstream.operators.config;

import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;

/** What an answer shows of the places that it comes from. */
public final class EvidenceOptions {
  /** Most chunks shown. */
  public static final ConfigOption<Integer> MAX_CHUNKS =
      ConfigOptions.key("focus.evidence.max-chunks")
          .intType()
          .defaultValue(3)
          .withDescription(
              "How many of the chunks that an answer attended to most it shows, in [0, 100]; the tail"
                  + " counts as one.");

  /** Most lines of a chunk. */
  public static final ConfigOption<Integer> MAX_LINES =
      ConfigOptions.key("focus.evidence.max-lines")
          .intType()
          .defaultValue(3)
          .withDescription(
              "How many lines of each such chunk, in [0, 1000]; those that hold the answer come first.");

  /** Most characters of a line. */
  public static final ConfigOption<Integer> MAX_LINE_CHARS =
      ConfigOptions.key("focus.evidence.max-line-chars")
          .intType()
          .defaultValue(240)
          .withDescription("Characters that a longer line is cut to, in [16, 65536].");

  private EvidenceOptions() {}
}
