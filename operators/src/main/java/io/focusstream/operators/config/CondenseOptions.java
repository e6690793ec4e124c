package io.focusstream.operators.config;

import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;

/** How a stream's history is cut into chunks and condensed. */
public final class CondenseOptions {
  /** Most tokens of a chunk. */
  public static final ConfigOption<Integer> CHUNK_TOKENS =
      ConfigOptions.key("focus.condense.chunk-tokens")
          .intType()
          .defaultValue(256)
          .withDescription(
              "Most tokens of a chunk, in [16, 4096]. Chunks end between events; only an event that is"
                  + " longer than a chunk is split. Chunks that are sealed already keep their size.");

  private CondenseOptions() {}
}
