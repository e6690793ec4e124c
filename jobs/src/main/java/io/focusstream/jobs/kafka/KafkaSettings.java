package io.focusstream.jobs.kafka;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.connector.base.DeliveryGuarantee;

/**
 * The Kafka ends of the job, read from {@link KafkaOptions} and checked.
 *
 * @param bootstrapServers brokers to begin with
 * @param groupId consumer group
 * @param rawTopics event topics whose values are text
 * @param jsonTopics event topics whose values are JSON
 * @param defaultStream stream of events without a key; {@code null} stands for the topic's name
 * @param queriesTopic topic of questions
 * @param answersTopic topic of answers
 * @param deadLettersTopic topic of records that could not be read
 * @param delivery guarantee of the sinks
 * @param transactionalIdPrefix first part of the sinks' transactional ids
 * @param transactionTimeout how long a transaction may stay open
 * @param properties for every Kafka client
 */
public record KafkaSettings(
    String bootstrapServers,
    String groupId,
    List<String> rawTopics,
    List<String> jsonTopics,
    String defaultStream,
    String queriesTopic,
    String answersTopic,
    String deadLettersTopic,
    DeliveryGuarantee delivery,
    String transactionalIdPrefix,
    Duration transactionTimeout,
    Map<String, String> properties) {
  public KafkaSettings {
    requireText(KafkaOptions.BOOTSTRAP_SERVERS.key(), bootstrapServers);
    requireText(KafkaOptions.GROUP_ID.key(), groupId);
    rawTopics = List.copyOf(rawTopics);
    jsonTopics = List.copyOf(jsonTopics);
    if (rawTopics.isEmpty() && jsonTopics.isEmpty()) {
      throw new IllegalArgumentException(
          "no event topic is given; set "
              + KafkaOptions.RAW_TOPICS.key()
              + " or "
              + KafkaOptions.JSON_TOPICS.key());
    }
    requireText(KafkaOptions.QUERIES_TOPIC.key(), queriesTopic);
    requireText(KafkaOptions.ANSWERS_TOPIC.key(), answersTopic);
    requireText(KafkaOptions.DEAD_LETTERS_TOPIC.key(), deadLettersTopic);
    Objects.requireNonNull(delivery, "delivery");
    requireText(KafkaOptions.TRANSACTIONAL_ID_PREFIX.key(), transactionalIdPrefix);
    if (transactionTimeout.isNegative() || transactionTimeout.isZero()) {
      throw new IllegalArgumentException(
          KafkaOptions.TRANSACTION_TIMEOUT.key() + " must be positive; got " + transactionTimeout);
    }
    properties = Map.copyOf(properties);
    Set<String> seen = new HashSet<>();
    for (String topic :
        topics(rawTopics, jsonTopics, List.of(queriesTopic, answersTopic, deadLettersTopic))) {
      requireText("a topic's name", topic);
      if (!seen.add(topic)) {
        throw new IllegalArgumentException(
            "topic '" + topic + "' is named twice; each topic has one role and one format");
      }
    }
  }

  /** Settings out of a configuration. */
  public static KafkaSettings of(ReadableConfig config) {
    return new KafkaSettings(
        config.get(KafkaOptions.BOOTSTRAP_SERVERS),
        config.get(KafkaOptions.GROUP_ID),
        config.get(KafkaOptions.RAW_TOPICS),
        config.get(KafkaOptions.JSON_TOPICS),
        config.get(KafkaOptions.DEFAULT_STREAM),
        config.get(KafkaOptions.QUERIES_TOPIC),
        config.get(KafkaOptions.ANSWERS_TOPIC),
        config.get(KafkaOptions.DEAD_LETTERS_TOPIC),
        config.get(KafkaOptions.DELIVERY),
        config.get(KafkaOptions.TRANSACTIONAL_ID_PREFIX),
        config.get(KafkaOptions.TRANSACTION_TIMEOUT),
        config.get(KafkaOptions.PROPERTIES));
  }

  /** All topics that the job reads and writes. */
  public List<String> allTopics() {
    return topics(rawTopics, jsonTopics, List.of(queriesTopic, answersTopic, deadLettersTopic));
  }

  /** Properties of a client of these brokers. */
  public Properties clientProperties() {
    Properties all = new Properties();
    all.putAll(properties);
    all.setProperty("bootstrap.servers", bootstrapServers);
    return all;
  }

  private static List<String> topics(List<String> raw, List<String> json, List<String> others) {
    List<String> all = new ArrayList<>(raw);
    all.addAll(json);
    all.addAll(others);
    return all;
  }

  private static void requireText(String name, String value) {
    if (value == null || value.isBlank()) {
      throw new IllegalArgumentException(name + " must not be empty");
    }
  }
}
