package io.focusstream.it;

import io.focusstream.schemas.EventCodec;
import io.focusstream.schemas.OffsetRange;
import io.focusstream.schemas.Query;
import io.focusstream.schemas.QueryCodec;
import io.focusstream.schemas.QueryMode;
import io.focusstream.schemas.SourcePosition;
import io.focusstream.schemas.StreamSelection;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * Events of several streams and questions between them, by seed, that can be written to topics of
 * any number of partitions in more than one order.
 *
 * <p>A stream's events lie in one partition, in the same order in every layout; which streams share
 * one, and how these mix, differs. No event is further behind the newest of its partition than
 * {@link #DISORDER_MILLIS}.
 */
final class ReplayHistory {
  static final int STREAMS = 5;
  static final long DISORDER_MILLIS = 2_000;

  /** Long ago, as replays are: what follows the clock is far ahead of it. */
  static final long FROM_MILLIS = 1_735_689_600_000L;

  private static final int MOST_LATE_MILLIS = 900;
  private static final int SPAN_MILLIS = 60_000;

  /** Coarse, so that several events of a stream have the same time. */
  private static final int TICK_MILLIS = 100;

  private static final SourcePosition ANYWHERE = new SourcePosition("queries", 0, 0);

  /**
   * A record on its way to Kafka.
   *
   * @param group the number of an event's stream, or of a question: decides the partition
   * @param index of an event in its stream, by the order of writing; of a question 0
   * @param writtenAt when it is written, in the history's time
   */
  record Written(boolean isEvent, int group, int index, byte[] value, long writtenAt) {}

  private final List<Written> events = new ArrayList<>();
  private final List<Written> questions = new ArrayList<>();
  private final List<Query> asked = new ArrayList<>();

  /**
   * @param eventsAStream how many
   * @param questionCount how many questions of one stream; some of several come on top
   * @param standing whether a standing question is among them
   */
  ReplayHistory(long seed, int eventsAStream, int questionCount, Standing standing) {
    Random random = new Random(seed);
    for (int stream = 0; stream < STREAMS; stream++) {
      writeStream(random, stream, eventsAStream, standing);
    }
    for (int i = 0; i < questionCount; i++) {
      boolean partial = i % 7 == 0;
      ask(
          random,
          new StreamSelection.One("s-" + random.nextInt(STREAMS)),
          random.nextInt(eventsAStream),
          partial,
          random.nextInt(SPAN_MILLIS / TICK_MILLIS) * TICK_MILLIS);
    }
    ask(random, new StreamSelection.Prefixed("s-"), 3, false, SPAN_MILLIS / 2);
    ask(
        random,
        new StreamSelection.Listed(List.of("s-1", "s-3", "nobody")),
        7,
        false,
        SPAN_MILLIS * 3 / 4);
    // of the very end, so that the last watermark is needed
    ask(random, new StreamSelection.Prefixed(""), 5, false, SPAN_MILLIS);
    if (standing == Standing.INCLUDED) {
      question(
          random,
          new Query(
              Standing.ID,
              new StreamSelection.One("s-0"),
              "vault unsealed by operator",
              null,
              QueryMode.STANDING,
              null,
              false,
              FROM_MILLIS + SPAN_MILLIS / 10,
              ANYWHERE));
    }
  }

  /** Whether a standing question is among the questions. */
  enum Standing {
    INCLUDED,
    LEFT_OUT;

    static final String ID = "standing";

    /** Operators whom the history names after it was asked; each gives an update. */
    static final List<String> UPDATES = List.of("alice", "bob", "carol");
  }

  private void writeStream(Random random, int stream, int count, Standing standing) {
    record Event(long millis, long writtenAt, String text) {}
    List<Event> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      long millis = FROM_MILLIS + (long) random.nextInt(SPAN_MILLIS / TICK_MILLIS) * TICK_MILLIS;
      String text =
          "request %d of service-%d took %d ms: status-%d-%d"
              .formatted(i, random.nextInt(9), random.nextInt(500), stream, random.nextInt(1000));
      all.add(new Event(millis, millis + random.nextInt(MOST_LATE_MILLIS), text));
    }
    for (int i = 0; stream == 0 && standing == Standing.INCLUDED && i < 3; i++) {
      long millis = FROM_MILLIS + SPAN_MILLIS / 5 * (i + 1);
      all.add(new Event(millis, millis, "vault unsealed by operator: " + Standing.UPDATES.get(i)));
    }
    all.sort(Comparator.comparingLong(Event::writtenAt));
    for (int i = 0; i < all.size(); i++) {
      Event event = all.get(i);
      events.add(
          new Written(
              true,
              stream,
              i,
              EventCodec.encode("s-" + stream, event.text(), event.millis()),
              event.writtenAt()));
    }
  }

  private void ask(
      Random random, StreamSelection streams, int request, boolean partial, long afterMillis) {
    question(
        random,
        new Query(
            "q-" + questions.size(),
            streams,
            "request " + request + " of which service",
            null,
            QueryMode.ASK,
            null,
            partial,
            FROM_MILLIS + afterMillis,
            ANYWHERE));
  }

  private void question(Random random, Query query) {
    asked.add(query);
    questions.add(
        new Written(
            false,
            questions.size(),
            0,
            QueryCodec.encode(query),
            query.timestampMillis() + random.nextInt(MOST_LATE_MILLIS)));
  }

  /** The update of each question's last answer, by id. */
  Map<String, Integer> last() {
    Map<String, Integer> last = new HashMap<>();
    for (Query query : asked) {
      boolean standing = query.mode() == QueryMode.STANDING;
      last.put(query.id(), standing ? Standing.UPDATES.size() : 0);
    }
    return last;
  }

  /**
   * All of it in an order of writing. Whole streams are shifted against each other by less than
   * what is left of the disorder.
   */
  List<Written> inOrder(long seed) {
    Random random = new Random(seed);
    List<Written> all = new ArrayList<>();
    Map<Integer, Long> shift = new HashMap<>();
    for (Written event : events) {
      long by = shift.computeIfAbsent(event.group(), s -> (long) random.nextInt(MOST_LATE_MILLIS));
      all.add(
          new Written(true, event.group(), event.index(), event.value(), event.writtenAt() + by));
    }
    for (Written question : questions) {
      all.add(
          new Written(
              false,
              question.group(),
              0,
              question.value(),
              question.writtenAt() + random.nextInt(MOST_LATE_MILLIS)));
    }
    all.sort(Comparator.comparingLong(Written::writtenAt));
    return all;
  }

  /** Where events were put: from partition and offset to stream and index. */
  static final class Places {
    private final Map<Integer, TreeMap<Long, Written>> partitions = new HashMap<>();

    void put(int partition, long offset, Written event) {
      partitions.computeIfAbsent(partition, p -> new TreeMap<>()).put(offset, event);
    }

    /** A range of records by what they are, the same in every layout. */
    OffsetRange independent(OffsetRange range) {
      Written first = partitions.get(range.partition()).get(range.firstOffset());
      Written last = partitions.get(range.partition()).get(range.lastOffset());
      if (first.group() != last.group()) {
        throw new AssertionError(range + " is of streams " + first.group() + ", " + last.group());
      }
      return new OffsetRange("stream-" + first.group(), 0, first.index(), last.index());
    }
  }
}
