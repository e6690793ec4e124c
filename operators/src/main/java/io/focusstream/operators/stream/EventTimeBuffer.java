package io.focusstream.operators.stream;

import io.focusstream.operators.state.FocusState;
import io.focusstream.operators.state.TailEvent;
import io.focusstream.operators.state.TimedKey;
import io.focusstream.operators.state.WaitingQuestion;
import io.focusstream.schemas.SourcePosition;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.apache.flink.api.common.state.KeyedStateStore;
import org.apache.flink.api.common.state.MapState;

/**
 * Holds the current key's events and questions back until the watermark has passed their time, and
 * gives them in an order that doesn't depend on how they came: events of one time by where they
 * were read, questions by where they were read after all events of their time. For the mailbox
 * thread only, with the key set.
 */
final class EventTimeBuffer {
  private static final Comparator<SourcePosition> BY_POSITION =
      Comparator.comparing(SourcePosition::topic)
          .thenComparing(SourcePosition::partition)
          .thenComparing(SourcePosition::offset);

  private final Waiting<TailEvent> events;
  private final Waiting<WaitingQuestion> questions;

  EventTimeBuffer(KeyedStateStore states) {
    events =
        new Waiting<>(
            states.getMapState(FocusState.WAITING_EVENT_COUNTS),
            states.getMapState(FocusState.WAITING_EVENTS));
    questions =
        new Waiting<>(
            states.getMapState(FocusState.WAITING_QUESTION_COUNTS),
            states.getMapState(FocusState.WAITING_QUESTIONS));
  }

  /** An event that is in time. */
  void add(TailEvent event) throws Exception {
    events.add(event.timestampMillis(), event);
  }

  /** A question that is in time. */
  void add(WaitingQuestion question) throws Exception {
    questions.add(question.askedAtMillis(), question);
  }

  /** How many questions wait. */
  int questions() throws Exception {
    return questions.size();
  }

  /** Removes and gives the waiting questions with an id, in any order. */
  List<WaitingQuestion> removeQuestions(String id) throws Exception {
    return questions.remove(question -> question.id().equals(id));
  }

  /** Removes a waiting question; false where it waits no more. */
  boolean remove(WaitingQuestion question) throws Exception {
    return !questions
        .remove(
            waiting ->
                waiting.id().equals(question.id())
                    && waiting.position().equals(question.position()))
        .isEmpty();
  }

  /** Removes and gives the events of a time. */
  List<TailEvent> takeEvents(long timestampMillis) throws Exception {
    List<TailEvent> taken = events.take(timestampMillis);
    taken.sort(Comparator.comparing(TailEvent::position, BY_POSITION));
    return taken;
  }

  /** Removes and gives the questions of a time. */
  List<WaitingQuestion> takeQuestions(long timestampMillis) throws Exception {
    List<WaitingQuestion> taken = questions.take(timestampMillis);
    taken.sort(Comparator.comparing(WaitingQuestion::position, BY_POSITION));
    return taken;
  }

  /** Values by time, found by number: no list grows in one value. */
  private record Waiting<T>(MapState<Long, Integer> counts, MapState<TimedKey, T> values) {
    void add(long timestampMillis, T value) throws Exception {
      Integer before = counts.get(timestampMillis);
      int number = before == null ? 0 : before;
      values.put(new TimedKey(timestampMillis, number), value);
      counts.put(timestampMillis, number + 1);
    }

    int size() throws Exception {
      int size = 0;
      for (int count : counts.values()) {
        size += count;
      }
      return size;
    }

    /** Goes through all values of the key; those of a time stay numbered from 0 without a gap. */
    List<T> remove(Predicate<T> which) throws Exception {
      List<T> removed = new ArrayList<>();
      SortedSet<Long> times = new TreeSet<>();
      for (Map.Entry<TimedKey, T> entry : values.entries()) {
        if (which.test(entry.getValue())) {
          times.add(entry.getKey().timestampMillis());
        }
      }
      for (long timestampMillis : times) {
        for (T value : take(timestampMillis)) {
          if (which.test(value)) {
            removed.add(value);
          } else {
            add(timestampMillis, value);
          }
        }
      }
      return removed;
    }

    List<T> take(long timestampMillis) throws Exception {
      Integer count = counts.get(timestampMillis);
      List<T> taken = new ArrayList<>();
      for (int number = 0; count != null && number < count; number++) {
        TimedKey key = new TimedKey(timestampMillis, number);
        taken.add(values.get(key));
        values.remove(key);
      }
      counts.remove(timestampMillis);
      return taken;
    }
  }
}
