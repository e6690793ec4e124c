package io.focusstream.operators.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/**
 * How likely a stream's next tokens are by parallel decoding, for models whose chunks make
 * proposals: each chunk, and the tail as the newest of them, is continued with the stream's newest
 * tokens, and {@link SourceMixture} says how much each counts. What the first of those tokens were
 * counts for the later ones: they tell which chunk goes on.
 *
 * <p>Owns its buffers.
 */
public final class StreamScorer implements AutoCloseable {
  // Rows at once, one a token and chunk: what each makes of all tokens lies in memory together.
  private static final int MOST_ROWS = 2048;
  private static final int MOST_TOKENS = 32;

  private final FocusModel model;
  private final NDManager manager;
  private final int[] prompt;
  private final int[] continuation;
  private final NDArray abstain;
  private final List<ChunkBatch> batches = new ArrayList<>();
  private final int[] tail;
  private int chunks;

  StreamScorer(FocusModel model, int[] tail, int[] prompt, int[] continuation) {
    if (prompt.length == 0 || continuation.length == 0) {
      throw new IllegalArgumentException("neither prompt nor continuation may be empty");
    }
    this.model = model;
    this.manager = model.newManager();
    this.tail = tail.clone();
    this.prompt = prompt.clone();
    this.continuation = continuation.clone();
    this.abstain = manager.create(new long[] {model.config().focus().abstainToken()});
  }

  /** As {@link AnswerDecoder#add}. */
  public void add(List<FocusModel.States> states) {
    batches.add(new ChunkBatch(model, manager, states, room()));
    chunks += states.size();
  }

  private int room() {
    return prompt.length + continuation.length;
  }

  /**
   * Natural logarithms of the continuation's probabilities, token by token; each after all that is
   * before it.
   */
  public double[] score() {
    batches.add(newest());
    int[] all = Arrays.copyOf(prompt, prompt.length + continuation.length);
    System.arraycopy(continuation, 0, all, prompt.length, continuation.length);
    SourceMixture mixture = new SourceMixture(chunks + 1);
    double[] scores = new double[continuation.length];
    int largest = batches.stream().mapToInt(ChunkBatch::size).max().orElseThrow();
    int stride = Math.max(1, Math.min(MOST_TOKENS, MOST_ROWS / largest));
    for (int from = 0; from < all.length - 1; from += stride) {
      int to = Math.min(all.length - 1, from + stride);
      double[][] found = likelihoods(all, from, to);
      for (int i = from; i < to; i++) {
        double score = mixture.next(found[i - from]);
        if (i + 1 >= prompt.length) {
          scores[i + 1 - prompt.length] = score;
        }
      }
    }
    return scores;
  }

  /** Of the tokens after those from and to: by each source. */
  private double[][] likelihoods(int[] all, int from, int to) {
    double[][] found = new double[to - from][chunks + 1];
    try (NDManager own = manager.newSubManager()) {
      NDArray tokens =
          FocusModel.tokens(own, List.of(Arrays.copyOfRange(all, from, to)), to - from);
      NDArray next =
          FocusModel.tokens(own, List.of(Arrays.copyOfRange(all, from + 1, to + 1)), to - from)
              .flatten();
      List<Supplier<float[]>> work = new ArrayList<>();
      for (ChunkBatch batch : batches) {
        work.add(
            () ->
                batch.run(own, "likelihood", tokens, to - from, to - from, next, abstain)[0]
                    .toFloatArray());
      }
      int column = 0;
      for (float[] some : model.sideBySide(work)) {
        int size = some.length / (to - from);
        for (int i = 0; i < some.length; i++) {
          found[i / size][column + i % size] = some[i];
        }
        column += size;
      }
    }
    return found;
  }

  /** The tail; where there is none, a source that holds nothing. */
  private ChunkBatch newest() {
    try (NDManager own = manager.newSubManager()) {
      if (tail.length > 0) {
        FocusModel.States states =
            model.take(own, model.prefill(own, List.of(tail)), 0, tail.length);
        return new ChunkBatch(model, manager, List.of(states), room());
      }
      return new ChunkBatch(model, manager, List.of(model.nothing(own)), new long[] {0}, room());
    }
  }

  @Override
  public void close() {
    batches.forEach(ChunkBatch::release);
    manager.close();
  }
}
