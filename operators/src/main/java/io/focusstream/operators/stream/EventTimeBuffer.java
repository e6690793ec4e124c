package io.focusstream.operators.stream;

import io.focusstream.operators.state.FocusState;
import io.focusstream.operators.state.TailEvent;
import io.focusstream.operators.state.TimedKey;
import io.focusstream.operators.state.WaitingQuestion;
import io.focusstream.schemas.SourcePosition;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
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
