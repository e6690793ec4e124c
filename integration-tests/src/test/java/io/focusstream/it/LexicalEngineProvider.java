package io.focusstream.it;

import io.focusstream.operators.engine.AskTask;
import io.focusstream.operators.engine.ChunkInput;
import io.focusstream.operators.engine.ChunkKey;
import io.focusstream.operators.engine.CondenseTask;
import io.focusstream.operators.engine.CondensedChunk;
import io.focusstream.operators.engine.CondensingEngine;
import io.focusstream.operators.engine.CondensingEngineProvider;
import io.focusstream.operators.engine.EngineAnswer;
import io.focusstream.operators.engine.EngineException;
import io.focusstream.operators.engine.ModelInfo;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * An engine that needs no model: it answers with what follows the colon in the line that shares the
 * most words with the question. Works asynchronously, as the real one does.
 *
 * @param delayMillis how long each question takes
 */
record LexicalEngineProvider(long delayMillis) implements CondensingEngineProvider {
  static final String FINGERPRINT = "lexical-1";

  /** A question with this word fails. */
  static final String FAILING = "explode";

  /** While this holds something, no engine of this process completes anything before that has. */
  static final AtomicReference<CompletableFuture<Void>> BLOCKED = new AtomicReference<>();

  private static <T> CompletableFuture<T> unblocked(CompletableFuture<T> result) {
    CompletableFuture<Void> until = BLOCKED.get();
    return until == null ? result : until.thenCombine(result, (nothing, value) -> value);
  }

  @Override
  public Lease acquire(OptionalInt gpu) {
    Engine engine = new Engine(delayMillis);
    return new Lease() {
      @Override
      public CondensingEngine engine() {
        return engine;
      }

      @Override
      public void close() {
        engine.close();
      }
    };
  }

  private static final class Engine implements CondensingEngine {
    private final ByteTokenizer tokenizer = new ByteTokenizer();
    private final Executor executor;

    Engine(long delayMillis) {
      this.executor = CompletableFuture.delayedExecutor(delayMillis, TimeUnit.MILLISECONDS);
    }

    @Override
    public ModelInfo model() {
      return new ModelInfo(
          "lexical",
          FINGERPRINT,
          ByteTokenizer.SIZE,
          ByteTokenizer.BEGIN,
          ByteTokenizer.END,
          4096,
          512,
          1);
    }

    @Override
    public CompletableFuture<CondensedChunk> condense(CondenseTask task) {
      return unblocked(
          CompletableFuture.supplyAsync(() -> new CondensedChunk(task.key(), blocks(task.key()))));
    }

    @Override
    public CompletableFuture<EngineAnswer> ask(AskTask task) {
      return unblocked(CompletableFuture.supplyAsync(() -> answer(task), executor));
    }

    @Override
    public boolean isHot(ChunkKey key) {
      return false;
    }

    @Override
    public void close() {}

    private static List<byte[]> blocks(ChunkKey key) {
      return List.of(key.toString().getBytes(StandardCharsets.UTF_8));
    }

    private EngineAnswer answer(AskTask task) {
      Set<String> asked = words(tokenizer.decode(task.question()));
      if (asked.contains(FAILING)) {
        throw new EngineException("no memory for that");
      }
      float[] weights = new float[task.chunks().size()];
      List<CondensedChunk> recondensed = new ArrayList<>();
      String best = "not found";
      int bestShared = 1;
      int bestChunk = -1;
      for (int i = 0; i <= task.chunks().size(); i++) {
        int[] tokens = i < task.chunks().size() ? task.chunks().get(i).tokens() : task.tail();
        if (i < task.chunks().size() && task.chunks().get(i).blocks().isEmpty()) {
          ChunkInput chunk = task.chunks().get(i);
          recondensed.add(new CondensedChunk(chunk.key(), blocks(chunk.key())));
        }
        for (String line : tokenizer.decode(tokens).split("\n")) {
          Set<String> shared = words(line);
          shared.retainAll(asked);
          if (shared.size() > bestShared) {
            bestShared = shared.size();
            bestChunk = i;
            best = line.substring(line.indexOf(": ") + 1).strip();
          }
        }
      }
      if (bestChunk >= 0 && bestChunk < weights.length) {
        weights[bestChunk] = 1;
      } else if (weights.length > 0) {
        weights[0] = 1;
      }
      int[] tokens = tokenizer.encode(best);
      return new EngineAnswer(
          Arrays.copyOf(tokens, Math.min(tokens.length, task.maxAnswerTokens())),
          tokens.length <= task.maxAnswerTokens(),
          0.9,
          weights,
          bestChunk == weights.length ? 1 : 0,
          recondensed,
          0,
          new EngineAnswer.Timings(
              Duration.ZERO, Duration.ZERO, Duration.ofMillis(1), Duration.ofMillis(2)));
    }

    private static Set<String> words(String text) {
      return new HashSet<>(Arrays.asList(text.toLowerCase(Locale.ROOT).split("[^\\p{L}\\p{N}-]+")));
    }
  }
}
