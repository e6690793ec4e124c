package io.focusstream.operators.stream;

import io.focusstream.operators.config.FocusSettings;
import io.focusstream.operators.state.Segment;
import io.focusstream.operators.state.StreamSummary;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.streaming.api.operators.InternalTimer;
import org.apache.flink.streaming.api.operators.InternalTimerService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What of a stream is kept, and how long: the oldest chunks go where it has too many or they are
 * too old, all of it where no event came for too long. For the mailbox thread only, with the key
 * set.
 */
final class Retention {
  private static final Logger LOGGER = LoggerFactory.getLogger(Retention.class);

  private final FocusSettings settings;
  private final StreamStore store;
  private final StreamNames names;
  private final WorkQueue work;
  private final FocusMetrics metered;
  private final TaskContext task;
  // null where streams live for ever
  private final InternalTimerService<VoidNamespace> expiry;

  /**
   * @param expiry timers of the streams' ends; {@code null} where they live for ever
   */
  Retention(
      FocusSettings settings,
      StreamStore store,
      StreamNames names,
      WorkQueue work,
      FocusMetrics metered,
      TaskContext task,
      InternalTimerService<VoidNamespace> expiry) {
    this.settings = settings;
    this.store = store;
    this.names = names;
    this.work = work;
    this.metered = metered;
    this.task = task;
    this.expiry = expiry;
  }

  /**
   * The oldest chunk that a question sees: what is only kept for an older question isn't seen, so
   * that an answer doesn't depend on how long that one takes.
   *
   * @param tail the stream's events that are in no chunk
   */
  int firstChunkSeen(StreamSummary summary, Segment tail) throws Exception {
    int first = Math.max(summary.firstChunk(), summary.nextChunk() - settings.maxChunks());
    if (settings.maxAge().isZero() || first == summary.nextChunk()) {
      return first;
    }
    long newestMillis =
        Math.max(tail.toMillis(), store.chunk(summary.nextChunk() - 1).segment().toMillis());
    return firstNotOlder(summary, first, newestMillis - settings.maxAge().toMillis());
  }

  private int firstNotOlder(StreamSummary summary, int from, long cutoffMillis) throws Exception {
    int first = from;
    while (first < summary.nextChunk() && store.chunk(first).segment().toMillis() < cutoffMillis) {
      first++;
    }
    return first;
  }

  /**
   * Forgets the oldest chunks of a stream that has too many; not those that a question waits with.
   */
  void dropOldChunks(String stream) throws Exception {
    dropOldChunks(stream, Long.MIN_VALUE);
  }

  /** The same, and those that are too old at a time of its events, milliseconds since the epoch. */
  void dropOldChunksAt(String stream, long eventMillis) throws Exception {
    long maxAge = settings.maxAge().toMillis();
    dropOldChunks(stream, maxAge == 0 ? Long.MIN_VALUE : eventMillis - maxAge);
  }

  private void dropOldChunks(String stream, long cutoffMillis) throws Exception {
    StreamSummary summary = store.summary();
    int most = Math.max(summary.firstChunk(), summary.nextChunk() - settings.maxChunks());
    int first = firstNotOlder(summary, most, cutoffMillis);
    first = Math.min(first, work.oldestChunkSeen(stream));
    if (first <= summary.firstChunk()) {
      return;
    }
    for (int index = summary.firstChunk(); index < first; index++) {
      Work.Chunk open = work.chunk(stream, index);
      if (open != null) {
        work.finish(open);
      }
    }
    store.dropChunksBefore(summary, first);
    metered.chunksDropped.inc(first - summary.firstChunk());
  }

  /** Notes that the stream is alive; one timer a stream looks after it. */
  void noteEvent() throws Exception {
    if (expiry == null) {
      return;
    }
    boolean watched = store.lastEvent() != null;
    store.lastEvent(task.now());
    if (!watched) {
      expiry.registerProcessingTimeTimer(
          VoidNamespace.INSTANCE, task.now() + settings.expireAfter().toMillis());
    }
  }

  /** It is time to see whether the stream still lives. */
  void onTimer(InternalTimer<String, VoidNamespace> timer) throws Exception {
    Long last = store.lastEvent();
    if (expiry == null || last == null) {
      return;
    }
    long due = last + settings.expireAfter().toMillis();
    boolean idle = work.isIdle(timer.getKey()) && store.standing().isEmpty();
    if (due <= timer.getTimestamp() && idle) {
      store.clear();
      names.remove(timer.getKey());
      metered.streamsExpired.inc();
      LOGGER.info(
          "Stream {} has expired: no event for {}.", timer.getKey(), settings.expireAfter());
      return;
    }
    expiry.registerProcessingTimeTimer(
        VoidNamespace.INSTANCE,
        due > timer.getTimestamp()
            ? due
            : timer.getTimestamp() + settings.expireAfter().toMillis());
  }
}
