package io.focusstream.operators.stream;

import io.focusstream.operators.config.KvPersist;
import io.focusstream.operators.engine.ChunkKey;
import io.focusstream.operators.engine.CondensedChunk;
import io.focusstream.operators.state.BlockKey;
import io.focusstream.operators.state.CondensedStatus;
import io.focusstream.operators.state.FocusState;
import io.focusstream.operators.state.PendingQuestion;
import io.focusstream.operators.state.SealedChunk;
import io.focusstream.operators.state.Segment;
import io.focusstream.operators.state.SegmentBuilder;
import io.focusstream.operators.state.StandingQuestion;
import io.focusstream.operators.state.StreamSummary;
import io.focusstream.operators.state.TailEvent;
import io.focusstream.operators.text.Chunker;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.api.common.state.KeyedStateStore;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.ValueState;

/**
 * Reads and writes the keyed state of the current key's stream. Knows what belongs together; knows
 * nothing of the engine's work. For the mailbox thread only, with the key set.
 */
final class StreamStore {
  private final Chunker chunker;
  private final KvPersist persist;
  private final ValueState<StreamSummary> summary;
  private final MapState<Long, TailEvent> tail;
  private final MapState<Integer, SealedChunk> chunks;
  private final MapState<Integer, CondensedStatus> condensed;
  private final MapState<BlockKey, byte[]> blocks;
  private final MapState<Long, PendingQuestion> pendingQuestions;
  private final MapState<Integer, Boolean> pendingChunks;
  private final MapState<String, StandingQuestion> standingQuestions;
  private final ValueState<Long> lastEvent;

  StreamStore(KeyedStateStore states, Chunker chunker, KvPersist persist) {
    this.chunker = chunker;
    this.persist = persist;
    this.summary = states.getState(FocusState.SUMMARY);
    this.tail = states.getMapState(FocusState.TAIL);
    this.chunks = states.getMapState(FocusState.CHUNKS);
    this.condensed = states.getMapState(FocusState.CONDENSED);
    this.blocks = states.getMapState(FocusState.BLOCKS);
    this.pendingQuestions = states.getMapState(FocusState.PENDING_QUESTIONS);
    this.pendingChunks = states.getMapState(FocusState.PENDING_CHUNKS);
    this.lastEvent = states.getState(FocusState.LAST_EVENT);
    this.standingQuestions = states.getMapState(FocusState.STANDING_QUESTIONS);
  }

  /** What is known of the stream. */
  StreamSummary summary() throws Exception {
    StreamSummary value = summary.value();
    return value == null ? StreamSummary.EMPTY : value;
  }

  /**
   * Adds an event to the tail and seals what has to be sealed. Sealed chunks are pending, unless
   * their states are kept nowhere.
   *
   * @return the summary after it; the chunks from the old {@code nextChunk} on are new
   */
  StreamSummary append(StreamSummary before, TailEvent event) throws Exception {
    int length = event.tokens().length;
    StreamSummary after;
    if (chunker.overflows((long) before.tailTokens() + length)) {
      after = seal(before, event);
    } else {
      tail.put(before.nextTail(), event);
      after =
          new StreamSummary(
              before.events() + 1,
              before.tokens() + length,
              before.firstTail(),
              before.nextTail() + 1,
              before.tailTokens() + length,
              before.firstChunk(),
              before.nextChunk(),
              before.nextQuestion());
    }
    summary.update(after);
    return after;
  }

  private StreamSummary seal(StreamSummary before, TailEvent arrived) throws Exception {
    List<TailEvent> events = tailEvents(before);
    events.add(arrived);
    Chunker.Plan plan =
        chunker.plan(events.stream().mapToInt(event -> event.tokens().length).toArray());
    int nextChunk = before.nextChunk();
    for (List<Chunker.Piece> pieces : plan.chunks()) {
      SegmentBuilder segment = new SegmentBuilder();
      for (Chunker.Piece piece : pieces) {
        segment.add(events.get(piece.event()), piece.from(), piece.to());
      }
      Segment sealed = segment.build();
      ChunkKey key = ChunkKey.of(sealed.tokens());
      chunks.put(nextChunk, new SealedChunk(key.high(), key.low(), sealed));
      if (persist != KvPersist.NONE) {
        pendingChunks.put(nextChunk, Boolean.TRUE);
      }
      nextChunk++;
    }
    long firstTail = before.firstTail() + plan.firstEvent();
    long nextTail = before.nextTail() + 1;
    for (long sequence = before.firstTail(); sequence < firstTail; sequence++) {
      if (sequence < before.nextTail()) {
        tail.remove(sequence);
      }
    }
    int tailTokens = 0;
    for (int i = plan.firstEvent(); i < events.size(); i++) {
      TailEvent event = events.get(i);
      long sequence = before.firstTail() + i;
      if (i == plan.firstEvent() && plan.firstToken() > 0) {
        event =
            new TailEvent(
                Arrays.copyOfRange(event.tokens(), plan.firstToken(), event.tokens().length),
                event.timestampMillis(),
                event.position());
        tail.put(sequence, event);
      } else if (sequence == before.nextTail()) {
        tail.put(sequence, event);
      }
      tailTokens += event.tokens().length;
    }
    return new StreamSummary(
        before.events() + 1,
        before.tokens() + arrived.tokens().length,
        firstTail,
        nextTail,
        tailTokens,
        before.firstChunk(),
        nextChunk,
        before.nextQuestion());
  }

  private List<TailEvent> tailEvents(StreamSummary from) throws Exception {
    List<TailEvent> events = new ArrayList<>();
    for (long sequence = from.firstTail(); sequence < from.nextTail(); sequence++) {
      TailEvent event = tail.get(sequence);
      if (event == null) {
        throw new IllegalStateException(
            "tail event " + sequence + " is missing from state; expected " + from);
      }
      events.add(event);
    }
    return events;
  }

  /** A copy of the tail as it is. */
  Segment tail(StreamSummary from) throws Exception {
    SegmentBuilder segment = new SegmentBuilder();
    for (TailEvent event : tailEvents(from)) {
      segment.add(event, 0, event.tokens().length);
    }
    return segment.build();
  }

  /** Forgets the oldest chunks. */
  StreamSummary dropChunksBefore(StreamSummary before, int firstChunk) throws Exception {
    for (int index = before.firstChunk(); index < firstChunk; index++) {
      dropBlocks(index);
      condensed.remove(index);
      pendingChunks.remove(index);
      chunks.remove(index);
    }
    StreamSummary after = before.withFirstChunk(firstChunk);
    summary.update(after);
    return after;
  }

  /** A sealed chunk that is kept. */
  SealedChunk chunk(int index) throws Exception {
    SealedChunk chunk = chunks.get(index);
    if (chunk == null) {
      throw new IllegalStateException("chunk " + index + " is missing from state");
    }
    return chunk;
  }

  /** Whether a chunk still has to be condensed. */
  boolean isChunkPending(int index) throws Exception {
    return pendingChunks.contains(index);
  }

  /** The chunk is condensed, or was given up: it isn't pending any more. */
  void chunkNoLongerPending(int index) throws Exception {
    pendingChunks.remove(index);
  }

  /** Stores a condensed chunk's state in place of what there was. */
  void storeCondensed(int index, CondensedChunk chunk, int model) throws Exception {
    dropBlocks(index);
    long bytes = 0;
    int count = 0;
    if (persist == KvPersist.STATE) {
      for (byte[] block : chunk.blocks()) {
        blocks.put(new BlockKey(index, count), block);
        bytes += block.length;
        count++;
      }
    }
    condensed.put(index, new CondensedStatus(count, bytes, model));
  }

  private void dropBlocks(int index) throws Exception {
    CondensedStatus status = condensed.get(index);
    if (status != null) {
      for (int block = 0; block < status.blocks(); block++) {
        blocks.remove(new BlockKey(index, block));
      }
    }
  }

  /**
   * Makes stored chunks that another model has condensed pending again.
   *
   * @param most how many
   * @return their indices
   */
  List<Integer> pendAgain(int model, int most) throws Exception {
    List<Integer> found = new ArrayList<>();
    for (Map.Entry<Integer, CondensedStatus> entry : condensed.entries()) {
      CondensedStatus status = entry.getValue();
      if (found.size() < most && status.model() != model && !isChunkPending(entry.getKey())) {
        found.add(entry.getKey());
      }
    }
    for (int index : found) {
      pendingChunks.put(index, Boolean.TRUE);
    }
    return found;
  }

  /** Bytes of all stored chunk states. */
  long condensedBytes() throws Exception {
    long bytes = 0;
    for (CondensedStatus status : condensed.values()) {
      bytes += status.bytes();
    }
    return bytes;
  }

  /** Bytes of a chunk's stored state; 0 where none is stored here. */
  long condensedBytes(int index) throws Exception {
    CondensedStatus status = condensed.get(index);
    return status == null ? 0 : status.bytes();
  }

  /** Whether a chunk's state is stored here. */
  boolean hasBlocks(int index) throws Exception {
    CondensedStatus status = condensed.get(index);
    return status != null && status.blocks() > 0;
  }

  /** The stored state of a chunk; empty where none is stored, or not all of it. */
  List<byte[]> blocks(int index) throws Exception {
    CondensedStatus status = condensed.get(index);
    if (status == null || status.blocks() == 0) {
      return List.of();
    }
    List<byte[]> found = new ArrayList<>(status.blocks());
    for (int block = 0; block < status.blocks(); block++) {
      byte[] bytes = blocks.get(new BlockKey(index, block));
      if (bytes == null) {
        return List.of();
      }
      found.add(bytes);
    }
    return found;
  }

  /** Accepts a question; its sequence number is {@code before.nextQuestion()}. */
  StreamSummary addQuestion(StreamSummary before, PendingQuestion question) throws Exception {
    pendingQuestions.put(before.nextQuestion(), question);
    StreamSummary after = before.withQuestion();
    summary.update(after);
    return after;
  }

  /** A pending question, or {@code null} where it isn't pending any more. */
  PendingQuestion question(long sequence) throws Exception {
    return pendingQuestions.get(sequence);
  }

  /** When the last event came, by the clock; {@code null} where that isn't known. */
  Long lastEvent() throws Exception {
    return lastEvent.value();
  }

  /** Notes when the last event came. */
  void lastEvent(long millis) throws Exception {
    lastEvent.update(millis);
  }

  /** Forgets the stream. */
  void clear() {
    summary.clear();
    tail.clear();
    chunks.clear();
    condensed.clear();
    blocks.clear();
    pendingQuestions.clear();
    pendingChunks.clear();
    standingQuestions.clear();
    lastEvent.clear();
  }

  /** The standing questions by id, a copy. */
  Map<String, StandingQuestion> standing() throws Exception {
    Map<String, StandingQuestion> all = new TreeMap<>();
    for (Map.Entry<String, StandingQuestion> entry : standingQuestions.entries()) {
      all.put(entry.getKey(), entry.getValue());
    }
    return all;
  }

  /** A standing question, or {@code null} where none has the id. */
  StandingQuestion standing(String id) throws Exception {
    return standingQuestions.get(id);
  }

  /** Adds or replaces a standing question. */
  void putStanding(String id, StandingQuestion question) throws Exception {
    standingQuestions.put(id, question);
  }

  /** Forgets a standing question; nothing happens where there is none. */
  void removeStanding(String id) throws Exception {
    standingQuestions.remove(id);
  }

  /** The question is answered. */
  void removeQuestion(long sequence) throws Exception {
    pendingQuestions.remove(sequence);
  }
}
