package io.focusstream.jobs.kafka;

import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerCodec;
import io.focusstream.schemas.Query;
import io.focusstream.schemas.QueryCodec;
import io.focusstream.schemas.RecordFormatException;
import io.focusstream.schemas.SourcePosition;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Puts questions on the query topic and waits for their answers. It reads committed answers that
 * come after it was opened. For one thread at a time.
 */
public final class QuestionClient implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(100);
  private static final SourcePosition NOT_READ_YET = new SourcePosition("queries", 0, 0);

  private final String queriesTopic;
  private final Properties client;
  private final Duration brokerTimeout;
  private final LongSupplier clockMillis;
  private final KafkaProducer<byte[], byte[]> producer;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Deque<Answer> arrived = new ArrayDeque<>();

  /**
   * Connects.
   *
   * @param client properties of a Kafka client, {@code bootstrap.servers} among them
   * @param queriesTopic topic of questions
   * @param answersTopic topic of answers
   * @param brokerTimeout how long the broker may take to answer
   * @param clockMillis as {@link System#currentTimeMillis()}
   * @throws Brokers.BrokerException where no broker answers in time or a topic is missing
   */
  public QuestionClient(
      Properties client,
      String queriesTopic,
      String answersTopic,
      Duration brokerTimeout,
      LongSupplier clockMillis) {
    this.client = client;
    this.queriesTopic = queriesTopic;
    this.brokerTimeout = brokerTimeout;
    this.clockMillis = clockMillis;
    List<String> missing =
        Brokers.missingTopics(client, List.of(queriesTopic, answersTopic), brokerTimeout);
    if (!missing.isEmpty()) {
      throw new Brokers.BrokerException(
          "the Kafka broker at "
              + client.getProperty("bootstrap.servers")
              + " has no topic "
              + String.join(", ", missing)
              + ". Does the job run there, and are the topics' names (--queries-topic, "
              + "--answers-topic) right?",
          null);
    }
    Properties producing = new Properties();
    producing.putAll(client);
    producing.setProperty(
        ProducerConfig.MAX_BLOCK_MS_CONFIG, Long.toString(brokerTimeout.toMillis()));
    producing.setProperty(ProducerConfig.ACKS_CONFIG, "all");
    this.producer =
        new KafkaProducer<>(producing, new ByteArraySerializer(), new ByteArraySerializer());
    Properties consuming = new Properties();
    consuming.putAll(client);
    consuming.setProperty(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    consuming.setProperty(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
    consuming.setProperty(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    consuming.setProperty(
        ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, Long.toString(brokerTimeout.toMillis()));
    consuming.setProperty(
        ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG, Long.toString(brokerTimeout.toMillis()));
    this.consumer =
        new KafkaConsumer<>(consuming, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    List<TopicPartition> partitions =
        consumer.partitionsFor(answersTopic).stream()
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .collect(Collectors.toList());
    consumer.assign(partitions);
    consumer.seekToEnd(partitions);
    for (TopicPartition partition : partitions) {
      // Seeking is lazy: only asking for the position fixes it before the question is sent.
      consumer.position(partition);
    }
  }

  /**
   * Asks under a new id.
   *
   * @param maxAnswerTokens most tokens of the answer; {@code null} leaves it to the job
   * @param timeout how long the answer may take
   * @return the answer, or empty where none came in time
   */
  public Optional<Answer> ask(
      String stream, String question, Integer maxAnswerTokens, Duration timeout) {
    String id = UUID.randomUUID().toString();
    boolean sent =
        send(
            Query.ask(
                id, stream, question, maxAnswerTokens, clockMillis.getAsLong(), NOT_READ_YET));
    return sent ? next(id, timeout) : Optional.empty();
  }

  /**
   * Puts a query on its topic.
   *
   * @return false where the thread was interrupted meanwhile
   */
  public boolean send(Query query) {
    byte[] key = query.stream().getBytes(StandardCharsets.UTF_8);
    try {
      producer.send(new ProducerRecord<>(queriesTopic, key, QueryCodec.encode(query))).get();
      return true;
    } catch (ExecutionException e) {
      throw Brokers.unreachable(client, brokerTimeout, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /**
   * The next answer to a question that was sent. Answers to others are passed over, also those that
   * would have been for a later call.
   *
   * @param timeout how long it may take
   */
  public Optional<Answer> next(String id, Duration timeout) {
    while (!arrived.isEmpty()) {
      Answer answer = arrived.poll();
      if (answer.id().equals(id)) {
        return Optional.of(answer);
      }
    }
    long deadlineNanos = System.nanoTime() + timeout.toNanos();
    while (System.nanoTime() - deadlineNanos < 0 && !Thread.currentThread().isInterrupted()) {
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
        answerOf(record, id).ifPresent(arrived::add);
      }
      if (!arrived.isEmpty()) {
        return Optional.of(arrived.poll());
      }
    }
    return Optional.empty();
  }

  private static Optional<Answer> answerOf(ConsumerRecord<byte[], byte[]> record, String id) {
    if (record.key() == null || !id.equals(new String(record.key(), StandardCharsets.UTF_8))) {
      return Optional.empty();
    }
    try {
      return Optional.of(AnswerCodec.decode(record.value()));
    } catch (RecordFormatException e) {
      throw new RecordFormatException(
          "the answer at "
              + record.topic()
              + "-"
              + record.partition()
              + "@"
              + record.offset()
              + " can't be read: "
              + e.getMessage(),
          e);
    }
  }

  @Override
  public void close() {
    producer.close(Duration.ofSeconds(5));
    consumer.close();
  }
}
