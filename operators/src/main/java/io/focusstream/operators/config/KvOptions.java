package io.focusstream.operators.config;

import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;

/** Where the keys and values of condensed chunks live. */
public final class KvOptions {
  /** Where condensed chunks are kept. */
  public static final ConfigOption<KvPersist> PERSIST =
      ConfigOptions.key("focus.kv.persist")
          .enumType(KvPersist.class)
          .defaultValue(KvPersist.STATE)
          .withDescription(
              "Where condensed chunks are kept. `state`: in Flink's keyed state, so that they are in"
                  + " checkpoints and survive a restart. `device`: in the engine's memory only (the hot tier);"
                  + " what isn't there is made again from tokens, as after a restart. `none`: nowhere; each"
                  + " question makes them again.");

  private KvOptions() {}
}
