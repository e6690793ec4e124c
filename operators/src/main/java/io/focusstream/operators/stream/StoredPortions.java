package io.focusstream.operators.stream;

import io.focusstream.operators.engine.ChunkKey;
import io.focusstream.operators.engine.CondensingEngine;
import io.focusstream.operators.engine.EngineException;
import io.focusstream.operators.engine.StatePortions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Reads the stored states of a question's chunks from state for the engine, a portion a mail:
 * between two the task does what else it has to do. What is hot when its turn comes isn't read.
 *
 * <p>{@link #next()} is for the engine's thread, all else for the mailbox thread.
 */
final class StoredPortions implements StatePortions {
  private final TaskContext task;
  private final StreamStore store;
  private final CondensingEngine engine;
  private final Work.Question question;
  private final int attempt;
  private final List<Integer> indices;
  private final List<ChunkKey> keys;
  private final long portionBytes;
  private int next;

  /**
   * @param attempt which of the question's calls to the engine reads
   * @param indices of the chunks in state
   * @param keys the chunks' content keys
   * @param portionBytes a portion ends with the chunk that reaches them
   */
  StoredPortions(
      TaskContext task,
      StreamStore store,
      CondensingEngine engine,
      Work.Question question,
      int attempt,
      List<Integer> indices,
      List<ChunkKey> keys,
      long portionBytes) {
    this.task = task;
    this.store = store;
    this.engine = engine;
    this.question = question;
    this.attempt = attempt;
    this.indices = List.copyOf(indices);
    this.keys = List.copyOf(keys);
    this.portionBytes = portionBytes;
  }

  @Override
  public CompletableFuture<List<List<byte[]>>> next() {
    CompletableFuture<List<List<byte[]>>> portion = new CompletableFuture<>();
    task.mail(
        "stored states for %s",
        question,
        () -> {
          if (question.calls == attempt && question.phase == Work.Phase.IN_FLIGHT) {
            task.withKey(question.stream, () -> read(portion));
          } else {
            // nobody waits for its answer; the chunks may be gone
            portion.cancel(false);
          }
        });
    return portion;
  }

  private void read(CompletableFuture<List<List<byte[]>>> portion) throws Exception {
    List<List<byte[]>> some = new ArrayList<>();
    long bytes = 0;
    try {
      while (next < indices.size() && bytes < portionBytes) {
        List<byte[]> blocks =
            engine.isHot(keys.get(next)) ? List.of() : store.blocks(indices.get(next));
        for (byte[] block : blocks) {
          bytes += block.length;
        }
        some.add(blocks);
        next++;
      }
    } catch (OutOfMemoryError e) {
      portion.completeExceptionally(EngineException.outOfMemory("loading " + question, e));
      return;
    }
    portion.complete(some);
  }
}
