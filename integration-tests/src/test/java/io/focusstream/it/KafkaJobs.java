package io.focusstream.it;

import io.focusstream.jobs.kafka.Brokers;
import io.focusstream.jobs.kafka.KafkaOptions;
import io.focusstream.jobs.kafka.KafkaSettings;
import io.focusstream.jobs.kafka.QuestionClient;
import io.focusstream.jobs.local.DataDir;
import io.focusstream.jobs.local.EmbeddedKafka;
import io.focusstream.jobs.local.LocalCluster;
import io.focusstream.jobs.local.MetricTap;
import io.focusstream.jobs.topology.FocusTopology;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerStatus;
import io.focusstream.schemas.SourcePosition;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.runtime.checkpoint.CompletedCheckpointStats;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/**
 * One broker and one cluster for the tests of a class; each test has topics and a job of its own.
 */
abstract class KafkaJobs {
  static final Duration DEADLINE = Duration.ofSeconds(90);
  static final int PARALLELISM = 2;

  @TempDir static Path directory;

  static DataDir dataDir;
  static EmbeddedKafka kafka;
  static LocalCluster cluster;
  static KafkaProducer<byte[], byte[]> producer;
  private static int taskManagers;

  @BeforeAll
  static void startBrokerAndCluster() {
    dataDir = DataDir.open(directory.resolve("data"));
    kafka = EmbeddedKafka.start(dataDir.child("kafka"), 0);
    Configuration user = new Configuration();
    user.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMillis(500));
    cluster = LocalCluster.start(LocalCluster.configuration(dataDir, 0, PARALLELISM, user));
    taskManagers = 1;
    producer = new KafkaProducer<>(client(), new ByteArraySerializer(), new ByteArraySerializer());
  }

  @AfterAll
  static void stopBrokerAndCluster() {
    producer.close(Duration.ofSeconds(5));
    cluster.close();
    kafka.close();
    dataDir.close();
  }

  static void awaitMetric(String name, String operator, double value) {
    Await.until(
        DEADLINE,
        () -> name + " of " + operator + " is " + MetricTap.sum(name, operator),
        () -> MetricTap.sum(name, operator).orElse(-1) == value);
  }

  static CompletedCheckpointStats completed(Job job) {
    try {
      return cluster
          .miniCluster()
          .getExecutionGraph(job.id)
          .get()
          .getCheckpointStatsSnapshot()
          .getHistory()
          .getLatestCompletedCheckpoint();
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A job with topics of its own. */
  static final class Job implements AutoCloseable {
    final KafkaSettings settings;
    final JobID id;
    final QuestionClient client;

    Job(String name, DeliveryGuarantee delivery, long delayMillis) {
      this(name, delivery, delayMillis, c -> {});
    }

    Job(String name, DeliveryGuarantee delivery, long delayMillis, Consumer<Configuration> change) {
      Configuration c = new Configuration();
      c.set(KafkaOptions.BOOTSTRAP_SERVERS, kafka.bootstrapServers());
      c.set(KafkaOptions.GROUP_ID, name);
      c.set(KafkaOptions.RAW_TOPICS, List.of(name + "-raw"));
      c.set(KafkaOptions.JSON_TOPICS, List.of(name + "-json"));
      c.set(KafkaOptions.QUERIES_TOPIC, name + "-queries");
      c.set(KafkaOptions.ANSWERS_TOPIC, name + "-answers");
      c.set(KafkaOptions.DEAD_LETTERS_TOPIC, name + "-dead-letters");
      c.set(KafkaOptions.DELIVERY, delivery);
      c.set(KafkaOptions.TRANSACTIONAL_ID_PREFIX, name);
      c.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMillis(500));
      change.accept(c);
      settings = KafkaSettings.of(c);
      Brokers.createTopics(client(), settings.allTopics(), 2, DEADLINE);
      Configuration all = LocalCluster.configuration(dataDir, 0, PARALLELISM, c);
      StreamExecutionEnvironment environment =
          StreamExecutionEnvironment.getExecutionEnvironment(all);
      FocusTopology.buildOnKafka(environment, all, settings, Fakes.lexicalModel(delayMillis));
      id = cluster.submit(environment, Optional.empty());
      client =
          new QuestionClient(
              client(),
              settings.queriesTopic(),
              settings.answersTopic(),
              DEADLINE,
              System::currentTimeMillis);
    }

    Answer ask(String stream, String question) {
      return client.ask(stream, question, null, DEADLINE).orElseThrow();
    }

    /** A place that nobody looks at. */
    SourcePosition position() {
      return new SourcePosition("q", 0, 0);
    }

    /** Asks until an event of the stream has arrived; others of it may still be on the way. */
    Answer awaitAnswer(String stream, String question) {
      return awaitAnswer(stream, question, answer -> true);
    }

    /** Asks until the event that says {@code text} has arrived, and so all before it. */
    Answer awaitAnswer(String stream, String question, String text) {
      return awaitAnswer(stream, question, answer -> answer.text().equals(text));
    }

    private Answer awaitAnswer(String stream, String question, Predicate<Answer> wanted) {
      Answer[] last = new Answer[1];
      Await.until(
          DEADLINE,
          () -> "an answer; the last was " + last[0],
          () -> {
            last[0] = ask(stream, question);
            return last[0].status() == AnswerStatus.OK && wanted.test(last[0]);
          });
      return last[0];
    }

    /** Takes the task manager away and gives a new one. */
    void crash() throws Exception {
      MiniCluster mini = cluster.miniCluster();
      mini.terminateTaskManager(taskManagers - 1).get();
      mini.startTaskManager();
      taskManagers++;
      Await.until(
          DEADLINE,
          () -> "running again; is " + cluster.status(id),
          () -> cluster.status(id) == JobStatus.RUNNING);
    }

    @Override
    public void close() {
      client.close();
      cluster.stop(id, dataDir, DEADLINE);
    }
  }

  static Properties client() {
    Properties p = new Properties();
    p.setProperty("bootstrap.servers", kafka.bootstrapServers());
    return p;
  }

  static void send(String topic, String key, String value) throws Exception {
    send(topic, key == null ? null : utf8(key), utf8(value));
  }

  static void send(String topic, String key, byte[] value) throws Exception {
    send(topic, utf8(key), value);
  }

  static void sendAt(String topic, String key, long timestampMillis, String value)
      throws Exception {
    producer.send(new ProducerRecord<>(topic, 0, timestampMillis, utf8(key), utf8(value))).get();
  }

  static void send(String topic, byte[] key, byte[] value)
      throws ExecutionException, InterruptedException {
    // One partition, so that the offsets are known.
    producer.send(new ProducerRecord<>(topic, 0, key, value)).get();
  }

  static List<ConsumerRecord<byte[], byte[]>> readAll(String topic, int atLeast) {
    List<ConsumerRecord<byte[], byte[]>> all = new ArrayList<>();
    Await.until(
        DEADLINE,
        () -> atLeast + " records on " + topic + "; has " + all.size(),
        () -> {
          all.clear();
          all.addAll(readNow(topic));
          return all.size() >= atLeast;
        });
    return all;
  }

  /** All committed records that are on a topic now. */
  static List<ConsumerRecord<byte[], byte[]>> readNow(String topic) {
    Properties p = client();
    p.setProperty(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    p.setProperty(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
    List<ConsumerRecord<byte[], byte[]>> all = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(p, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(info -> new TopicPartition(info.topic(), info.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (partitions.stream().anyMatch(p0 -> consumer.position(p0) < ends.get(p0))) {
        consumer.poll(Duration.ofMillis(100)).forEach(all::add);
      }
    }
    return all;
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
