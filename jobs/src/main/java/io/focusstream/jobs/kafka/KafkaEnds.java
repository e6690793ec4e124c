package io.focusstream.jobs.kafka;

import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerCodec;
import io.focusstream.schemas.DeadLetter;
import io.focusstream.schemas.DeadLetterCodec;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Properties;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.OffsetResetStrategy;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Makes the sources and sinks of {@link KafkaSettings}. */
public final class KafkaEnds {
  private KafkaEnds() {}

  /**
   * Events, from the beginning of the topics where no checkpoint says otherwise: the job's state is
   * what it has read, so that a job without state begins with the first record.
   */
  public static Source<RawRecord, ?, ?> events(KafkaSettings settings, List<String> topics) {
    return source(settings, topics, OffsetsInitializer.earliest());
  }

  /**
   * Questions, from the consumer group's offset where no checkpoint says otherwise, so that a job
   * without state doesn't answer again what was answered; from the beginning where there is none.
   */
  @SuppressWarnings("deprecation") // the connector's own signature takes Kafka's old enum
  public static Source<RawRecord, ?, ?> queries(KafkaSettings settings) {
    return source(
        settings,
        List.of(settings.queriesTopic()),
        OffsetsInitializer.committedOffsets(OffsetResetStrategy.EARLIEST));
  }

  /** Answers in JSON, keyed by the question's id. */
  public static Sink<Answer> answers(KafkaSettings settings) {
    String topic = settings.answersTopic();
    return sink(
        settings,
        "answers",
        (answer, context, timestamp) ->
            new ProducerRecord<>(
                topic, answer.id().getBytes(StandardCharsets.UTF_8), AnswerCodec.encode(answer)));
  }

  /** Dead letters in JSON, keyed by the position of the record that could not be read. */
  public static Sink<DeadLetter> deadLetters(KafkaSettings settings) {
    String topic = settings.deadLettersTopic();
    return sink(
        settings,
        "dead-letters",
        (letter, context, timestamp) ->
            new ProducerRecord<>(
                topic,
                (letter.topic() + "-" + letter.partition() + "@" + letter.offset())
                    .getBytes(StandardCharsets.UTF_8),
                DeadLetterCodec.encode(letter)));
  }

  private static Source<RawRecord, ?, ?> source(
      KafkaSettings settings, List<String> topics, OffsetsInitializer start) {
    Properties properties = settings.clientProperties();
    properties.putIfAbsent(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    return KafkaSource.<RawRecord>builder()
        .setProperties(properties)
        .setBootstrapServers(settings.bootstrapServers())
        .setGroupId(settings.groupId())
        .setTopics(topics)
        .setStartingOffsets(start)
        .setDeserializer(new RawRecordSchema())
        .build();
  }

  private static <T> Sink<T> sink(
      KafkaSettings settings, String name, KafkaRecordSerializationSchema<T> schema) {
    Properties properties = settings.clientProperties();
    if (settings.delivery() == DeliveryGuarantee.EXACTLY_ONCE) {
      properties.setProperty(
          ProducerConfig.TRANSACTION_TIMEOUT_CONFIG,
          Long.toString(settings.transactionTimeout().toMillis()));
    }
    return KafkaSink.<T>builder()
        .setKafkaProducerConfig(properties)
        .setBootstrapServers(settings.bootstrapServers())
        .setDeliveryGuarantee(settings.delivery())
        .setTransactionalIdPrefix(settings.transactionalIdPrefix() + "-" + name)
        .setRecordSerializer(schema)
        .build();
  }
}
