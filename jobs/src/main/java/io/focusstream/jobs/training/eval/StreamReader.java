package io.focusstream.jobs.training.eval;

import io.focusstream.operators.engine.AskTask;
import io.focusstream.operators.engine.ChunkInput;
import io.focusstream.operators.engine.ChunkKey;
import io.focusstream.operators.engine.CondenseTask;
import io.focusstream.operators.engine.CondensedChunk;
import io.focusstream.operators.engine.CondensingEngine;
import io.focusstream.operators.engine.EngineAnswer;
import io.focusstream.operators.text.Chunker;
import io.focusstream.operators.text.EventText;
import io.focusstream.operators.text.Prefilter;
import io.focusstream.operators.text.PromptTemplate;
import io.focusstream.operators.text.TextTokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/**
 * A stream as the operator keeps it, without Flink: the same chunker, engine and chunk states. For
 * evaluation and benchmarks.
 */
public final class StreamReader {
  private final CondensingEngine engine;
  private final TextTokenizer tokenizer;
  private final PromptTemplate template;
  private final Chunker chunker;

  /**
   * @param chunkTokens most tokens of a chunk
   * @param windowTokens most tokens of the tail
   */
  public StreamReader(
      CondensingEngine engine, TextTokenizer tokenizer, int chunkTokens, int windowTokens) {
    this.engine = engine;
    this.tokenizer = tokenizer;
    this.template = new PromptTemplate(tokenizer);
    this.chunker = new Chunker(chunkTokens, windowTokens);
  }

  /**
   * A stream that has been read.
   *
   * @param chunks with their stored states, oldest first
   * @param chunkOfLine a line's chunk; -1 for the tail; where a line was split, its first part's
   * @param tail token ids
   * @param tokens of the whole stream
   * @param condensedTokens tokens that the engine condensed: equal chunks count once
   * @param condenseSeconds how long that took, encoding the states included
   */
  public record Condensed(
      List<ChunkInput> chunks,
      int[] chunkOfLine,
      int[] tail,
      int tokens,
      long condensedTokens,
      double condenseSeconds) {}

  /** Reads lines; every chunk is condensed once, through the codec. */
  public Condensed read(List<String> lines) {
    int[][] tokens = new int[lines.size()][];
    int all = 0;
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = tokenizer.encode(EventText.of(lines.get(i)));
      all += tokens[i].length;
    }
    Chunker.Plan plan = chunker.plan(Arrays.stream(tokens).mapToInt(t -> t.length).toArray());
    int[] chunkOfLine = new int[lines.size()];
    Arrays.fill(chunkOfLine, -1);
    List<int[]> sealed = new ArrayList<>();
    for (List<Chunker.Piece> pieces : plan.chunks()) {
      int[] chunk = new int[pieces.stream().mapToInt(p -> p.to() - p.from()).sum()];
      int at = 0;
      for (Chunker.Piece piece : pieces) {
        int length = piece.to() - piece.from();
        System.arraycopy(tokens[piece.event()], piece.from(), chunk, at, length);
        at += length;
        if (piece.from() == 0) {
          chunkOfLine[piece.event()] = sealed.size();
        }
      }
      sealed.add(chunk);
    }
    List<Integer> tail = new ArrayList<>();
    for (int line = plan.firstEvent(); line < tokens.length; line++) {
      for (int i = line == plan.firstEvent() ? plan.firstToken() : 0;
          i < tokens[line].length;
          i++) {
        tail.add(tokens[line][i]);
      }
    }
    long began = System.nanoTime();
    List<ChunkInput> chunks = condense(sealed);
    double seconds = (System.nanoTime() - began) / 1e9;
    long condensed =
        chunks.stream()
            .collect(Collectors.toMap(ChunkInput::key, c -> (long) c.tokens().length, (a, b) -> a))
            .values()
            .stream()
            .mapToLong(Long::longValue)
            .sum();
    return new Condensed(
        chunks,
        chunkOfLine,
        tail.stream().mapToInt(Integer::intValue).toArray(),
        all,
        condensed,
        seconds);
  }

  /** Condenses token ids that are cut into chunks already, each different chunk once. */
  List<ChunkInput> condense(List<int[]> sealed) {
    Map<ChunkKey, CompletableFuture<CondensedChunk>> running = new HashMap<>();
    List<ChunkKey> keys = new ArrayList<>();
    for (int[] chunk : sealed) {
      ChunkKey key = ChunkKey.of(chunk);
      keys.add(key);
      // equal chunks have equal states: filler repeats itself
      running.computeIfAbsent(key, k -> engine.condense(new CondenseTask(k, chunk)));
    }
    List<ChunkInput> chunks = new ArrayList<>();
    for (int i = 0; i < sealed.size(); i++) {
      chunks.add(
          new ChunkInput(keys.get(i), sealed.get(i), running.get(keys.get(i)).join().blocks()));
    }
    return chunks;
  }

  /**
   * Asks; waits for the answer.
   *
   * @param mostChunks where there are more, the best by {@link Prefilter} are asked; 0 for all
   */
  public EngineAnswer ask(Condensed stream, String question, int maxAnswerTokens, int mostChunks) {
    int[] laidOut = template.layOut(question);
    List<ChunkInput> chunks = stream.chunks();
    int[] chosen = null;
    if (mostChunks > 0 && mostChunks < chunks.size()) {
      chosen =
          Prefilter.choose(chunks.stream().map(ChunkInput::tokens).toList(), laidOut, mostChunks);
      chunks = Arrays.stream(chosen).mapToObj(chunks::get).toList();
    }
    List<int[]> texts = new ArrayList<>(chunks.stream().map(ChunkInput::tokens).toList());
    texts.add(stream.tail());
    return engine
        .ask(
            new AskTask(
                chunks,
                stream.tail(),
                laidOut,
                maxAnswerTokens,
                engine.find(texts, laidOut),
                false))
        .join()
        .over(chosen, stream.chunks().size());
  }

  /** An answer's text, outer white space cut. */
  public String text(EngineAnswer answer) {
    return tokenizer.decode(answer.tokens()).strip();
  }

  /** The place with the most attention: a chunk's index, or -1 for the tail. */
  public static int evidence(EngineAnswer answer) {
    float[] weights = answer.chunkWeights();
    int best = -1;
    for (int i = 0; i < weights.length; i++) {
      if (best < 0 || weights[i] > weights[best]) {
        best = i;
      }
    }
    boolean tail = best < 0 || weights[best] * (1 - answer.tailWeight()) < answer.tailWeight();
    return tail ? -1 : best;
  }
}
