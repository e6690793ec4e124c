package io.focusstream.operators.stream;

import io.focusstream.operators.engine.BatchSize;
import io.focusstream.operators.engine.CondensingEngine;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.metrics.DescriptiveStatisticsHistogram;

/**
 * The keyed operator's metrics. Each has the operator's scope: {@code
 * <host>.taskmanager.<tm_id>.<job_name>.focus.<subtask_index>.focus.<name>} where the operator is
 * named {@code focus}; all are of one subtask, and the counters begin at 0 with each start.
 */
public final class FocusMetrics {
  /** Group below the operator's. */
  public static final String GROUP = "focus";

  /** Counter: events that arrived. */
  public static final String EVENTS = "events";

  /** Counter: events that came after the watermark had passed their time (event time only). */
  public static final String EVENTS_LATE = "eventsLate";

  /** Counter: their tokens. */
  public static final String TOKENS = "tokens";

  /** Counter: chunks sealed. */
  public static final String CHUNKS_SEALED = "chunksSealed";

  /** Counter: chunks condensed when they were sealed. */
  public static final String CHUNKS_CONDENSED = "chunksCondensed";

  /** Counter: chunks that a question had to make again, since their state was absent or refused. */
  public static final String CHUNKS_RECONDENSED = "chunksRecondensed";

  /** Counter: chunks given up after too many failures; the next question makes them again. */
  public static final String CHUNKS_ABANDONED = "chunksAbandoned";

  /** Counter: chunks forgotten, since their stream has too many or they are too old. */
  public static final String CHUNKS_DROPPED = "chunksDropped";

  /** Counter: streams forgotten, since no event came for too long. */
  public static final String STREAMS_EXPIRED = "streamsExpired";

  /** Counter: stored blocks that the engine refused. */
  public static final String DAMAGED_BLOCKS = "damagedBlocks";

  /** Gauge: chunks sealed and not condensed. */
  public static final String CHUNKS_PENDING = "chunksPending";

  /** Counter: questions that arrived. */
  public static final String QUESTIONS = "questions";

  /** Counter: questions that the model answered, «not found» included. */
  public static final String QUESTIONS_ANSWERED = "questionsAnswered";

  /** Counter: questions answered with FAILED. */
  public static final String QUESTIONS_FAILED = "questionsFailed";

  /** Counter: questions answered with REJECTED. */
  public static final String QUESTIONS_REJECTED = "questionsRejected";

  /** Counter: questions answered with NO_DATA. */
  public static final String QUESTIONS_WITHOUT_DATA = "questionsWithoutData";

  /** Counter: questions answered with EXPIRED. */
  public static final String QUESTIONS_EXPIRED = "questionsExpired";

  /** Counter: questions answered with CANCELLED. */
  public static final String QUESTIONS_CANCELLED = "questionsCancelled";

  /** Counter: partial answers, which come before answers whose tokens are wanted as they come. */
  public static final String PARTIAL_ANSWERS = "partialAnswers";

  /** Counter: further answers of standing questions. */
  public static final String STANDING_UPDATES = "standingUpdates";

  /**
   * Counter: questions that arrived again while the first was open; they get no answer of their
   * own.
   */
  public static final String QUESTIONS_REPEATED = "questionsRepeated";

  /** Gauge: questions accepted and not answered. */
  public static final String QUESTIONS_PENDING = "questionsPending";

  /** Gauge: chunks and questions at the engine. */
  public static final String IN_FLIGHT = "inFlight";

  /** Counter: attempts of the engine that failed. */
  public static final String ENGINE_FAILURES = "engineFailures";

  /** Counter: results for work that wasn't wanted any more. */
  public static final String STALE_RESULTS = "staleResults";

  /** Histogram: milliseconds from acceptance to the answer, of the last 1,000 answers. */
  public static final String ANSWER_MILLIS = "answerMillis";

  /**
   * Histogram: milliseconds from acceptance to the first answer token, of the last 1,000 answers.
   */
  public static final String FIRST_TOKEN_MILLIS = "firstTokenMillis";

  /** Histogram: milliseconds from acceptance until the engine began, of the last 1,000 answers. */
  public static final String QUEUED_MILLIS = "queuedMillis";

  /**
   * Histogram: milliseconds from giving a chunk to the engine to its state, of the last 1,000
   * chunks that were condensed when they were sealed.
   */
  public static final String CONDENSING_MILLIS = "condensingMillis";

  /**
   * Histogram: bytes of all stored chunk states of a stream, of the last 1,000 times that it was
   * measured: when a chunk has been condensed whose number, from 1, has at most five significant
   * bits, so that a stream is measured 16 times while it doubles, and measuring costs the same a
   * chunk however long the stream is. There is no gauge a stream, as the number of streams has no
   * bound and reporters keep each metric that they have seen; {@code focus streams} says it of
   * each.
   */
  public static final String STREAM_STATE_BYTES = "streamStateBytes";

  /** Gauge: the largest of those since the start. */
  public static final String LARGEST_STREAM_STATE_BYTES = "largestStreamStateBytes";

  /** Gauge: bytes of chunk states ready for use in the engine, which subtasks share. */
  public static final String HOT_BYTES = "hotBytes";

  /** Gauge: chunks that questions found ready in the engine. */
  public static final String HOT_HITS = "hotHits";

  /** Gauge: chunks that questions had to load or make. */
  public static final String HOT_MISSES = "hotMisses";

  /** Gauge: tokens that the engine has condensed. */
  public static final String ENGINE_TOKENS = "engineTokens";

  /** Gauge: batches that the engine has condensed them in. */
  public static final String ENGINE_BATCHES = "engineBatches";

  /** Histogram: chunks a batch, of the last 1,000 batches that the engine has condensed. */
  public static final String ENGINE_BATCH_CHUNKS = "engineBatchChunks";

  /** Histogram: tokens a batch, padding left out, of the same batches. */
  public static final String ENGINE_BATCH_TOKENS = "engineBatchTokens";

  /** Gauge: tokens a second that the engine condenses while it does. */
  public static final String ENGINE_TOKENS_PER_SECOND = "engineTokensPerSecond";

  /** Gauge: questions that the engine is answering. */
  public static final String ENGINE_QUESTIONS = "engineQuestions";

  private static final int HISTOGRAM_WINDOW = 1000;
  private static final int MEASURES_A_DOUBLING = 16;

  final Counter events;
  final Counter eventsLate;
  final Counter tokens;
  final Counter chunksSealed;
  final Counter chunksCondensed;
  final Counter chunksRecondensed;
  final Counter chunksAbandoned;
  final Counter chunksDropped;
  final Counter streamsExpired;
  final Counter damagedBlocks;
  final Counter questions;
  final Counter questionsAnswered;
  final Counter questionsFailed;
  final Counter questionsRejected;
  final Counter questionsWithoutData;
  final Counter questionsExpired;
  final Counter questionsCancelled;
  final Counter partialAnswers;
  final Counter standingUpdates;
  final Counter questionsRepeated;
  final Counter engineFailures;
  final Counter staleResults;
  final Histogram answerMillis;
  final Histogram firstTokenMillis;
  final Histogram queuedMillis;
  final Histogram condensingMillis;
  private final Histogram streamStateBytes;
  // written by the task's thread, read by reporters
  private volatile long largestStreamStateBytes;

  FocusMetrics(MetricGroup operatorGroup, WorkQueue work, CondensingEngine engine) {
    MetricGroup group = operatorGroup.addGroup(GROUP);
    events = group.counter(EVENTS);
    eventsLate = group.counter(EVENTS_LATE);
    tokens = group.counter(TOKENS);
    chunksSealed = group.counter(CHUNKS_SEALED);
    chunksCondensed = group.counter(CHUNKS_CONDENSED);
    chunksRecondensed = group.counter(CHUNKS_RECONDENSED);
    chunksAbandoned = group.counter(CHUNKS_ABANDONED);
    chunksDropped = group.counter(CHUNKS_DROPPED);
    streamsExpired = group.counter(STREAMS_EXPIRED);
    damagedBlocks = group.counter(DAMAGED_BLOCKS);
    questions = group.counter(QUESTIONS);
    questionsAnswered = group.counter(QUESTIONS_ANSWERED);
    questionsFailed = group.counter(QUESTIONS_FAILED);
    questionsRejected = group.counter(QUESTIONS_REJECTED);
    questionsWithoutData = group.counter(QUESTIONS_WITHOUT_DATA);
    questionsExpired = group.counter(QUESTIONS_EXPIRED);
    questionsCancelled = group.counter(QUESTIONS_CANCELLED);
    partialAnswers = group.counter(PARTIAL_ANSWERS);
    standingUpdates = group.counter(STANDING_UPDATES);
    questionsRepeated = group.counter(QUESTIONS_REPEATED);
    engineFailures = group.counter(ENGINE_FAILURES);
    staleResults = group.counter(STALE_RESULTS);
    answerMillis =
        group.histogram(ANSWER_MILLIS, new DescriptiveStatisticsHistogram(HISTOGRAM_WINDOW));
    firstTokenMillis =
        group.histogram(FIRST_TOKEN_MILLIS, new DescriptiveStatisticsHistogram(HISTOGRAM_WINDOW));
    queuedMillis =
        group.histogram(QUEUED_MILLIS, new DescriptiveStatisticsHistogram(HISTOGRAM_WINDOW));
    condensingMillis =
        group.histogram(CONDENSING_MILLIS, new DescriptiveStatisticsHistogram(HISTOGRAM_WINDOW));
    streamStateBytes =
        group.histogram(STREAM_STATE_BYTES, new DescriptiveStatisticsHistogram(HISTOGRAM_WINDOW));
    group.gauge(LARGEST_STREAM_STATE_BYTES, (Gauge<Long>) () -> largestStreamStateBytes);
    group.histogram(ENGINE_BATCH_CHUNKS, new BatchHistogram(engine, BatchSize::chunks));
    group.histogram(ENGINE_BATCH_TOKENS, new BatchHistogram(engine, BatchSize::tokens));
    group.gauge(HOT_BYTES, (Gauge<Long>) () -> engine.stats().hotBytes());
    group.gauge(HOT_HITS, (Gauge<Long>) () -> engine.stats().hotHits());
    group.gauge(HOT_MISSES, (Gauge<Long>) () -> engine.stats().hotMisses());
    group.gauge(ENGINE_TOKENS, (Gauge<Long>) () -> engine.stats().condensedTokens());
    group.gauge(ENGINE_BATCHES, (Gauge<Long>) () -> engine.stats().condensedBatches());
    group.gauge(
        ENGINE_TOKENS_PER_SECOND, (Gauge<Double>) () -> engine.stats().condensedTokensPerSecond());
    group.gauge(ENGINE_QUESTIONS, (Gauge<Integer>) () -> engine.stats().runningQuestions());
    group.gauge(CHUNKS_PENDING, (Gauge<Integer>) work::openChunks);
    group.gauge(QUESTIONS_PENDING, (Gauge<Integer>) work::openQuestions);
    group.gauge(IN_FLIGHT, (Gauge<Integer>) work::inFlight);
  }

  /**
   * Whether a stream's state is measured when a chunk has been stored: so rarely that reading the
   * sizes of all its chunks costs a constant a chunk.
   */
  static boolean isMeasuredAt(int chunk) {
    int number = chunk + 1;
    return Integer.highestOneBit(number) <= MEASURES_A_DOUBLING * Integer.lowestOneBit(number);
  }

  /** What a stream's chunk states take, in bytes. */
  void streamMeasured(long bytes) {
    streamStateBytes.update(bytes);
    largestStreamStateBytes = Math.max(largestStreamStateBytes, bytes);
  }
}
