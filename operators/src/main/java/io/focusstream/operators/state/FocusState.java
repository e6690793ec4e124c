package io.focusstream.operators.state;

import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.base.BooleanSerializer;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;

/**
 * The keyed states of a stream, and one operator state. Their names are part of every savepoint.
 *
 * <p>Made for RocksDB: nothing large lies beside what is read often, no list grows in one value,
 * and all is found by number, since going through a map state's keys reads its values too.
 */
public final class FocusState {
  /** Counts and numbers; the only state that every event reads. Truth. */
  public static final ValueStateDescriptor<StreamSummary> SUMMARY =
      new ValueStateDescriptor<>("summary", new StreamSummarySerializer());

  /** Events in no chunk yet, by sequence number. Truth. */
  public static final MapStateDescriptor<Long, TailEvent> TAIL =
      new MapStateDescriptor<>("tail", LongSerializer.INSTANCE, new TailEventSerializer());

  /** Sealed chunks by index. Truth. */
  public static final MapStateDescriptor<Integer, SealedChunk> CHUNKS =
      new MapStateDescriptor<>("chunks", IntSerializer.INSTANCE, new SealedChunkSerializer());

  /** Which chunks have been condensed, by index. Goes with {@link #BLOCKS}. */
  public static final MapStateDescriptor<Integer, CondensedStatus> CONDENSED =
      new MapStateDescriptor<>(
          "condensed", IntSerializer.INSTANCE, new CondensedStatusSerializer());

  /** Stored states of condensed chunks. Cache: can be made again from {@link #CHUNKS}. */
  public static final MapStateDescriptor<BlockKey, byte[]> BLOCKS =
      new MapStateDescriptor<>(
          "blocks", new BlockKeySerializer(), BytePrimitiveArraySerializer.INSTANCE);

  /** Questions accepted and not answered, by sequence number. Truth. */
  public static final MapStateDescriptor<Long, PendingQuestion> PENDING_QUESTIONS =
      new MapStateDescriptor<>(
          "pending-questions", LongSerializer.INSTANCE, new PendingQuestionSerializer());

  /**
   * When the stream's last event came, by the clock, in milliseconds since the epoch; only where
   * streams expire.
   */
  public static final ValueStateDescriptor<Long> LAST_EVENT =
      new ValueStateDescriptor<>("last-event", LongSerializer.INSTANCE);

  /** Standing questions by id. Truth. */
  public static final MapStateDescriptor<String, StandingQuestion> STANDING_QUESTIONS =
      new MapStateDescriptor<>(
          "standing-questions", StringSerializer.INSTANCE, new StandingQuestionSerializer());

  /** Indices of chunks sealed and not condensed; the value is always true. Truth. */
  public static final MapStateDescriptor<Integer, Boolean> PENDING_CHUNKS =
      new MapStateDescriptor<>(
          "pending-chunks", IntSerializer.INSTANCE, BooleanSerializer.INSTANCE);

  /**
   * Event time only: how many events wait for the watermark, by their time in milliseconds. Goes
   * with {@link #WAITING_EVENTS}.
   */
  public static final MapStateDescriptor<Long, Integer> WAITING_EVENT_COUNTS =
      new MapStateDescriptor<>(
          "waiting-event-counts", LongSerializer.INSTANCE, IntSerializer.INSTANCE);

  /** Event time only: events that wait for the watermark. Truth. */
  public static final MapStateDescriptor<TimedKey, TailEvent> WAITING_EVENTS =
      new MapStateDescriptor<>(
          "waiting-events", new TimedKeySerializer(), new TailEventSerializer());

  /**
   * Event time only: how many questions wait for the watermark, by their time in milliseconds. Goes
   * with {@link #WAITING_QUESTIONS}.
   */
  public static final MapStateDescriptor<Long, Integer> WAITING_QUESTION_COUNTS =
      new MapStateDescriptor<>(
          "waiting-question-counts", LongSerializer.INSTANCE, IntSerializer.INSTANCE);

  /** Event time only: questions that wait for the watermark. Truth. */
  public static final MapStateDescriptor<TimedKey, WaitingQuestion> WAITING_QUESTIONS =
      new MapStateDescriptor<>(
          "waiting-questions", new TimedKeySerializer(), new WaitingQuestionSerializer());

  /**
   * Operator state, union: fingerprint of the tokenizer that made the tokens in the other states.
   */
  public static final ListStateDescriptor<String> TOKENIZER =
      new ListStateDescriptor<>("tokenizer", StringSerializer.INSTANCE);

  /** Operator state, union: names the model and the layout that all stored chunk states are of. */
  public static final ListStateDescriptor<String> MODEL =
      new ListStateDescriptor<>("model", StringSerializer.INSTANCE);

  private FocusState() {}
}
