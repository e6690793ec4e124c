package io.focusstream.operators.stream;

import io.focusstream.operators.config.CondenseOptions;
import io.focusstream.operators.config.FocusSettings;
import io.focusstream.operators.config.LocalOptions;
import java.util.function.Consumer;
import org.apache.flink.configuration.Configuration;

/** Small settings for tests: chunks of 16 tokens, a window of 32. */
final class SettingsFixture {
  private SettingsFixture() {}

  static FocusSettings small() {
    return small(config -> {});
  }

  static FocusSettings small(Consumer<Configuration> change) {
    Configuration config = new Configuration();
    config.set(CondenseOptions.CHUNK_TOKENS, 16);
    config.set(LocalOptions.WINDOW_TOKENS, 32);
    change.accept(config);
    return FocusSettings.from(config);
  }
}
