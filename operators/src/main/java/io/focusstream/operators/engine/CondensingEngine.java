package io.focusstream.operators.engine;

import io.focusstream.operators.text.LineMatcher.Found;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Runs the model: condenses sealed chunks and answers questions over condensed chunks (FocusLLM,
 * arXiv 2408.11745). One engine serves a device and a process; it is shared by all operators there
 * and safe to call from any thread.
 *
 * <p>Futures complete on the engine's own threads: a caller that owns state must come back to its
 * own thread before it touches any. A future that fails fails with an {@link EngineException}. The
 * result for a task never depends on what else the engine is doing, but for the last bits of
 * products, which depend on how many rows go together: a tie can break in another way.
 *
 * <p>Who doesn't want a result any more cancels its future: the engine then drops the task and what
 * it holds for it, at the latest when the step that it is in has ended.
 */
public interface CondensingEngine extends AutoCloseable {

  /** The model that this engine runs. */
  ModelInfo model();

  /** Runs a sealed chunk once through the frozen decoder and encodes its state. */
  CompletableFuture<CondensedChunk> condense(CondenseTask task);

  /** Answers a question by parallel decoding over the candidates of all chunks. */
  CompletableFuture<EngineAnswer> ask(AskTask task);

  /** Hears of an answer while it is made. Called on the engine's threads; must not block. */
  @FunctionalInterface
  interface TokenListener {
    /**
     * One more token.
     *
     * @param soFar all tokens of the answer so far; the listener's own
     */
    void tokens(int[] soFar);
  }

  /**
   * As {@link #ask(AskTask)}, and tells of the tokens as they come: never of the last one's answer,
   * which is the result. An engine may tell of none.
   */
  default CompletableFuture<EngineAnswer> ask(AskTask task, TokenListener listener) {
    return ask(task);
  }

  /**
   * The lines that a question should be answered from if they can: those that share its rare words.
   * May be asked from any thread; reads tokens only.
   *
   * @param texts tokens of the chunks, oldest first, and of the tail as the last
   * @param question as {@link AskTask#question()}
   * @return none where the engine reads all chunks alike
   */
  default Found find(List<int[]> texts, int[] question) {
    return Found.NOTHING;
  }

  /**
   * Whether a chunk's state is in the hot tier now, so that its blocks need not be read from state.
   * A hint: it may be evicted before the question runs, and is then made again from tokens.
   */
  boolean isHot(ChunkKey key);

  /** What it has done and holds, for metrics; may be asked from any thread. */
  default EngineStats stats() {
    return EngineStats.NONE;
  }

  /** Sizes of the last batches that were condensed, oldest first; from any thread. */
  default List<BatchSize> recentBatches() {
    return List.of();
  }

  /** Stops the engine; tasks that have not completed fail. */
  @Override
  void close();
}
