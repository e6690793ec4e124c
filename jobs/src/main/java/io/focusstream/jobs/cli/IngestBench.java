package io.focusstream.jobs.cli;

import io.focusstream.jobs.local.FollowedFile;
import io.focusstream.jobs.local.LocalSession;
import io.focusstream.jobs.local.LocalSettings;
import io.focusstream.jobs.local.MetricTap;
import io.focusstream.jobs.local.Progress;
import io.focusstream.jobs.topology.ModelLoader;
import io.focusstream.jobs.topology.ModelOptions;
import io.focusstream.operators.config.CondenseOptions;
import io.focusstream.operators.kv.Quantisation;
import io.focusstream.operators.stream.FocusMetrics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.apache.flink.configuration.Configuration;

/**
 * Times a log's way from a file through an embedded Kafka and Flink into condensed chunks: from the
 * moment its lines are there to the last chunk's state. The job has begun and has read other lines
 * before that, so that a fresh JVM's compiling and the graph's first runs count for less.
 */
final class IngestBench {
  private static final Duration LONGEST = Duration.ofMinutes(30);
  private static final long POLL_NANOS = 20_000_000;
  private static final int LINE_WORDS = 12;

  /** Words of the lines that are read before the clock starts. */
  private static final long WARM_UP_WORDS = 24_000;

  /**
   * What was read.
   *
   * @param tokens tokenized and accumulated
   * @param chunks condensed
   * @param seconds from the lines' appearance on
   * @param engine what the engine did in that time
   */
  record Ingest(long tokens, long chunks, double seconds, Engine engine) {}

  /**
   * What an engine has condensed.
   *
   * @param tokens in all batches
   * @param batches so many
   * @param seconds that they took
   */
  record Engine(double tokens, double batches, double seconds) {
    private static Engine now() {
      double tokens = gauge(FocusMetrics.ENGINE_TOKENS);
      double rate = gauge(FocusMetrics.ENGINE_TOKENS_PER_SECOND);
      return new Engine(tokens, gauge(FocusMetrics.ENGINE_BATCHES), rate > 0 ? tokens / rate : 0);
    }

    private static double gauge(String name) {
      return MetricTap.max(name).orElse(0);
    }

    private Engine less(Engine before) {
      return new Engine(tokens - before.tokens, batches - before.batches, seconds - before.seconds);
    }
  }

  private IngestBench() {}

  /**
   * Runs a session of its own in a directory.
   *
   * @param directory empty; the caller removes it
   * @param words of random lines, about a token or two each
   * @param chunk tokens
   */
  static Ingest run(
      ModelLoader models,
      Path model,
      Path directory,
      long words,
      int chunk,
      Quantisation kv,
      long seed)
      throws IOException {
    Configuration configuration = new Configuration();
    configuration.set(ModelOptions.MODEL, model.toString());
    configuration.set(ModelOptions.QUANTISATION, kv);
    configuration.set(CondenseOptions.CHUNK_TOKENS, chunk);
    Path log = directory.resolve("bench.log");
    Files.createFile(log);
    LocalSettings settings =
        new LocalSettings(
            directory.resolve("data"),
            0,
            0,
            1,
            List.of(new FollowedFile(log, "bench")),
            List.of(),
            List.of(),
            configuration);
    try (LocalSession session =
        LocalSession.start(settings, models.load(configuration), message -> {})) {
      long deadline = System.nanoTime() + LONGEST.toNanos();
      await(session, deadline, Progress::running);
      Progress warm = read(session, deadline, log, lines(WARM_UP_WORDS, ~seed));
      List<String> lines = lines(words, seed);
      Engine before = Engine.now();
      long began = System.nanoTime();
      Progress end = read(session, deadline, log, lines);
      double seconds = (System.nanoTime() - began) / 1e9;
      return new Ingest(
          end.tokens() - warm.tokens(),
          end.chunksCondensed() - warm.chunksCondensed(),
          seconds,
          Engine.now().less(before));
    }
  }

  private static Progress read(LocalSession session, long deadline, Path log, List<String> lines)
      throws IOException {
    long events = session.progress().events() + lines.size();
    Files.write(log, lines, StandardOpenOption.APPEND);
    return await(session, deadline, now -> now.caughtUp() && now.events() == events);
  }

  private static Progress await(LocalSession session, long deadline, Predicate<Progress> done) {
    while (true) {
      Progress now = session.progress();
      if (done.test(now)) {
        return now;
      }
      if (System.nanoTime() > deadline) {
        throw new CliException(
            ExitCodes.FAILED, "after " + LONGEST.toMinutes() + " minutes the job is at " + now);
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  static List<String> lines(long words, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    String[] vocabulary =
        "request response served cached user session timeout worker node started stopped in ms for id"
            .split(" ");
    List<String> lines = new ArrayList<>();
    for (long made = 0; made < words; made += LINE_WORDS) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < LINE_WORDS; i++) {
        line.append(i == 0 ? "" : " ")
            .append(
                i % 3 == 2
                    ? Integer.toString(random.nextInt(10_000))
                    : vocabulary[random.nextInt(vocabulary.length)]);
      }
      lines.add(line.toString());
    }
    return lines;
  }
}
