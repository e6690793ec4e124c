package io.focusstream.operators.stream;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Work of many streams, taken from each in turn: a stream with much of it doesn't keep the others
 * waiting. In order of arrival within a stream.
 *
 * @param <W> its kind
 */
final class FairQueue<W extends Work> {
  // the stream whose turn it is comes first
  private final Map<String, Deque<W>> streams = new LinkedHashMap<>();

  /** Behind all other work of its stream. */
  void addLast(W work) {
    streams.computeIfAbsent(work.stream, name -> new ArrayDeque<>()).addLast(work);
  }

  /** Before all other work of its stream. */
  void addFirst(W work) {
    streams.computeIfAbsent(work.stream, name -> new ArrayDeque<>()).addFirst(work);
  }

  /** Removes and gives the next; {@code null} where there is none. */
  W pollFirst() {
    Iterator<Map.Entry<String, Deque<W>>> first = streams.entrySet().iterator();
    if (!first.hasNext()) {
      return null;
    }
    Map.Entry<String, Deque<W>> turn = first.next();
    String stream = turn.getKey();
    Deque<W> waiting = turn.getValue();
    first.remove();
    W next = waiting.pollFirst();
    if (!waiting.isEmpty()) {
      streams.put(stream, waiting);
    }
    return next;
  }
}
