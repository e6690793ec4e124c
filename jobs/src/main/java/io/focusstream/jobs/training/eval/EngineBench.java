package io.focusstream.jobs.training.eval;

import io.focusstream.operators.engine.AskTask;
import io.focusstream.operators.engine.ChunkInput;
import io.focusstream.operators.engine.ChunkKey;
import io.focusstream.operators.engine.CondenseTask;
import io.focusstream.operators.engine.CondensedChunk;
import io.focusstream.operators.engine.CondensingEngine;
import io.focusstream.operators.engine.EngineAnswer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Times an engine on random tokens: no chunk is like another. Medians of repeated runs after a
 * warm-up.
 */
public final class EngineBench {
  private static final int FIRST_TOKEN = 3;

  /** So many chunks' states are in memory at once while they are stored. */
  private static final int CHUNKS_A_TIME = 64;

  private final CondensingEngine engine;
  private final int chunkTokens;
  private final int repeats;
  private final SplittableRandom random;

  /**
   * @param chunkTokens tokens of each chunk
   * @param repeats runs that the median is taken of
   */
  public EngineBench(CondensingEngine engine, int chunkTokens, int repeats, long seed) {
    this.engine = engine;
    this.chunkTokens = chunkTokens;
    this.repeats = repeats;
    this.random = new SplittableRandom(seed);
  }

  private int[] tokens(int count) {
    return random.ints(count, FIRST_TOKEN, engine.model().vocabularySize()).toArray();
  }

  private List<CondensedChunk> condense(List<int[]> chunks) {
    List<CompletableFuture<CondensedChunk>> running =
        chunks.stream()
            .map(tokens -> engine.condense(new CondenseTask(ChunkKey.of(tokens), tokens)))
            .toList();
    return running.stream().map(CompletableFuture::join).toList();
  }

  private List<int[]> chunks(int count) {
    List<int[]> chunks = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      chunks.add(tokens(chunkTokens));
    }
    return chunks;
  }

  /**
   * Tokens a second condensed, states encoded.
   *
   * @param count chunks a run
   */
  public double condenseRate(int count) {
    condense(chunks(count));
    double[] rates = new double[repeats];
    for (int i = 0; i < repeats; i++) {
      List<int[]> fresh = chunks(count);
      long began = System.nanoTime();
      condense(fresh);
      rates[i] = (double) count * chunkTokens / ((System.nanoTime() - began) / 1e9);
    }
    return median(rates);
  }

  /**
   * What a question takes, in seconds.
   *
   * @param chunks of the stream
   * @param loadSeconds until all chunk states were at hand
   * @param firstTokenSeconds from the asking to the first token, loading included
   * @param tokenSeconds each further token; NaN where the answers ended at once
   */
  public record Ask(
      int chunks, double loadSeconds, double firstTokenSeconds, double tokenSeconds) {}

  /**
   * Times questions over a history whose states the engine keeps.
   *
   * @param historyTokens a multiple of the chunk size, or less by up to a chunk
   */
  public Ask ask(int historyTokens, int questionTokens, int answerTokens) {
    List<int[]> history = history(historyTokens);
    List<ChunkInput> inputs = inputs(history);
    return time(history.size(), () -> inputs, questionTokens, answerTokens);
  }

  /**
   * Times questions over a history whose states are in a RocksDB only, and read from there anew for
   * each; the reading is part of the loading.
   *
   * @param historyTokens a multiple of the chunk size, or less by up to a chunk
   * @param folder for the database, empty
   */
  public Ask askCold(int historyTokens, int questionTokens, int answerTokens, Path folder) {
    List<int[]> history = history(historyTokens);
    try (StoredStates stored = new StoredStates(folder)) {
      List<ChunkKey> keys = new ArrayList<>();
      int blocks = 0;
      for (int from = 0; from < history.size(); from += CHUNKS_A_TIME) {
        List<int[]> part = history.subList(from, Math.min(history.size(), from + CHUNKS_A_TIME));
        for (CondensedChunk chunk : condense(part)) {
          stored.put(keys.size(), chunk.blocks());
          keys.add(chunk.key());
          blocks = chunk.blocks().size();
        }
      }
      stored.reopen();
      int count = blocks;
      return time(
          history.size(),
          () -> {
            List<ChunkInput> inputs = new ArrayList<>();
            for (int i = 0; i < history.size(); i++) {
              inputs.add(new ChunkInput(keys.get(i), history.get(i), stored.blocks(i, count)));
            }
            return inputs;
          },
          questionTokens,
          answerTokens);
    }
  }

  /**
   * What many questions take, each over a stream of its own.
   *
   * @param answerTokens of all answers
   * @param oneByOneSeconds where each is asked when the one before is answered
   * @param atOnceSeconds where all are asked at once
   */
  public record AtOnce(int answerTokens, double oneByOneSeconds, double atOnceSeconds) {}

  /**
   * Times questions over as many streams, whose states the engine keeps.
   *
   * @param historyTokens of each stream, a multiple of the chunk size, or less by up to a chunk
   */
  public AtOnce atOnce(int questions, int historyTokens, int questionTokens, int answerTokens) {
    List<List<ChunkInput>> streams = new ArrayList<>();
    for (int i = 0; i < questions; i++) {
      streams.add(inputs(history(historyTokens)));
    }
    double[] oneByOne = new double[repeats];
    double[] atOnce = new double[repeats];
    int answered = 0;
    for (int i = -1; i < repeats; i++) {
      List<AskTask> tasks =
          streams.stream()
              .map(
                  stream ->
                      new AskTask(
                          stream, tokens(chunkTokens / 2), tokens(questionTokens), answerTokens))
              .toList();
      long began = System.nanoTime();
      tasks.forEach(task -> engine.ask(task).join());
      double alone = (System.nanoTime() - began) / 1e9;
      began = System.nanoTime();
      List<CompletableFuture<EngineAnswer>> running = tasks.stream().map(engine::ask).toList();
      answered = running.stream().mapToInt(answer -> answer.join().tokens().length).sum();
      if (i >= 0) {
        oneByOne[i] = alone;
        atOnce[i] = (System.nanoTime() - began) / 1e9;
      }
    }
    return new AtOnce(answered, median(oneByOne), median(atOnce));
  }

  private List<ChunkInput> inputs(List<int[]> history) {
    List<CondensedChunk> made = condense(history);
    List<ChunkInput> inputs = new ArrayList<>();
    for (int i = 0; i < history.size(); i++) {
      inputs.add(new ChunkInput(made.get(i).key(), history.get(i), made.get(i).blocks()));
    }
    return inputs;
  }

  private List<int[]> history(int tokens) {
    return chunks(Math.max(1, tokens / chunkTokens));
  }

  private Ask time(
      int count, Supplier<List<ChunkInput>> inputs, int questionTokens, int answerTokens) {
    double[] load = new double[repeats];
    double[] first = new double[repeats];
    double[] further = new double[repeats];
    for (int i = -1; i < repeats; i++) {
      long began = System.nanoTime();
      List<ChunkInput> read = inputs.get();
      double reading = (System.nanoTime() - began) / 1e9;
      EngineAnswer answer =
          engine
              .ask(new AskTask(read, tokens(chunkTokens / 2), tokens(questionTokens), answerTokens))
              .join();
      if (i >= 0) {
        EngineAnswer.Timings timings = answer.timings();
        load[i] = reading + timings.load().toNanos() / 1e9;
        first[i] = reading + timings.firstToken().toNanos() / 1e9;
        int steps = answer.furtherSteps();
        further[i] =
            steps < 1
                ? Double.NaN
                : timings.total().minus(timings.firstToken()).toNanos() / 1e9 / steps;
      }
    }
    return new Ask(count, median(load), median(first), median(further));
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
