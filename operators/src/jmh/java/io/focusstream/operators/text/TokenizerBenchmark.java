package io.focusstream.operators.text;

import io.focusstream.operators.engine.djl.BundledModels;
import java.io.IOException;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** The bundled model's tokenizer on a log line of about forty tokens, another each time. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
public class TokenizerBenchmark {
  private TextTokenizer tokenizer;
  private final String[] lines = new String[1024];
  private int next;

  @Setup
  public void open() throws IOException {
    tokenizer = TextTokenizers.load(BundledModels.folder("small").resolve("tokenizer.json"));
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < lines.length; i++) {
      lines[i] =
          "2026-11-23 10:%02d:%02d,%03d INFO  Worker-%d served request %d of user %d in %d ms"
              .formatted(
                  random.nextInt(60),
                  random.nextInt(60),
                  random.nextInt(1000),
                  random.nextInt(64),
                  random.nextInt(100_000),
                  random.nextInt(10_000),
                  random.nextInt(500));
    }
  }

  @TearDown
  public void close() throws Exception {
    tokenizer.close();
  }

  @Benchmark
  public int[] line() {
    next = (next + 1) % lines.length;
    return tokenizer.encode(lines[next]);
  }
}
