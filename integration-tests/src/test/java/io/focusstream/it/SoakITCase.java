package io.focusstream.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.jobs.kafka.QuestionClient;
import io.focusstream.jobs.local.EmbeddedKafka;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerCodec;
import io.focusstream.schemas.AnswerStatus;
import io.focusstream.schemas.Query;
import io.focusstream.schemas.QueryCodec;
import io.focusstream.schemas.QueryMode;
import io.focusstream.schemas.SourcePosition;
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
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerConfig;
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
 * Processes are killed with SIGKILL while events and questions come in and answers are on their
 * way, again and again. In the end every question has one answer, as a {@code read_committed}
 * consumer counts, and every stream holds each of its events once.
 *
 * <p>{@code focus.soak.kills} kills a test (20), {@code focus.soak.seed} says when.
 */
@Tag("soak")
class SoakITCase {
  private static final int KILLS = Integer.getInteger("focus.soak.kills", 20);
  private static final long SEED = Long.getLong("focus.soak.seed", 1L);
  private static final int STREAMS = 6;
  private static final int PARTITIONS = 2;
  private static final int EVENTS_A_QUESTION = 3;
  private static final Duration EVENT_EVERY = Duration.ofMillis(25);
  private static final Duration CHECKPOINT_EVERY = Duration.ofSeconds(2);
  private static final Duration DEADLINE = Duration.ofMinutes(3);

  @TempDir Path directory;

  @Test
  void everyQuestionIsAnsweredOnceWhileTaskManagersAreKilled() throws Exception {
    try (Soak soak = new Soak()) {
      soak.run("task manager", soak::killTaskManager);
    }
  }

  @Test
  void everyQuestionIsAnsweredOnceWhileTheBrokerIsKilled() throws Exception {
    try (Soak soak = new Soak()) {
      soak.run("broker", soak::killBroker);
    }
  }

  @FunctionalInterface
  private interface Kill {
    void run() throws Exception;
  }

  /** A broker, a cluster with the job, a writer and a reader. */
  private final class Soak implements AutoCloseable {
    private final int port = EmbeddedKafka.freePort();
    private final String bootstrap = "127.0.0.1:" + port;
    private final Random random = new Random(SEED);
    private final AtomicInteger events = new AtomicInteger();
    private final AtomicInteger questions = new AtomicInteger();
    private final Map<String, Integer> answers = new HashMap<>();
    private final AtomicReference<Exception> failure = new AtomicReference<>();
    private final List<Thread> threads = new ArrayList<>();
    private final FlinkProcesses flink;
    private Process broker;
    private Process taskManager;
    private String job;
    private volatile boolean writing = true;
    private volatile boolean reading = true;

    Soak() throws Exception {
      flink =
          new FlinkProcesses(
              directory,
              Map.ofEntries(
                  Map.entry("focus.kafka.bootstrap-servers", bootstrap),
                  Map.entry("focus.kafka.delivery", "exactly-once"),
                  Map.entry("execution.checkpointing.interval", CHECKPOINT_EVERY.toMillis() + "ms"),
                  Map.entry("taskmanager.memory.process.size", "1600m"),
                  Map.entry("taskmanager.memory.managed.size", "256m"),
                  Map.entry("taskmanager.memory.task.off-heap.size", "128m"),
                  Map.entry("jobmanager.memory.process.size", "1100m"),
                  Map.entry("heartbeat.interval", "1s"),
                  Map.entry("heartbeat.timeout", "10s"),
                  Map.entry("restart-strategy.exponential-delay.initial-backoff", "200ms"),
                  Map.entry("restart-strategy.exponential-delay.max-backoff", "2s")));
    }

    private void startAll() throws Exception {
      startBroker();
      flink.startJobManager();
      taskManager = flink.startTaskManager();
      flink.awaitSlots(2);
      Path classes =
          Path.of(SoakITCase.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      job =
          flink.submit(
              Map.of(
                  "FOCUS_CLASS",
                  LexicalJob.class.getName(),
                  "FOCUS_RUN_OPTIONS",
                  "-C " + classes.toUri()),
              "--create-topics",
              Integer.toString(PARTITIONS));
    }

    void run(String victim, Kill kill) throws Exception {
      startAll();
      long begin = System.nanoTime();
      start("soak-writer", this::write);
      start("soak-reader", this::read);
      awaitAnswers(1, "the first answers");
      int killed = 0;
      while (killed < KILLS) {
        // Anywhere between two checkpoints, their writing and committing included.
        LockSupport.parkNanos((long) (random.nextDouble() * CHECKPOINT_EVERY.toNanos() * 1.5));
        int open = questions.get() - answered();
        assertTrue(open > 0, "nothing was in flight");
        kill.run();
        killed++;
        // What was in flight then, and questions that came after it.
        awaitAnswers(questions.get() + 1, "answers after kill " + killed + " of the " + victim);
        System.out.printf(
            "%s killed %d times, %d questions open then; %d events, %d questions, %d answered, %.0f s%n",
            victim,
            killed,
            open,
            events.get(),
            questions.get(),
            answered(),
            (System.nanoTime() - begin) / 1e9);
      }
      writing = false;
      threads.get(0).join(DEADLINE.toMillis());
      assertFalse(threads.get(0).isAlive(), "the writer ends");
      awaitAnswers(questions.get(), "all answers");
      for (int stream = 0; stream < STREAMS; stream++) {
        assertEvents(stream);
      }
      reading = false;
      threads.get(1).join(DEADLINE.toMillis());
      throwFailure();
      Map<String, Integer> counted = countCommitted();
      for (int question = 0; question < questions.get(); question++) {
        assertEquals(1, counted.remove("q-" + question), "answers to q-" + question);
      }
      assertEquals(Map.of(), counted, "answers that nobody asked for");
      System.out.printf(
          "soak: %s killed %d times, %d events, %d questions each answered once, %.0f s%n",
          victim, killed, events.get(), questions.get(), (System.nanoTime() - begin) / 1e9);
    }

    void killTaskManager() throws Exception {
      taskManager.destroyForcibly();
      assertTrue(taskManager.waitFor(30, TimeUnit.SECONDS));
      assertEquals(128 + 9, taskManager.exitValue(), "by SIGKILL");
      taskManager = flink.startTaskManager();
    }

    void killBroker() throws Exception {
      broker.destroyForcibly();
      assertTrue(broker.waitFor(30, TimeUnit.SECONDS));
      assertEquals(128 + 9, broker.exitValue(), "by SIGKILL");
      startBroker();
    }

    private void startBroker() throws IOException {
      Path output = directory.resolve("broker.out");
      long before = Files.exists(output) ? Files.size(output) : 0;
      broker = BrokerProcess.start(directory.resolve("kafka"), port, output);
      Await.until(
          DEADLINE,
          () -> "the broker runs: " + text(output),
          () -> {
            assertTrue(broker.isAlive(), () -> "the broker ended: " + text(output));
            return text(output).substring((int) before).contains("broker on ");
          });
    }

    private void start(String name, Kill task) {
      Thread thread =
          new Thread(
              () -> {
                try {
                  task.run();
                } catch (Exception e) {
                  failure.compareAndSet(null, e);
                }
              },
              name);
      thread.setDaemon(true);
      thread.start();
      threads.add(thread);
    }

    private void throwFailure() {
      Exception e = failure.get();
      if (e != null) {
        throw new AssertionError("the writer or the reader has failed", e);
      }
    }

    private Properties client() {
      Properties p = new Properties();
      p.setProperty("bootstrap.servers", bootstrap);
      p.setProperty("reconnect.backoff.max.ms", "500");
      return p;
    }

    /** Writes events and questions; nothing is lost or doubled on this side of the broker. */
    private void write() throws Exception {
      Properties p = client();
      p.setProperty(ProducerConfig.ACKS_CONFIG, "all");
      p.setProperty(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true");
      p.setProperty(
          ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Long.toString(DEADLINE.toMillis() * 3));
      p.setProperty(ProducerConfig.MAX_BLOCK_MS_CONFIG, Long.toString(DEADLINE.toMillis()));
      try (KafkaProducer<byte[], byte[]> producer =
          new KafkaProducer<>(p, new ByteArraySerializer(), new ByteArraySerializer())) {
        while (writing) {
          int event = events.get();
          String line = "event of service-" + event + ": value-" + event;
          producer.send(record("events", stream(event), utf8(line)), this::sent);
          events.incrementAndGet();
          if (event % EVENTS_A_QUESTION == 0) {
            int question = questions.getAndIncrement();
            String stream = "s-" + question % STREAMS;
            producer.send(
                record(
                    "queries",
                    stream,
                    QueryCodec.encode(
                        "q-" + question, stream, "event of service-" + event / 2, null, 1L)),
                this::sent);
          }
          throwFailure();
          LockSupport.parkNanos(EVENT_EVERY.toNanos());
        }
        producer.flush();
      }
    }

    private void sent(Object metadata, Exception exception) {
      if (exception != null) {
        failure.compareAndSet(null, exception);
      }
    }

    private static ProducerRecord<byte[], byte[]> record(String topic, String key, byte[] value) {
      return new ProducerRecord<>(topic, utf8(key), value);
    }

    private static String stream(int event) {
      return "s-" + event % STREAMS;
    }

    /** Reads committed answers as they come. */
    private void read() {
      try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
        while (reading) {
          consumer
              .poll(Duration.ofMillis(200))
              .forEach(
                  answer -> {
                    synchronized (answers) {
                      answers.merge(id(answer.value()), 1, Integer::sum);
                    }
                  });
        }
      }
    }

    private KafkaConsumer<byte[], byte[]> consumer() {
      Properties p = client();
      p.setProperty(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
      p.setProperty(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
      KafkaConsumer<byte[], byte[]> consumer =
          new KafkaConsumer<>(p, new ByteArrayDeserializer(), new ByteArrayDeserializer());
      List<TopicPartition> partitions = new ArrayList<>();
      for (int i = 0; i < PARTITIONS; i++) {
        partitions.add(new TopicPartition("answers", i));
      }
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      return consumer;
    }

    private int answered() {
      synchronized (answers) {
        return answers.size();
      }
    }

    private void awaitAnswers(int atLeast, String what) {
      Await.until(
          DEADLINE,
          () ->
              what
                  + ": "
                  + answered()
                  + " of "
                  + atLeast
                  + "; logs in "
                  + directory
                  + flink.exceptions(job),
          () -> {
            throwFailure();
            return answered() >= atLeast;
          });
    }

    /** All answers to the writer's questions that are on the topic, by a reader of its own. */
    private Map<String, Integer> countCommitted() {
      Map<String, Integer> counted = new HashMap<>();
      try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
        Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
        while (ends.entrySet().stream()
            .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
          consumer
              .poll(Duration.ofMillis(200))
              .forEach(answer -> counted.merge(id(answer.value()), 1, Integer::sum));
        }
      }
      counted.keySet().removeIf(id -> !id.startsWith("q-"));
      return counted;
    }

    /** A stream holds each of its events once: their number, and the newest by its answer. */
    private void assertEvents(int stream) {
      String name = "s-" + stream;
      int expected = (events.get() - stream + STREAMS - 1) / STREAMS;
      int newest = stream + (expected - 1) * STREAMS;
      try (QuestionClient asking =
          new QuestionClient(client(), "queries", "answers", DEADLINE, System::currentTimeMillis)) {
        String[] last = new String[1];
        int[] asked = new int[1];
        Await.until(
            DEADLINE,
            () -> expected + " events in " + name + "; the job says " + last[0],
            () -> {
              String id = "describe-" + name + "-" + asked[0]++;
              asking.send(
                  new Query(
                      id,
                      name,
                      "",
                      null,
                      QueryMode.DESCRIBE,
                      null,
                      System.currentTimeMillis(),
                      new SourcePosition("queries", 0, 0)));
              last[0] = asking.next(id, DEADLINE).orElseThrow().text();
              return last[0].startsWith("events: " + expected + "\n");
            });
        Answer answer =
            asking.ask(name, "event of service-" + newest, null, DEADLINE).orElseThrow();
        assertEquals(AnswerStatus.OK, answer.status(), answer.toString());
        assertEquals("value-" + newest, answer.text());
      }
    }

    @Override
    public void close() throws IOException {
      writing = false;
      reading = false;
      flink.close();
      if (broker != null) {
        broker.destroyForcibly().onExit().join();
      }
    }
  }

  private static String id(byte[] answer) {
    return AnswerCodec.decode(answer).id();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(Path file) {
    try {
      return Files.exists(file) ? Files.readString(file) : "";
    } catch (IOException e) {
      return e.toString();
    }
  }
}
