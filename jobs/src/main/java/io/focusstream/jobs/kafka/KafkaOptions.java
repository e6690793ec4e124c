package io.focusstream.jobs.kafka;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.connector.base.DeliveryGuarantee;

/** Options of the Kafka ends of the job; settable with {@code -D key=value}. */
public final class KafkaOptions {
  /** Brokers to begin with. */
  public static final ConfigOption<String> BOOTSTRAP_SERVERS =
      ConfigOptions.key("focus.kafka.bootstrap-servers")
          .stringType()
          .defaultValue("localhost:9092")
          .withDescription("Brokers to begin with, host:port, separated by commas.");

  /** Consumer group, for offsets committed with each checkpoint. */
  public static final ConfigOption<String> GROUP_ID =
      ConfigOptions.key("focus.kafka.group-id")
          .stringType()
          .defaultValue("focusstream")
          .withDescription("Consumer group; its offsets are committed with each checkpoint.");

  /** Topics whose values are lines of text. */
  public static final ConfigOption<List<String>> RAW_TOPICS =
      ConfigOptions.key("focus.kafka.events.raw-topics")
          .stringType()
          .asList()
          .defaultValues("events")
          .withDescription("Topics whose values are text; the record's key names the stream.");

  /** Topics whose values are JSON events. */
  public static final ConfigOption<List<String>> JSON_TOPICS =
      ConfigOptions.key("focus.kafka.events.json-topics")
          .stringType()
          .asList()
          .defaultValues()
          .withDescription("Topics whose values are JSON events (event.schema.json).");

  /** Stream of events without a key. */
  public static final ConfigOption<String> DEFAULT_STREAM =
      ConfigOptions.key("focus.kafka.events.default-stream")
          .stringType()
          .noDefaultValue()
          .withDescription("Stream of events without a key; the topic's name where not set.");

  /** Topic of questions. */
  public static final ConfigOption<String> QUERIES_TOPIC =
      ConfigOptions.key("focus.kafka.queries.topic")
          .stringType()
          .defaultValue("queries")
          .withDescription("Topic of questions (query.schema.json).");

  /** Topic of answers. */
  public static final ConfigOption<String> ANSWERS_TOPIC =
      ConfigOptions.key("focus.kafka.answers.topic")
          .stringType()
          .defaultValue("answers")
          .withDescription("Topic of answers (answer.schema.json), keyed by the question's id.");

  /** Topic of records that could not be read. */
  public static final ConfigOption<String> DEAD_LETTERS_TOPIC =
      ConfigOptions.key("focus.kafka.dead-letters.topic")
          .stringType()
          .defaultValue("dead-letters")
          .withDescription("Topic of records that could not be read (dead-letter.schema.json).");

  /** Guarantee of the sinks. */
  public static final ConfigOption<DeliveryGuarantee> DELIVERY =
      ConfigOptions.key("focus.kafka.delivery")
          .enumType(DeliveryGuarantee.class)
          .defaultValue(DeliveryGuarantee.AT_LEAST_ONCE)
          .withDescription(
              "at-least-once: after a failure an answer may come twice, with the same id. "
                  + "exactly-once: answers come with the next checkpoint, once for a consumer "
                  + "that reads committed records.");

  /** First part of the transactional ids of the sinks. */
  public static final ConfigOption<String> TRANSACTIONAL_ID_PREFIX =
      ConfigOptions.key("focus.kafka.transactional-id-prefix")
          .stringType()
          .defaultValue("focusstream")
          .withDescription("First part of the sinks' transactional ids; one of its own a job.");

  /** How long a transaction may stay open. */
  public static final ConfigOption<Duration> TRANSACTION_TIMEOUT =
      ConfigOptions.key("focus.kafka.transaction-timeout")
          .durationType()
          .defaultValue(Duration.ofMinutes(15))
          .withDescription(
              "How long a transaction may stay open: longer than the checkpoint interval and the "
                  + "longest outage, at most the broker's transaction.max.timeout.ms.");

  /** Properties passed to every Kafka client. */
  public static final ConfigOption<Map<String, String>> PROPERTIES =
      ConfigOptions.key("focus.kafka.properties")
          .mapType()
          .defaultValue(Map.of())
          .withDescription("Properties for every Kafka client, for example security.protocol.");

  private KafkaOptions() {}
}
