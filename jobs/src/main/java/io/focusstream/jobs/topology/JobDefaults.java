package io.focusstream.jobs.topology;

import java.util.Collections;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.state.rocksdb.RocksDBConfigurableOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.rocksdb.CompressionType;

/**
 * What the job asks of Flink where nobody has said otherwise:
 *
 * <ul>
 *   <li>RocksDB, with incremental checkpoints: chunk states are large and never change;
 *   <li>no compression there: quantised states have nothing to give;
 *   <li>unaligned checkpoints (FLIP-76): while the engine has as much as it may, the operator takes
 *       no input, and an aligned checkpoint would wait for the engine.
 * </ul>
 */
public final class JobDefaults {
  /** Levels that RocksDB has by default. */
  private static final int LEVELS = 7;

  private JobDefaults() {}

  /** Sets them in a job's environment. */
  public static void apply(StreamExecutionEnvironment environment, ReadableConfig given) {
    Configuration defaults = new Configuration();
    put(defaults, given, StateBackendOptions.STATE_BACKEND, "rocksdb");
    put(defaults, given, CheckpointingOptions.INCREMENTAL_CHECKPOINTS, true);
    put(defaults, given, CheckpointingOptions.ENABLE_UNALIGNED, true);
    put(
        defaults,
        given,
        RocksDBConfigurableOptions.COMPRESSION_PER_LEVEL,
        Collections.nCopies(LEVELS, CompressionType.NO_COMPRESSION));
    environment.configure(defaults);
  }

  private static <T> void put(
      Configuration into, ReadableConfig given, ConfigOption<T> option, T value) {
    if (given.getOptional(option).isEmpty()) {
      into.set(option, value);
    }
  }
}
