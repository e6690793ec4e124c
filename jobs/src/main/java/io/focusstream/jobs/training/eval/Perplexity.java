package io.focusstream.jobs.training.eval;

import io.focusstream.jobs.training.data.Books;
import io.focusstream.jobs.training.data.HeldOutLogs;
import io.focusstream.jobs.training.data.Rng;
import io.focusstream.operators.engine.AskTask;
import io.focusstream.operators.engine.ChunkInput;
import io.focusstream.operators.text.EventText;
import io.focusstream.operators.text.TextTokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * How surprised a model is by the end of a stream (FocusLLM §4.2): the perplexity of its last
 * {@value #TARGETS} tokens, given what stands before them. They are scored some at a time: the last
 * {@value #PROMPT} tokens before a block are the dynamic prompt, at most {@value #LOCAL} tokens
 * before it the local context, and all tokens before those are chunks.
 */
public final class Perplexity {
  /** Tokens that are scored. */
  public static final int TARGETS = 256;

  /** Tokens that the decoder scores over the same prompt: it reads candidates of that prompt. */
  public static final int DECODER_BLOCK = 8;

  /** Tokens that proposals score over the same prompt: chunks are continued with each of them. */
  public static final int PROPOSALS_BLOCK = 64;

  /** Tokens of the dynamic prompt. */
  public static final int PROMPT = 32;

  /** Most tokens of the local context. */
  public static final int LOCAL = 256;

  private static final long EVALUATION = 0x9E49_1E71L;
  private final Scorer engine;
  private final StreamReader reader;
  private final int chunkTokens;
  private final int blockTokens;

  /** Mean natural logarithm of a continuation's probabilities after a task's question. */
  @FunctionalInterface
  public interface Scorer {
    CompletableFuture<Double> score(AskTask task, int[] continuation);
  }

  /**
   * @param chunkTokens tokens of a chunk
   * @param blockTokens tokens that are scored over the same prompt
   */
  public Perplexity(Scorer engine, StreamReader reader, int chunkTokens, int blockTokens) {
    this.engine = engine;
    this.reader = reader;
    this.chunkTokens = chunkTokens;
    this.blockTokens = blockTokens;
  }

  /** What the stream is. */
  public enum Text {
    /** Generated logs of kinds that are held out of training. */
    logs,
    /** English prose; from a folder of books that training never saw. */
    books
  }

  /**
   * Mean surprise of a token, in nats.
   *
   * @param chunks with the whole history condensed
   * @param local with the local context alone
   * @param full with plain attention over all tokens; NaN where they are too many
   */
  public record Score(double chunks, double local, double full) {}

  /**
   * The last {@code tokens} tokens of a stream that never began: a longer history has the same end,
   * so that what it says of that end can be compared.
   *
   * @param books only for {@link Text#books}
   */
  public static int[] stream(
      TextTokenizer tokenizer, Text text, Books books, int tokens, long seed, int index) {
    Rng rng = Rng.of(seed ^ EVALUATION, index);
    int[] all = new int[tokens];
    int paragraph = text == Text.books ? rng.below(books.size()) : 0;
    // from the newest line to the oldest
    List<String> lines = List.of();
    int line = 0;
    for (int at = tokens; at > 0; ) {
      if (line == 0) {
        if (text == Text.books) {
          lines = List.of(books.paragraph(paragraph));
          paragraph = Math.floorMod(paragraph - 1, books.size());
        } else {
          int kind = index % HeldOutLogs.kinds();
          lines = HeldOutLogs.episode(rng.below(1 << 30), kind, 200).lines();
        }
        line = lines.size();
      }
      int[] ids = tokenizer.encode(EventText.of(lines.get(--line)));
      int count = Math.min(ids.length, at);
      at -= count;
      System.arraycopy(ids, ids.length - count, all, at, count);
    }
    return all;
  }

  /**
   * Scores the end of a stream.
   *
   * @param window most tokens for plain attention over everything
   */
  public Score score(int[] stream, int window) {
    int target = stream.length - TARGETS;
    int localFrom = target - LOCAL;
    if (localFrom < 0) {
      throw new IllegalArgumentException(
          "a stream must have at least " + (TARGETS + LOCAL) + " tokens; got " + stream.length);
    }
    List<int[]> sealed = new ArrayList<>();
    for (int from = 0; from < localFrom; from += chunkTokens) {
      sealed.add(Arrays.copyOfRange(stream, from, Math.min(localFrom, from + chunkTokens)));
    }
    List<ChunkInput> chunks = reader.condense(sealed);
    boolean all = stream.length <= window;
    double[] sums = new double[3];
    for (int block = target; block < stream.length; block += blockTokens) {
      sums[0] += surprise(chunks, stream, block - LOCAL, block);
      sums[1] += surprise(List.of(), stream, block - LOCAL, block);
      sums[2] += all ? surprise(List.of(), stream, 0, block) : Double.NaN;
    }
    double blocks = (double) TARGETS / blockTokens;
    return new Score(sums[0] / blocks, sums[1] / blocks, sums[2] / blocks);
  }

  private double surprise(List<ChunkInput> chunks, int[] stream, int localFrom, int block) {
    int prompt = block - PROMPT;
    AskTask task =
        new AskTask(
            chunks,
            Arrays.copyOfRange(stream, localFrom, prompt),
            Arrays.copyOfRange(stream, prompt, block),
            blockTokens);
    int end = Math.min(stream.length, block + blockTokens);
    return -engine.score(task, Arrays.copyOfRange(stream, block, end)).join();
  }
}
