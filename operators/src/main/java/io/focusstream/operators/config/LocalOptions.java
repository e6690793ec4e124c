package io.focusstream.operators.config;

import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;

/** The local context: what the decoder reads as it is, beside the candidates. */
public final class LocalOptions {
  /** Most tokens of a stream's tail. */
  public static final ConfigOption<Integer> WINDOW_TOKENS =
      ConfigOptions.key("focus.local.window-tokens")
          .intType()
          .defaultValue(256)
          .withDescription(
              "Most tokens of a stream's newest events that stay as they are (the tail), from"
                  + " focus.condense.chunk-tokens to 65536. When there are more, chunks are cut from the"
                  + " old end.");

  private LocalOptions() {}
}
