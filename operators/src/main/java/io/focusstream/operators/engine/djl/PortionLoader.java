package io.focusstream.operators.engine.djl;

import io.focusstream.operators.engine.ChunkInput;
import io.focusstream.operators.engine.EngineException;
import io.focusstream.operators.engine.StatePortions;
import io.focusstream.operators.model.FocusModel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;

/**
 * Loads chunks whose stored states come in portions: a portion is decoded when it comes, while the
 * next is read, and what makes a batch is loaded. So no more than two lie on the heap. For the
 * engine's thread.
 */
final class PortionLoader {
  /** Portions that were asked for and aren't decoded. */
  private static final int AHEAD = 2;

  private final StatePortions portions;
  private final List<ChunkInput> chunks;
  private final int together;
  private final ChunkLoader loader;
  private final Consumer<List<FocusModel.States>> into;
  private final Runnable wake;
  private final Deque<CompletableFuture<List<List<byte[]>>>> coming = new ArrayDeque<>();
  // chunks that are decoded, of which there aren't enough for a batch
  private List<ChunkInput> ready = new ArrayList<>();
  private int arrived;

  /**
   * Asks for the first portions.
   *
   * @param chunks all that are to be loaded; where one has its state, that is taken
   * @param together so many are loaded at once
   * @param into takes chunk states
   * @param wake is run, on any thread, when a portion has come
   */
  PortionLoader(
      StatePortions portions,
      List<ChunkInput> chunks,
      int together,
      ChunkLoader loader,
      Consumer<List<FocusModel.States>> into,
      Runnable wake) {
    this.portions = portions;
    this.chunks = chunks;
    this.together = together;
    this.loader = loader;
    this.into = into;
    this.wake = wake;
    for (int i = 0; i < AHEAD; i++) {
      askForMore();
    }
  }

  private void askForMore() {
    CompletableFuture<List<List<byte[]>>> next = portions.next();
    coming.add(next);
    next.whenComplete((portion, failure) -> wake.run());
  }

  /** Whether there is something to load, or to fail with. */
  boolean hasMore() {
    return arrived == chunks.size() || coming.peek().isDone();
  }

  /**
   * Loads what has come.
   *
   * @return whether all chunks are loaded
   */
  boolean load() {
    while (arrived < chunks.size() && coming.peek().isDone()) {
      decode(portion(coming.poll()));
      // not before that one is on the heap no more
      if (arrived < chunks.size()) {
        askForMore();
      }
      loadBatches(arrived == chunks.size());
    }
    return arrived == chunks.size();
  }

  private void decode(List<List<byte[]>> portion) {
    int most = chunks.size() - arrived;
    if (portion.isEmpty() || portion.size() > most) {
      throw new EngineException(
          "%d chunks' stored states came where those of 1 to %d were to"
              .formatted(portion.size(), most));
    }
    List<ChunkInput> some = new ArrayList<>();
    for (List<byte[]> blocks : portion) {
      ChunkInput chunk = chunks.get(arrived++);
      some.add(
          chunk.blocks().isEmpty() ? new ChunkInput(chunk.key(), chunk.tokens(), blocks) : chunk);
    }
    ready.addAll(loader.decode(some));
  }

  private void loadBatches(boolean last) {
    int from = 0;
    while (ready.size() - from >= together || last && from < ready.size()) {
      int to = Math.min(ready.size(), from + together);
      loader.load(ready.subList(from, to), together, into);
      from = to;
    }
    ready = new ArrayList<>(ready.subList(from, ready.size()));
  }

  private static List<List<byte[]>> portion(CompletableFuture<List<List<byte[]>>> come) {
    try {
      return come.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new EngineException("stored states can't be read: " + e.getCause(), e.getCause());
    }
  }
}
