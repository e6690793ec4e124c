package io.focusstream.jobs;

import io.focusstream.jobs.cli.FocusCli;
import io.focusstream.jobs.cli.JobOptionsMixin;
import io.focusstream.jobs.kafka.KafkaSettings;
import io.focusstream.jobs.topology.FocusTopology;
import io.focusstream.jobs.topology.ModelLoader;
import io.focusstream.jobs.topology.Models;
import java.util.concurrent.Callable;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * The entry class for {@code flink run}. Checkpoints and the state backend are the cluster's to
 * set, or {@code -D}'s.
 */
@Command(
    name = "FocusJob",
    description = "Submits the job to the Flink cluster that runs this class.")
public final class FocusJob implements Callable<Integer> {
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

  private FocusJob(ModelLoader models) {
    this.models = models;
  }

  /** Submits the job; an exit code other than 0 comes as an exception, as Flink wants it. */
  public static void main(String[] args) {
    int exitCode = FocusCli.configure(new CommandLine(new FocusJob(new Models()))).execute(args);
    if (exitCode != 0) {
      throw new IllegalStateException("the job was not submitted; exit code " + exitCode);
    }
  }

  @Override
  public Integer call() throws Exception {
    Configuration configuration = options.configuration();
    configuration.set(PipelineOptions.GENERIC_TYPES, false);
    configuration.set(PipelineOptions.OBJECT_REUSE, true);
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.getExecutionEnvironment(configuration);
    FocusTopology.buildOnKafka(
        environment, configuration, KafkaSettings.of(configuration), models.load(configuration));
    environment.execute(name);
    return 0;
  }
}
