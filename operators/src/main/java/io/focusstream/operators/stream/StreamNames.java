package io.focusstream.operators.stream;

import io.focusstream.operators.state.FocusState;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.KeyedStateBackend;
import org.apache.flink.runtime.state.VoidNamespace;

/**
 * The names of the streams that a subtask owns, those among them whose events all wait for their
 * time, in order: a cache over keyed state, read from it when it is first asked and kept up to date
 * from then on. For the mailbox thread only.
 */
final class StreamNames {
  private final KeyedStateBackend<String> backend;
  private final int maxParallelism;
  private TreeSet<String> names;

  StreamNames(KeyedStateBackend<String> backend, int maxParallelism) {
    this.backend = backend;
    this.maxParallelism = maxParallelism;
  }

  /** A stream has its first event. */
  void add(String stream) {
    if (names != null) {
      names.add(stream);
    }
  }

  /** A stream is forgotten. */
  void remove(String stream) {
    if (names != null) {
      names.remove(stream);
    }
  }

  /** Whether more streams of this subtask than that begin so. */
  boolean moreThan(int most, String prefix) {
    return beginning(prefix).limit(most + 1L).count() > most;
  }

  /** The streams of a key group whose names begin so, in order. */
  List<String> inKeyGroup(int keyGroup, String prefix) {
    List<String> found = new ArrayList<>();
    beginning(prefix)
        .filter(name -> KeyGroupRangeAssignment.assignToKeyGroup(name, maxParallelism) == keyGroup)
        .forEach(found::add);
    return found;
  }

  private Stream<String> beginning(String prefix) {
    if (names == null) {
      names = new TreeSet<>();
      // the second are there in event time only
      for (String state :
          List.of(FocusState.SUMMARY.getName(), FocusState.WAITING_EVENT_COUNTS.getName())) {
        try (Stream<String> keys = backend.getKeys(state, VoidNamespace.INSTANCE)) {
          keys.forEach(names::add);
        }
      }
    }
    return names.tailSet(prefix).stream().takeWhile(name -> name.startsWith(prefix));
  }
}
