package io.focusstream.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.jobs.local.EmbeddedKafka;
import io.focusstream.operators.engine.djl.BundledModels;
import io.focusstream.operators.text.EventText;
import io.focusstream.operators.text.TextTokenizer;
import io.focusstream.operators.text.TextTokenizers;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerCodec;
import io.focusstream.schemas.AnswerStatus;
import io.focusstream.schemas.QueryCodec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.flink.configuration.MemorySize;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a task manager takes of the machine while a long stream, or many, grow in it: the model that
 * ships, RocksDB, the compose file's options. It is measured when each quarter of the events is
 * condensed, and after questions.
 *
 * <p>{@code focus.memory.tokens} is the length of the one stream (400,000), {@code
 * focus.memory.streams} how many the other test has (1,000).
 */
@Tag("soak")
class MemoryITCase {
  private static final int TOKENS = Integer.getInteger("focus.memory.tokens", 400_000);
  private static final int STREAMS = Integer.getInteger("focus.memory.streams", 1_000);

  /** Enough that two chunks of at most 256 are sealed, behind a tail of at most 256. */
  private static final int TOKENS_A_STREAM = 560;

  private static final int QUARTERS = 4;
  private static final int QUESTIONS = 4;
  private static final int ROUNDS = 4;
  private static final int SLOTS = 2;

  /**
   * Resident bytes beyond the configured process size: what the C library keeps of freed memory,
   * and libtorch's code, for which Flink's memory model has no word.
   */
  private static final long RESIDENT_ALLOWANCE = MemorySize.ofMebiBytes(256).getBytes();

  /** Heap in use after a collection at the end, by that at a quarter: state must not be on it. */
  private static final double MOST_HEAP_GROWTH = 1.5;

  /** Between rounds of questions, once the C library has as much as it keeps of freed memory. */
  private static final long MOST_RESIDENT_GROWTH = MemorySize.ofMebiBytes(128).getBytes();

  private static final Duration DEADLINE = Duration.ofMinutes(40);
  private static final double MIB = 1 << 20;

  @TempDir Path directory;

  @Test
  void aLongStreamIsHeldWithinTheProcessSize() throws Exception {
    try (Run run = new Run("one stream of " + TOKENS + " tokens")) {
      LogLines lines = new LogLines(1);
      for (int quarter = 1; quarter <= QUARTERS; quarter++) {
        run.feed("s-0", lines, (long) TOKENS * quarter / QUARTERS);
        run.measure(quarter);
      }
      run.ask("one question", 1, 1);
      for (int round = 1; round <= ROUNDS; round++) {
        run.ask(QUESTIONS + " at once, " + round, QUESTIONS, 1);
      }
      run.assertNoGrowthOverTheLast(ROUNDS / 2);
      run.restartTaskManager();
      // nothing is hot: all states come from RocksDB
      run.ask("after restart", 1, 1);
      run.assertBounded();
    }
  }

  @Test
  void manyStreamsAreHeldWithinTheProcessSize() throws Exception {
    try (Run run = new Run(STREAMS + " streams of " + TOKENS_A_STREAM + " tokens")) {
      LogLines lines = new LogLines(2);
      int stream = 0;
      for (int quarter = 1; quarter <= QUARTERS; quarter++) {
        for (; stream < STREAMS * quarter / QUARTERS; stream++) {
          run.feed("s-" + stream, lines, TOKENS_A_STREAM);
        }
        run.measure(quarter);
      }
      run.ask("one question", 1, STREAMS);
      run.ask("20 at once", 20, STREAMS);
      run.assertBounded();
    }
  }

  /** A row of the table. */
  private record Sample(
      String when,
      ProcessMemory memory,
      Map<String, Double> metrics,
      long stateBytes,
      long checkpointBytes,
      double seconds) {
    private static final String HEADER =
        "%-16s %9s %9s %9s %9s %9s %9s %9s %9s %9s %8s%n"
            .formatted(
                "",
                "tokens",
                "heap",
                "committed",
                "resident",
                "peak",
                "rocksdb",
                "hot",
                "state",
                "chkpoints",
                "s");

    double sum(String name) {
      return metrics.entrySet().stream()
          .filter(metric -> metric.getKey().endsWith(".focus.focus." + name))
          .mapToDouble(Map.Entry::getValue)
          .sum();
    }

    /** A gauge of the engine, which all subtasks share. */
    double ofEngine(String name) {
      return metrics.entrySet().stream()
          .filter(metric -> metric.getKey().endsWith(".focus.focus." + name))
          .mapToDouble(Map.Entry::getValue)
          .max()
          .orElse(0);
    }

    /** Each slot has a cache, which holds the memtables too; each state of the slot reports it. */
    double rocksBytes() {
      Map<String, Double> slots = new HashMap<>();
      metrics.forEach(
          (id, value) -> {
            if (id.endsWith("block-cache-usage")) {
              slots.merge(id.substring(0, id.indexOf('.')), value, Math::max);
            }
          });
      return slots.values().stream().mapToDouble(value -> value).sum();
    }

    @Override
    public String toString() {
      return "%-16s %,9.0f %9.0f %9.0f %9.0f %9.0f %9.0f %9.0f %9.0f %9.0f %8.0f%n"
          .formatted(
              when,
              sum("tokens"),
              memory.heapUsed() / MIB,
              memory.heapCommitted() / MIB,
              memory.resident() / MIB,
              memory.residentPeak() / MIB,
              rocksBytes() / MIB,
              ofEngine("hotBytes") / MIB,
              stateBytes / MIB,
              checkpointBytes / MIB,
              seconds);
    }
  }

  /** A broker, a cluster with the job, and what is measured of its task manager. */
  private final class Run implements AutoCloseable {
    private final String title;
    private final int port = EmbeddedKafka.freePort();
    private final Process broker;
    private final FlinkProcesses flink;
    private Process taskManager;
    private final String job;
    private final KafkaProducer<byte[], byte[]> producer;
    private final TextTokenizer tokenizer;
    private final List<Sample> samples = new ArrayList<>();
    private final Map<String, Long> tokens = new HashMap<>();
    private final Set<String> wanted =
        Set.of("events", "tokens", "chunksPending", "chunksSealed", "hotBytes", "eventsLate");
    private final long begin = System.nanoTime();
    private long events;
    private long orphanedBytes;

    Run(String title) throws Exception {
      this.title = title;
      broker =
          BrokerProcess.start(directory.resolve("kafka"), port, directory.resolve("broker.out"));
      Await.until(
          DEADLINE,
          () -> "the broker runs",
          () -> {
            try {
              return Files.readString(directory.resolve("broker.out")).contains("broker on ");
            } catch (IOException e) {
              return false;
            }
          });
      flink =
          new FlinkProcesses(
              directory,
              Map.of(
                  "focus.kafka.bootstrap-servers",
                  "127.0.0.1:" + port,
                  "metrics.fetcher.update-interval",
                  "1000",
                  "state.backend.rocksdb.metrics.block-cache-usage",
                  "true"));
      flink.startJobManager();
      taskManager = flink.startTaskManager();
      flink.awaitSlots(SLOTS);
      job = flink.submit(Map.of(), "--create-topics", Integer.toString(SLOTS));
      Properties p = client();
      p.setProperty(ProducerConfig.ACKS_CONFIG, "all");
      producer = new KafkaProducer<>(p, new ByteArraySerializer(), new ByteArraySerializer());
      tokenizer = TextTokenizers.load(BundledModels.folder("small").resolve("tokenizer.json"));
      System.out.println(title);
    }

    private Properties client() {
      Properties p = new Properties();
      p.setProperty("bootstrap.servers", "127.0.0.1:" + port);
      return p;
    }

    /** Writes lines to a stream until it has so many tokens. */
    void feed(String stream, LogLines lines, long most) {
      long held = tokens.getOrDefault(stream, 0L);
      while (held < most) {
        String line = lines.next();
        producer.send(new ProducerRecord<>("events", utf8(stream), utf8(line)));
        events++;
        held += tokenizer.encode(EventText.of(line)).length;
      }
      tokens.put(stream, held);
    }

    /** Waits until all that was written is condensed. */
    void measure(int quarter) throws Exception {
      producer.flush();
      Sample[] last = new Sample[1];
      Await.until(
          DEADLINE,
          () -> events + " events condensed; it is at\n" + last[0] + flink.exceptions(job),
          () -> {
            last[0] = new Sample("", null, metrics(), 0, 0, 0);
            assertTrue(taskManager.isAlive(), "the task manager ended");
            return last[0].sum("events") == events && last[0].sum("chunksPending") == 0;
          });
      sample(100 * quarter / QUARTERS + "%");
    }

    private Map<String, Double> metrics() {
      return flink.metrics(
          job,
          id ->
              id.endsWith("block-cache-usage")
                  || id.contains(".focus.focus.")
                      && wanted.contains(id.substring(id.lastIndexOf('.') + 1)));
    }

    private long stateBytes() throws IOException {
      return ProcessMemory.bytesIn(directory.resolve("tmp"), "/db/");
    }

    private void sample(String when) throws Exception {
      Sample sample =
          new Sample(
              when,
              ProcessMemory.of(taskManager),
              metrics(),
              stateBytes() - orphanedBytes,
              ProcessMemory.bytesIn(flink.checkpoints(), ""),
              (System.nanoTime() - begin) / 1e9);
      samples.add(sample);
      System.out.print(samples.size() == 1 ? Sample.HEADER + sample : sample);
    }

    /** Asks of streams spread over all; each must be answered over all that its stream holds. */
    void ask(String when, int questions, int streams) throws Exception {
      Map<String, String> asked = new HashMap<>();
      for (int i = 0; i < questions; i++) {
        String id = when + " " + i;
        String stream = "s-" + (long) i * streams / questions;
        asked.put(id, stream);
        producer.send(
            new ProducerRecord<>(
                "queries",
                utf8(stream),
                QueryCodec.encode(
                    id,
                    stream,
                    "Which version of libssl is installed?",
                    null,
                    System.currentTimeMillis())));
      }
      long slowestMillis = 0;
      for (Answer answer : answers(asked.keySet())) {
        assertTrue(
            Set.of(AnswerStatus.OK, AnswerStatus.NOT_FOUND).contains(answer.status()),
            answer.toString());
        assertEquals(
            tokens.get(asked.get(answer.id())), answer.usage().streamTokens(), answer.toString());
        slowestMillis = Math.max(slowestMillis, answer.timings().totalMillis());
      }
      sample(when);
      System.out.printf("%s: answered within %d ms%n", when, slowestMillis);
    }

    private List<Answer> answers(Set<String> ids) {
      Map<String, Answer> found = new HashMap<>();
      try (KafkaConsumer<byte[], byte[]> consumer =
          new KafkaConsumer<>(client(), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
        List<TopicPartition> partitions = new ArrayList<>();
        for (int i = 0; i < SLOTS; i++) {
          partitions.add(new TopicPartition("answers", i));
        }
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        Await.until(
            DEADLINE,
            () -> ids.size() + " answers; has " + found.keySet() + flink.exceptions(job),
            () -> {
              assertTrue(taskManager.isAlive(), "the task manager ended");
              for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                Answer answer = AnswerCodec.decode(record.value());
                if (ids.contains(answer.id())) {
                  found.put(answer.id(), answer);
                }
              }
              return found.size() == ids.size();
            });
      }
      return List.copyOf(found.values());
    }

    /** Kills it when a checkpoint holds everything, and starts another. */
    void restartTaskManager() throws Exception {
      int before = flink.completedCheckpoints(job);
      Await.until(
          DEADLINE,
          () -> "two further checkpoints" + flink.exceptions(job),
          () -> flink.completedCheckpoints(job) >= before + 2);
      taskManager.destroyForcibly().waitFor();
      // Flink leaves the folder of a process that was killed
      orphanedBytes = stateBytes();
      taskManager = flink.startTaskManager();
    }

    /** Questions that leave memory behind would show here: each round does the same. */
    void assertNoGrowthOverTheLast(int rounds) {
      long before = samples.get(samples.size() - 1 - rounds).memory().resident();
      long after = samples.get(samples.size() - 1).memory().resident();
      assertTrue(
          after - before <= MOST_RESIDENT_GROWTH,
          () -> "questions have left " + (after - before) / MIB + " MiB behind");
    }

    void assertBounded() {
      long process =
          MemorySize.parse(ComposeFile.flinkProperties().get("taskmanager.memory.process.size"))
              .getBytes();
      System.out.printf(
          "%s: process size %.0f MiB, resident at most %.0f%n",
          title,
          process / MIB,
          samples.stream().mapToLong(one -> one.memory().residentPeak()).max().orElseThrow() / MIB);
      for (Sample sample : samples) {
        assertTrue(
            sample.memory().residentPeak() <= process + RESIDENT_ALLOWANCE,
            () -> "resident beyond " + process + " and " + RESIDENT_ALLOWANCE + "\n" + sample);
      }
      double growth =
          (double) samples.get(QUARTERS - 1).memory().heapUsed()
              / samples.get(0).memory().heapUsed();
      assertTrue(growth <= MOST_HEAP_GROWTH, () -> "heap in use has grown by " + growth);
    }

    @Override
    public void close() throws IOException {
      if (producer != null) {
        producer.close(Duration.ofSeconds(5));
      }
      flink.close();
      broker.destroyForcibly().onExit().join();
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
