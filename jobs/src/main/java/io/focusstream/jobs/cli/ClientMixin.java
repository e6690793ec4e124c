package io.focusstream.jobs.cli;

import io.focusstream.jobs.kafka.KafkaOptions;
import io.focusstream.jobs.kafka.QuestionClient;
import io.focusstream.jobs.local.DataDir;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Properties;
import org.apache.flink.configuration.Configuration;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Where a running job is asked: a `focus local`, or any broker. */
final class ClientMixin {
  private static final Duration BROKER_TIMEOUT = Duration.ofSeconds(10);

  @Mixin private ConfigOptionsMixin config;

  @Option(
      names = "--bootstrap",
      paramLabel = "HOST:PORT",
      description = "The Kafka brokers; by default those of the `focus local` in --data-dir.")
  private String bootstrap;

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      defaultValue = ".focus/local",
      description = "Data directory of the `focus local` to ask (default: ${DEFAULT-VALUE}).")
  private Path dataDir;

  @Option(names = "--queries-topic", paramLabel = "TOPIC", description = "Topic of questions.")
  private String queriesTopic;

  @Option(names = "--answers-topic", paramLabel = "TOPIC", description = "Topic of answers.")
  private String answersTopic;

  private String queries;

  /** Topic of questions; only after {@link #open()}. */
  String queriesTopic() {
    return queries;
  }

  /**
   * Connects.
   *
   * @throws CliException where no `focus local` runs and no brokers are named
   */
  QuestionClient open() {
    Configuration c = config.configuration();
    Optional<DataDir.Endpoint> local = Optional.empty();
    if (bootstrap == null && !c.contains(KafkaOptions.BOOTSTRAP_SERVERS)) {
      local = DataDir.findEndpoint(dataDir);
      if (local.isEmpty()) {
        throw new CliException(
            ExitCodes.UNREACHABLE,
            "no `focus local` runs in "
                + dataDir.toAbsolutePath().normalize()
                + ". Start one there, name its directory with --data-dir, or name brokers with "
                + "--bootstrap.");
      }
    }
    Properties properties = new Properties();
    properties.putAll(c.get(KafkaOptions.PROPERTIES));
    properties.setProperty(
        "bootstrap.servers",
        bootstrap != null
            ? bootstrap
            : local
                .map(DataDir.Endpoint::bootstrapServers)
                .orElseGet(() -> c.get(KafkaOptions.BOOTSTRAP_SERVERS)));
    queries =
        queriesTopic != null
            ? queriesTopic
            : local
                .map(DataDir.Endpoint::queriesTopic)
                .orElseGet(() -> c.get(KafkaOptions.QUERIES_TOPIC));
    String answers =
        answersTopic != null
            ? answersTopic
            : local
                .map(DataDir.Endpoint::answersTopic)
                .orElseGet(() -> c.get(KafkaOptions.ANSWERS_TOPIC));
    return new QuestionClient(
        properties, queries, answers, BROKER_TIMEOUT, System::currentTimeMillis);
  }
}
