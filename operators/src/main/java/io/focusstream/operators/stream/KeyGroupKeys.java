package io.focusstream.operators.stream;

import java.util.List;
import java.util.stream.IntStream;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;

/**
 * A key for each key group: what is sent to all of them reaches every subtask, whatever their
 * number is and becomes, and each key group's part is done once.
 */
final class KeyGroupKeys {
  private static final String BEGIN = "\u0000key-group-";

  private KeyGroupKeys() {}

  /** A key of each key group, in order. */
  static List<String> of(int maxParallelism) {
    return IntStream.range(0, maxParallelism)
        .mapToObj(group -> key(group, maxParallelism))
        .toList();
  }

  private static String key(int group, int maxParallelism) {
    for (int number = 0; ; number++) {
      String key = BEGIN + group + "-" + number;
      if (KeyGroupRangeAssignment.assignToKeyGroup(key, maxParallelism) == group) {
        return key;
      }
    }
  }
}
