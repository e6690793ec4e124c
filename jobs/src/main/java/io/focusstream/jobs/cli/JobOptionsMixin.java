package io.focusstream.jobs.cli;

import io.focusstream.jobs.kafka.KafkaOptions;
import io.focusstream.jobs.topology.ModelOptions;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.base.DeliveryGuarantee;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options of the job on Kafka; each is a short form of a {@code -D} option. */
public final class JobOptionsMixin {
  @Mixin private ConfigOptionsMixin config;

  @Option(
      names = "--bootstrap",
      paramLabel = "HOST:PORT",
      description = "The Kafka brokers (default: localhost:9092).")
  private String bootstrap;

  @Option(
      names = "--topic",
      paramLabel = "TOPIC",
      description =
          "A topic of events as text, key = stream; may be given again (default: events).")
  private List<String> rawTopics = new ArrayList<>();

  @Option(
      names = "--json-topic",
      paramLabel = "TOPIC",
      description = "A topic of events in JSON; may be given again.")
  private List<String> jsonTopics = new ArrayList<>();

  @Option(
      names = "--default-stream",
      paramLabel = "NAME",
      description = "The stream of events without a key (default: the topic's name).")
  private String defaultStream;

  @Option(
      names = "--queries-topic",
      paramLabel = "TOPIC",
      description = "The topic of questions (default: queries).")
  private String queriesTopic;

  @Option(
      names = "--answers-topic",
      paramLabel = "TOPIC",
      description = "The topic of answers (default: answers).")
  private String answersTopic;

  @Option(
      names = "--dead-letters-topic",
      paramLabel = "TOPIC",
      description = "The topic of records that could not be read (default: dead-letters).")
  private String deadLettersTopic;

  @Option(
      names = "--group",
      paramLabel = "ID",
      description = "The consumer group (default: focusstream).")
  private String group;

  @Option(
      names = "--delivery",
      paramLabel = "GUARANTEE",
      description = "at-least-once (default) or exactly-once.")
  private String delivery;

  @Option(
      names = "--transactional-id-prefix",
      paramLabel = "PREFIX",
      description =
          "First part of the transactional ids of exactly-once, one of its own a job (default:"
              + " focusstream).")
  private String transactionalIdPrefix;

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      description = "A bundled model's name, or a Hugging Face folder (default: small).")
  private String model;

  /** All of it as a configuration; the short forms win over {@code -D}. */
  public Configuration configuration() {
    Configuration c = config.configuration();
    set(c, KafkaOptions.BOOTSTRAP_SERVERS, bootstrap);
    if (!rawTopics.isEmpty() || !jsonTopics.isEmpty()) {
      c.set(KafkaOptions.RAW_TOPICS, rawTopics);
      c.set(KafkaOptions.JSON_TOPICS, jsonTopics);
    }
    set(c, KafkaOptions.DEFAULT_STREAM, defaultStream);
    set(c, KafkaOptions.QUERIES_TOPIC, queriesTopic);
    set(c, KafkaOptions.ANSWERS_TOPIC, answersTopic);
    set(c, KafkaOptions.DEAD_LETTERS_TOPIC, deadLettersTopic);
    set(c, KafkaOptions.GROUP_ID, group);
    if (delivery != null) {
      c.set(KafkaOptions.DELIVERY, guarantee(delivery));
    }
    set(c, KafkaOptions.TRANSACTIONAL_ID_PREFIX, transactionalIdPrefix);
    set(c, ModelOptions.MODEL, model);
    return c;
  }

  private static void set(Configuration c, ConfigOption<String> option, String value) {
    if (value != null) {
      c.set(option, value);
    }
  }

  private static DeliveryGuarantee guarantee(String name) {
    return switch (name) {
      case "at-least-once" -> DeliveryGuarantee.AT_LEAST_ONCE;
      case "exactly-once" -> DeliveryGuarantee.EXACTLY_ONCE;
      default ->
          throw new CliException(
              ExitCodes.USAGE,
              "--delivery must be at-least-once or exactly-once; got '" + name + "'");
    };
  }
}
