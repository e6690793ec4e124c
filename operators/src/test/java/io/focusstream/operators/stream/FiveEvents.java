package io.focusstream.operators.stream;

import io.focusstream.operators.state.BlockKey;
import io.focusstream.operators.state.FocusState;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.runtime.state.KeyedStateBackend;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;

/** A stream of five events of 8 tokens each: two fill a chunk, three are its tail. */
final class FiveEvents {
  private FiveEvents() {}

  static void fiveEvents(FocusHarness harness, String stream) throws Exception {
    for (int i = 0; i < 5; i++) {
      harness.event(stream, stream + "-line" + i);
    }
  }

  /** What the fake answers to the question "q" after {@link #fiveEvents}. */
  static String fiveEventsSeen(String s) {
    return (s + "-line0\n" + s + "-line1\n|" + s + "-line2\n" + s + "-line3\n" + s + "-line4\n?q");
  }

  static MapState<BlockKey, byte[]> blocksOf(FocusHarness harness, String stream) throws Exception {
    KeyedStateBackend<String> backend = harness.getOperator().getKeyedStateBackend();
    backend.setCurrentKey(stream);
    return backend.getPartitionedState(
        VoidNamespace.INSTANCE, VoidNamespaceSerializer.INSTANCE, FocusState.BLOCKS);
  }
}
