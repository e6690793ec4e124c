package io.focusstream.operators.stream;

import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.Future;

/**
 * What a subtask has accepted and not finished, and what of it goes to the engine next: questions
 * first, then the chunks that questions wait for, then other chunks; each from the streams in turn,
 * and in order of acceptance within one.
 *
 * <p>A question waits until the chunks that it sees are condensed, so that no chunk is condensed
 * twice. It holds no place at the engine meanwhile: the two kinds can't block each other. Nothing
 * is passed over for ever either: the operator takes no input while too much is open, so that all
 * that is ready goes to the engine, which gives each kind its share.
 *
 * <p>What leaves the engine without a result (it is finished, or its attempt is given up) is
 * cancelled there: a place that is free here is free there as well, as soon as the step that the
 * engine is in has ended.
 *
 * <p>For the mailbox thread only.
 */
final class WorkQueue {
  private final int maxInFlight;
  private final long maxLoadedBytes;
  private final Map<String, OpenStream> streams = new HashMap<>();
  private final FairQueue<Work.Question> questions = new FairQueue<>();
  private final FairQueue<Work.Chunk> wantedChunks = new FairQueue<>();
  private final FairQueue<Work.Chunk> chunks = new FairQueue<>();
  private int openQuestions;
  private int openChunks;
  private int inFlight;
  private int questionsInFlight;
  private long loadedBytes;

  private static final class OpenStream {
    final NavigableMap<Integer, Work.Chunk> chunks = new TreeMap<>();
    final Map<String, Work.Question> questions = new HashMap<>();

    boolean isEmpty() {
      return chunks.isEmpty() && questions.isEmpty();
    }
  }

  /**
   * An empty queue.
   *
   * @param maxInFlight most pieces of work at the engine
   * @param maxLoadedBytes while questions at the engine hold as many bytes, no other is handed out
   */
  WorkQueue(int maxInFlight, long maxLoadedBytes) {
    this.maxInFlight = maxInFlight;
    this.maxLoadedBytes = maxLoadedBytes;
  }

  /** Accepts a sealed chunk. */
  void addChunk(String stream, int index) {
    Work.Chunk chunk = new Work.Chunk(stream, index);
    if (open(stream).chunks.putIfAbsent(index, chunk) != null) {
      throw new IllegalStateException(chunk + " is open already");
    }
    openChunks++;
    chunks.addLast(chunk);
  }

  /** Whether a question with this id is open. */
  boolean hasQuestion(String stream, String id) {
    OpenStream open = streams.get(stream);
    return open != null && open.questions.containsKey(id);
  }

  /** The open question with this id, or {@code null}. */
  Work.Question question(String stream, String id) {
    OpenStream open = streams.get(stream);
    return open == null ? null : open.questions.get(id);
  }

  /** Whether nothing of a stream is open. */
  boolean isIdle(String stream) {
    return !streams.containsKey(stream);
  }

  /** How many questions of a stream are open. */
  int openQuestions(String stream) {
    OpenStream open = streams.get(stream);
    return open == null ? 0 : open.questions.size();
  }

  /** Accepts a question that sees chunks {@code [firstChunk, nextChunk)}. */
  void addQuestion(String stream, long sequence, String id, int firstChunk, int nextChunk) {
    Work.Question question = new Work.Question(stream, sequence, id, firstChunk, nextChunk);
    OpenStream open = open(stream);
    if (open.questions.putIfAbsent(id, question) != null) {
      throw new IllegalStateException(question + " is open already");
    }
    openQuestions++;
    for (Work.Chunk chunk : open.chunks.subMap(firstChunk, nextChunk).values()) {
      if (chunk.waiting.isEmpty() && chunk.phase == Work.Phase.READY) {
        wantedChunks.addLast(chunk);
      }
      chunk.waiting.add(question);
      question.openChunks++;
    }
    if (question.openChunks > 0) {
      question.phase = Work.Phase.WAITING;
    } else {
      questions.addLast(question);
    }
  }

  /**
   * The next piece of work for the engine, from now on in flight; {@code null} where there is none.
   */
  Work next() {
    if (inFlight >= maxInFlight) {
      return null;
    }
    Work next = null;
    if (questionsInFlight == 0 || loadedBytes < maxLoadedBytes) {
      next = pollReady(questions);
    }
    if (next == null) {
      next = pollReady(wantedChunks);
    }
    if (next == null) {
      next = pollReady(chunks);
    }
    if (next == null) {
      return null;
    }
    next.phase = Work.Phase.IN_FLIGHT;
    next.attempts++;
    inFlight++;
    if (next instanceof Work.Question) {
      questionsInFlight++;
    }
    return next;
  }

  /** Chunks lie in two queues when they are wanted: whoever is not ready any more is skipped. */
  private static <W extends Work> W pollReady(FairQueue<W> queue) {
    W work;
    do {
      work = queue.pollFirst();
    } while (work != null && work.phase != Work.Phase.READY);
    return work;
  }

  /** Notes how many bytes of stored states a question in flight holds. */
  void loaded(Work.Question question, long bytes) {
    question.loadedBytes = bytes;
    loadedBytes += bytes;
  }

  /** The engine is done with it, well or not. Nothing happens where it isn't in flight. */
  void returned(Work work) {
    if (work.phase != Work.Phase.IN_FLIGHT) {
      return;
    }
    leaveEngine(work);
    work.phase = Work.Phase.BACKING_OFF;
  }

  private void leaveEngine(Work work) {
    inFlight--;
    cancel(work);
    if (work instanceof Work.Question question) {
      questionsInFlight--;
      loadedBytes -= question.loadedBytes;
      question.loadedBytes = 0;
    }
  }

  private static void cancel(Work work) {
    // nothing happens where it has its result
    cancel(work.call);
    work.call = null;
    cancel(work.watch);
    work.watch = null;
  }

  private static void cancel(Future<?> future) {
    if (future != null) {
      future.cancel(false);
    }
  }

  /** The task ends: nobody waits for what is at the engine any more. */
  void abandon() {
    for (OpenStream open : streams.values()) {
      open.chunks.values().forEach(WorkQueue::cancel);
      open.questions.values().forEach(WorkQueue::cancel);
    }
  }

  /** Back-off is over: it is the first of its kind in its stream again. */
  void retry(Work work) {
    if (work.phase != Work.Phase.BACKING_OFF) {
      return;
    }
    work.phase = Work.Phase.READY;
    if (work instanceof Work.Question question) {
      questions.addFirst(question);
    } else if (work instanceof Work.Chunk chunk) {
      (chunk.waiting.isEmpty() ? chunks : wantedChunks).addFirst(chunk);
    }
  }

  /**
   * It is finished, given up or no longer wanted; questions that waited for it may become ready.
   */
  void finish(Work work) {
    if (work.phase == Work.Phase.DONE) {
      return;
    }
    if (work.phase == Work.Phase.IN_FLIGHT) {
      leaveEngine(work);
    }
    work.phase = Work.Phase.DONE;
    OpenStream open = open(work.stream);
    if (work instanceof Work.Question question) {
      open.questions.remove(question.id);
      openQuestions--;
    } else if (work instanceof Work.Chunk chunk) {
      open.chunks.remove(chunk.index);
      openChunks--;
      for (Work.Question question : chunk.waiting) {
        if (--question.openChunks == 0 && question.phase == Work.Phase.WAITING) {
          question.phase = Work.Phase.READY;
          questions.addLast(question);
        }
      }
    }
    if (open.isEmpty()) {
      streams.remove(work.stream);
    }
  }

  /** The open work for a chunk, or {@code null}. */
  Work.Chunk chunk(String stream, int index) {
    OpenStream open = streams.get(stream);
    return open == null ? null : open.chunks.get(index);
  }

  /**
   * The oldest chunk that an open question of the stream sees; the largest int where none is open.
   */
  int oldestChunkSeen(String stream) {
    OpenStream open = streams.get(stream);
    int oldest = Integer.MAX_VALUE;
    if (open != null) {
      for (Work.Question question : open.questions.values()) {
        oldest = Math.min(oldest, question.firstChunk);
      }
    }
    return oldest;
  }

  private OpenStream open(String stream) {
    return streams.computeIfAbsent(stream, name -> new OpenStream());
  }

  /** Everything accepted and not finished. */
  int size() {
    return openQuestions + openChunks;
  }

  int openQuestions() {
    return openQuestions;
  }

  int openChunks() {
    return openChunks;
  }

  int inFlight() {
    return inFlight;
  }
}
