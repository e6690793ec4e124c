package io.focusstream.operators.stream;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;

/**
 * A piece of work that a subtask has accepted and not finished. Lives on the mailbox thread and
 * only names what keyed state holds: all of it can be found again after a restore.
 */
abstract sealed class Work {
  /** Where a piece of work stands. */
  enum Phase {
    /** A question that waits for chunks to be condensed. */
    WAITING,
    /** To be given to the engine. */
    READY,
    /** At the engine. */
    IN_FLIGHT,
    /** Failed; its timer makes it ready again. */
    BACKING_OFF,
    /** Finished, given up or no longer wanted. */
    DONE
  }

  final String stream;
  Phase phase = Phase.READY;
  int attempts;
  // what the engine was asked for; null while it isn't there
  Future<?> call;
  // how often the engine was asked for it
  int calls;
  // ends the call when it takes too long; null where nothing does
  Future<?> watch;

  private Work(String stream) {
    this.stream = stream;
  }

  /** A sealed chunk to be condensed. */
  static final class Chunk extends Work {
    final int index;
    final List<Question> waiting = new ArrayList<>();
    long submittedAtMillis;

    Chunk(String stream, int index) {
      super(stream);
      this.index = index;
    }

    @Override
    public String toString() {
      return "chunk " + index + " of stream " + stream;
    }
  }

  /** A question to be answered. */
  static final class Question extends Work {
    final long sequence;
    final String id;
    final int firstChunk;
    final int nextChunk;
    int openChunks;
    long loadedBytes;
    long streamTokens;
    long submittedAtMillis;
    boolean partial;
    int partialTokens;
    // whether lines alone didn't settle it, so that the engine needs the states of all chunks
    boolean needsAllStates;
    // of the question's chunks those that the engine is asked of; null for all
    int[] chosen;

    Question(String stream, long sequence, String id, int firstChunk, int nextChunk) {
      super(stream);
      this.sequence = sequence;
      this.id = id;
      this.firstChunk = firstChunk;
      this.nextChunk = nextChunk;
    }

    @Override
    public String toString() {
      return "question " + id + " of stream " + stream;
    }
  }
}
