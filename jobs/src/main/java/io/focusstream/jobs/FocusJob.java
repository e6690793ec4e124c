package io.focusstream.jobs;

import io.focusstream.jobs.cli.FocusCli;
import io.focusstream.jobs.cli.JobOptionsMixin;
import io.focusstream.jobs.kafka.Brokers;
import io.focusstream.jobs.kafka.KafkaOptions;
import io.focusstream.jobs.kafka.KafkaSettings;
import io.focusstream.jobs.topology.FocusTopology;
import io.focusstream.jobs.topology.JobDefaults;
import io.focusstream.jobs.topology.ModelLoader;
import io.focusstream.jobs.topology.Models;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * The entry class for {@code flink run} and application mode. Checkpoints and the state backend are
 * the cluster's to set, or {@code -D}'s, and where neither does, as {@link JobDefaults} says;
 * options of the job ({@code focus.…}) may stand in Flink's configuration file too, and those given
 * here win. Before the job is submitted the brokers must have answered, taken the password and
 * shown all topics.
 */
@Command(
    name = "FocusJob",
    description = "Submits the job to the Flink cluster that runs this class.")
public final class FocusJob implements Callable<Integer> {
  private static final Duration BROKER_TIMEOUT = Duration.ofSeconds(30);

  private final ModelLoader models;

  @Mixin private JobOptionsMixin options;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and end.")
  private boolean help;

  @Option(names = "--verbose", description = "Show stack traces.")
  private boolean verbose;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      defaultValue = "FocusStream",
      description = "The job's name (default: ${DEFAULT-VALUE}).")
  private String name;

  @Option(
      names = "--create-topics",
      paramLabel = "PARTITIONS",
      description = "Make topics that are missing, with so many partitions.")
  private Integer partitions;

  private FocusJob(ModelLoader models) {
    this.models = models;
  }

  /** Submits the job; an exit code other than 0 comes as an exception, as Flink wants it. */
  public static void main(String[] args) {
    submit(new Models(), args);
  }

  /** The job's command line, ready to execute. */
  public static CommandLine commandLine(ModelLoader models) {
    return FocusCli.configure(new CommandLine(new FocusJob(models)));
  }

  /**
   * Submits the job with models of the caller's.
   *
   * @throws IllegalStateException where it could not be submitted; why is on standard error, and in
   *     the message, as who submits through REST sees no other
   */
  public static void submit(ModelLoader models, String... args) {
    CommandLine line = commandLine(models);
    IExecutionExceptionHandler paragraph = line.getExecutionExceptionHandler();
    List<Exception> failures = new ArrayList<>();
    line.setExecutionExceptionHandler(
        (error, command, result) -> {
          failures.add(error);
          return paragraph.handleExecutionException(error, command, result);
        });
    int exitCode = line.execute(args);
    if (!failures.isEmpty()) {
      Exception failure = failures.get(0);
      throw new IllegalStateException(
          "the job was not submitted: " + failure.getMessage(), failure);
    }
    if (exitCode != 0) {
      throw new IllegalStateException("the job was not submitted; exit code " + exitCode);
    }
  }

  @Override
  public Integer call() throws Exception {
    if (partitions != null && partitions < 1) {
      throw new IllegalArgumentException("--create-topics must be at least 1; got " + partitions);
    }
    Configuration given = options.configuration();
    given.set(PipelineOptions.GENERIC_TYPES, false);
    given.set(PipelineOptions.OBJECT_REUSE, true);
    Configuration shown = new Configuration(given);
    // passwords are for the Kafka clients, not for a job's configuration that others see
    shown.removeConfig(KafkaOptions.PROPERTIES);
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.getExecutionEnvironment(shown);
    // The cluster's configuration, and over it what was given here.
    Configuration configuration = Configuration.fromMap(environment.getConfiguration().toMap());
    configuration.addAll(given);
    KafkaSettings kafka = KafkaSettings.of(configuration);
    Brokers.requireTopics(
        kafka,
        partitions == null ? OptionalInt.empty() : OptionalInt.of(partitions),
        BROKER_TIMEOUT);
    FocusTopology.buildOnKafka(environment, configuration, kafka, models.load(configuration));
    environment.execute(name);
    return 0;
  }
}
