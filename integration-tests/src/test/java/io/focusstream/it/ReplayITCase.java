package io.focusstream.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.it.ReplayHistory.Places;
import io.focusstream.it.ReplayHistory.Standing;
import io.focusstream.it.ReplayHistory.Written;
import io.focusstream.jobs.kafka.Brokers;
import io.focusstream.jobs.kafka.KafkaOptions;
import io.focusstream.jobs.kafka.KafkaSettings;
import io.focusstream.jobs.local.DataDir;
import io.focusstream.jobs.local.EmbeddedKafka;
import io.focusstream.jobs.local.LocalCluster;
import io.focusstream.jobs.topology.FocusTopology;
import io.focusstream.jobs.topology.ModelProviders;
import io.focusstream.jobs.topology.Models;
import io.focusstream.operators.config.AskOptions;
import io.focusstream.operators.config.Consistency;
import io.focusstream.operators.config.StreamOptions;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerCodec;
import io.focusstream.schemas.AnswerStatus;
import io.focusstream.schemas.Evidence;
import io.focusstream.schemas.StreamAnswer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * With event-time consistency answers are a function of the events and questions: the same bytes
 * whenever they are read, in whatever order they were written to how many partitions, with whatever
 * parallelism and speed. Only an evidence's topic, partition and offsets say where in Kafka it
 * stands, and so are compared over layouts by which records they name.
 */
class ReplayITCase {
  private static final Duration DEADLINE = Duration.ofSeconds(120);

  /** Longer than any pause that this test's writer makes. */
  private static final Duration IDLE_AFTER = Duration.ofSeconds(3);

  private static final Duration WRITING_TAKES = Duration.ofSeconds(7);
  private static final int SLOTS = 3;

  @TempDir static Path directory;

  private static DataDir dataDir;
  private static EmbeddedKafka kafka;
  private static LocalCluster cluster;
  private static KafkaProducer<byte[], byte[]> producer;

  @BeforeAll
  static void startBrokerAndCluster() {
    dataDir = DataDir.open(directory.resolve("data"));
    kafka = EmbeddedKafka.start(dataDir.child("kafka"), 0);
    cluster =
        LocalCluster.start(LocalCluster.configuration(dataDir, 0, SLOTS, new Configuration()));
    producer = new KafkaProducer<>(client(), new ByteArraySerializer(), new ByteArraySerializer());
  }

  @AfterAll
  static void stopBrokerAndCluster() {
    producer.close(Duration.ofSeconds(5));
    cluster.close();
    kafka.close();
    dataDir.close();
  }

  @Test
  void answersAreTheSameBytesWhateverThePartitionsTheOrderAndTheSpeed() throws Exception {
    ReplayHistory history = new ReplayHistory(1, 80, 40, Standing.INCLUDED);
    Places one = createAndWrite("one", 1, history.inOrder(1), Duration.ZERO);
    Map<String, byte[]> first = new Replay("one", 1, Fakes.lexicalModel(0)).answers(history);
    assertWorthwhile(first);
    // some of its readers have no partition
    assertSameBytes(first, new Replay("one", SLOTS, Fakes.lexicalModel(15)).answers(history));

    create("three", 3);
    Map<String, byte[]> live;
    Places three;
    try (Replay replay = new Replay("three", 2, Fakes.lexicalModel(5))) {
      // the job reads while the writer writes, for longer than a partition may be quiet
      replay.start();
      three = write("three", 3, history.inOrder(2), WRITING_TAKES);
      live = replay.await(history);
    }
    assertSameBytes(independent(first, one), independent(live, three));
  }

  @Test
  void theModelThatShipsGivesTheSameBytesToo() throws Exception {
    ReplayHistory history = new ReplayHistory(3, 60, 12, Standing.LEFT_OUT);
    Configuration eventTime = new Configuration();
    eventTime.set(AskOptions.CONSISTENCY, Consistency.EVENT_TIME);
    ModelProviders model = new Models().load(eventTime);
    Places one = createAndWrite("model-one", 1, history.inOrder(1), Duration.ZERO);
    Places three = createAndWrite("model-three", 3, history.inOrder(2), Duration.ZERO);
    Map<String, byte[]> first = new Replay("model-one", 1, model).answers(history);
    assertSameBytes(
        independent(first, one),
        independent(new Replay("model-three", SLOTS, model).answers(history), three));
  }

  /** Answers that say nothing would be the same too. */
  private static void assertWorthwhile(Map<String, byte[]> answers) {
    int found = 0;
    int chunks = 0;
    for (byte[] value : answers.values()) {
      Answer answer = AnswerCodec.decode(value);
      found += answer.status() == AnswerStatus.OK ? 1 : 0;
      chunks = Math.max(chunks, answer.usage().chunks());
    }
    assertTrue(found > answers.size() / 2, found + " of " + answers.size() + " found");
    assertTrue(chunks > 10, "chunks: " + chunks);
  }

  private static void assertSameBytes(Map<String, byte[]> expected, Map<String, byte[]> actual) {
    assertEquals(expected.keySet(), actual.keySet());
    expected.forEach(
        (name, value) ->
            assertEquals(
                new String(value, StandardCharsets.UTF_8),
                new String(actual.get(name), StandardCharsets.UTF_8),
                name));
  }

  /** Answers with the places of their evidence as they are in every layout. */
  private static Map<String, byte[]> independent(Map<String, byte[]> answers, Places places) {
    Map<String, byte[]> all = new TreeMap<>();
    answers.forEach(
        (name, value) -> {
          Answer answer = AnswerCodec.decode(value);
          assertArrayEquals(value, AnswerCodec.encode(answer), "nothing is lost in between");
          all.put(name, AnswerCodec.encode(independent(answer, places)));
        });
    return all;
  }

  private static Answer independent(Answer answer, Places places) {
    return new Answer(
        answer.id(),
        answer.update(),
        answer.sequence(),
        answer.stream(),
        answer.status(),
        answer.text(),
        answer.error(),
        independent(answer.evidence(), places),
        answer.usage(),
        answer.timings(),
        answer.confidence(),
        answer.modelFingerprint(),
        answer.streams().stream()
            .map(
                one ->
                    new StreamAnswer(
                        one.stream(),
                        one.status(),
                        one.text(),
                        one.error(),
                        independent(one.evidence(), places),
                        one.usage(),
                        one.confidence()))
            .toList());
  }

  private static List<Evidence> independent(List<Evidence> evidence, Places places) {
    return evidence.stream()
        .map(
            part ->
                new Evidence(
                    part.chunk(),
                    part.weight(),
                    part.fromMillis(),
                    part.toMillis(),
                    part.offsets().stream().map(places::independent).toList(),
                    part.lines()))
        .toList();
  }

  private static Places createAndWrite(
      String layout, int partitions, List<Written> records, Duration takes) throws Exception {
    create(layout, partitions);
    return write(layout, partitions, records, takes);
  }

  private static void create(String layout, int partitions) {
    Brokers.createTopics(
        client(), List.of(layout + "-events", layout + "-queries"), partitions, DEADLINE);
  }

  /** Writes records evenly over a time, each stream to one partition. */
  private static Places write(String layout, int partitions, List<Written> records, Duration takes)
      throws Exception {
    Places places = new Places();
    long begin = System.nanoTime();
    for (int i = 0; i < records.size(); i++) {
      long due = begin + takes.toNanos() * i / records.size();
      while (System.nanoTime() < due) {
        LockSupport.parkNanos(due - System.nanoTime());
      }
      Written record = records.get(i);
      String topic = layout + (record.isEvent() ? "-events" : "-queries");
      int partition = record.group() % partitions;
      long offset =
          producer
              .send(new ProducerRecord<>(topic, partition, null, record.value()))
              .get()
              .offset();
      if (record.isEvent()) {
        places.put(partition, offset, record);
      }
    }
    return places;
  }

  /** A job over a layout's topics, with a topic for its own answers. */
  private static final class Replay implements AutoCloseable {
    private static int started;

    private final String layout;
    private final int parallelism;
    private final ModelProviders model;
    private final String answersTopic;
    private JobID job;

    Replay(String layout, int parallelism, ModelProviders model) {
      this.layout = layout;
      this.parallelism = parallelism;
      this.model = model;
      this.answersTopic = "answers-" + started++;
    }

    /** Runs to the answers. */
    Map<String, byte[]> answers(ReplayHistory history) {
      try (this) {
        start();
        return await(history);
      }
    }

    void start() {
      Configuration c = new Configuration();
      c.set(KafkaOptions.BOOTSTRAP_SERVERS, kafka.bootstrapServers());
      c.set(KafkaOptions.GROUP_ID, answersTopic);
      c.set(KafkaOptions.RAW_TOPICS, List.of());
      c.set(KafkaOptions.JSON_TOPICS, List.of(layout + "-events"));
      c.set(KafkaOptions.QUERIES_TOPIC, layout + "-queries");
      c.set(KafkaOptions.ANSWERS_TOPIC, answersTopic);
      c.set(KafkaOptions.DEAD_LETTERS_TOPIC, answersTopic + "-dead-letters");
      c.set(KafkaOptions.DELIVERY, DeliveryGuarantee.AT_LEAST_ONCE);
      c.set(CoreOptions.DEFAULT_PARALLELISM, parallelism);
      c.set(AskOptions.CONSISTENCY, Consistency.EVENT_TIME);
      c.set(AskOptions.OUT_OF_ORDERNESS, Duration.ofMillis(ReplayHistory.DISORDER_MILLIS));
      c.set(AskOptions.IDLE_AFTER, IDLE_AFTER);
      // so that chunks are forgotten while questions are open
      c.set(StreamOptions.MAX_CHUNKS, 12);
      c.set(StreamOptions.MAX_AGE, Duration.ofSeconds(30));
      KafkaSettings settings = KafkaSettings.of(c);
      Brokers.createTopics(
          client(), List.of(answersTopic, answersTopic + "-dead-letters"), 1, DEADLINE);
      Configuration all = LocalCluster.configuration(dataDir, 0, SLOTS, c);
      StreamExecutionEnvironment environment =
          StreamExecutionEnvironment.getExecutionEnvironment(all);
      FocusTopology.buildOnKafka(environment, all, settings, model);
      job = cluster.submit(environment, Optional.empty());
    }

    /** The answers by id, update and sequence, when all are there. */
    Map<String, byte[]> await(ReplayHistory history) {
      Map<String, byte[]> found = new TreeMap<>();
      Map<String, Integer> last = new HashMap<>();
      try (KafkaConsumer<byte[], byte[]> consumer =
          new KafkaConsumer<>(client(), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
        List<TopicPartition> partitions = List.of(new TopicPartition(answersTopic, 0));
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        Await.until(
            DEADLINE,
            () -> history.last() + " answers; has " + last + cluster.failure(job),
            () -> {
              for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                Answer answer = AnswerCodec.decode(record.value());
                String name = answer.id() + " " + answer.update() + " " + answer.sequence();
                byte[] before = found.put(name, record.value());
                assertEquals(null, before, () -> name + " came twice");
                if (answer.isFinal()) {
                  last.put(answer.id(), answer.update());
                }
              }
              return last.equals(history.last());
            });
      }
      return found;
    }

    @Override
    public void close() {
      cluster.stop(job, dataDir, DEADLINE);
    }
  }

  private static Properties client() {
    Properties p = new Properties();
    p.setProperty("bootstrap.servers", kafka.bootstrapServers());
    return p;
  }
}
