package io.focusstream.jobs.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.state.rocksdb.RocksDBConfigurableOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.junit.jupiter.api.Test;
import org.rocksdb.CompressionType;

class JobDefaultsTest {
  private static ReadableConfig applied(Configuration given) {
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.getExecutionEnvironment(given);
    JobDefaults.apply(environment, given);
    return environment.getConfiguration();
  }

  @Test
  void whatNobodySaidIsSet() {
    ReadableConfig config = applied(new Configuration());

    assertEquals("rocksdb", config.get(StateBackendOptions.STATE_BACKEND));
    assertTrue(config.get(CheckpointingOptions.INCREMENTAL_CHECKPOINTS));
    assertTrue(config.get(CheckpointingOptions.ENABLE_UNALIGNED));
    assertTrue(
        config.get(RocksDBConfigurableOptions.COMPRESSION_PER_LEVEL).stream()
            .allMatch(CompressionType.NO_COMPRESSION::equals));
  }

  @Test
  void whatWasSaidStays() {
    Configuration given = new Configuration();
    given.set(StateBackendOptions.STATE_BACKEND, "hashmap");
    given.set(CheckpointingOptions.ENABLE_UNALIGNED, false);

    ReadableConfig config = applied(given);

    assertEquals("hashmap", config.get(StateBackendOptions.STATE_BACKEND));
    assertFalse(config.get(CheckpointingOptions.ENABLE_UNALIGNED));
    assertTrue(config.get(CheckpointingOptions.INCREMENTAL_CHECKPOINTS));
  }
}
