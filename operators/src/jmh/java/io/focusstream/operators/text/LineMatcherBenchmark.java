package io.focusstream.operators.text;

import io.focusstream.operators.engine.djl.BundledModels;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The lines that name an id, in a stream of a million tokens in chunks of 240. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
public class LineMatcherBenchmark {
  private static final int TOKENS = 1_000_000;
  private static final int CHUNK = 240;

  private final List<int[]> chunks = new ArrayList<>();
  private LineMatcher matcher;
  private int[] question;

  @Setup
  public void open() throws IOException {
    try (TextTokenizer tokenizer =
        TextTokenizers.load(BundledModels.folder("small").resolve("tokenizer.json"))) {
      matcher = new LineMatcher(tokenizer);
      question = new PromptTemplate(tokenizer).layOut("How long did request 4711 take?");
      SplittableRandom random = new SplittableRandom(1);
      int[] chunk = new int[CHUNK];
      int used = 0;
      while (chunks.size() * CHUNK < TOKENS) {
        String line =
            "2026-11-28 10:00:00 INFO Worker-%d served request %d of user %d in %d ms"
                .formatted(
                    random.nextInt(64),
                    random.nextInt(100_000),
                    random.nextInt(10_000),
                    random.nextInt(500));
        int[] tokens = tokenizer.encode(EventText.of(line));
        if (used + tokens.length > CHUNK) {
          chunks.add(Arrays.copyOf(chunk, used));
          used = 0;
        }
        System.arraycopy(tokens, 0, chunk, used, tokens.length);
        used += tokens.length;
      }
    }
  }

  @Benchmark
  public LineMatcher.Found aMillionTokens() {
    return matcher.find(chunks, question, 32);
  }
}
