package io.focusstream.operators.engine;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The stored states of a question's chunks, some at a time, so that those that come later are read
 * while the engine is at those before, and few lie on the heap at a time. For one user, who asks
 * for few portions ahead.
 */
public interface StatePortions {
  /**
   * The stored states of the next chunks, oldest first; after the last ones none. Doesn't wait.
   *
   * @return completes on any thread: of each chunk its blocks, none where there are none or its
   *     state is hot ({@link ChunkInput#blocks}); fails where they can't be read, and where the
   *     question isn't the engine's any more it may never complete
   */
  CompletableFuture<List<List<byte[]>>> next();
}
