package io.focusstream.operators.stream;

import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;

/** Where state lives. */
enum Backend {
  HEAP,
  ROCKSDB;

  StateBackend make() {
    return this == HEAP ? new HashMapStateBackend() : new EmbeddedRocksDBStateBackend();
  }
}
