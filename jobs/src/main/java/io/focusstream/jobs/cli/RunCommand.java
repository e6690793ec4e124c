package io.focusstream.jobs.cli;

import io.focusstream.jobs.kafka.Brokers;
import io.focusstream.jobs.kafka.KafkaSettings;
import io.focusstream.jobs.local.DataDir;
import io.focusstream.jobs.local.LocalCluster;
import io.focusstream.jobs.topology.FocusTopology;
import io.focusstream.jobs.topology.ModelLoader;
import io.focusstream.jobs.topology.ModelProviders;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The job against any Kafka, on a Flink in this process. */
@Command(
    name = "run",
    description = {
      "Run the job against a Kafka that is already there, with Flink in this process, until Ctrl-C or"
          + " SIGTERM; then it takes a last savepoint, and the next start in the same --data-dir goes on"
          + " from there.",
      "",
      "On a Flink cluster: `flink run -c io.focusstream.jobs.FocusJob JAR`, with the same options."
    })
final class RunCommand implements Callable<Integer> {
  private static final Duration BROKER_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(60);
  private static final Duration LOOK_EVERY = Duration.ofMillis(500);

  private final ModelLoader models;

  @Spec private CommandSpec spec;
  @Mixin private CommonOptions common;
  @Mixin private ClusterMixin cluster;
  @Mixin private JobOptionsMixin options;

  @Option(
      names = "--create-topics",
      description = "Make topics that are missing, with one partition a slot.")
  private boolean createTopics;

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      defaultValue = ".focus/run",
      description = "Where checkpoints are kept (default: ${DEFAULT-VALUE}).")
  private Path dataDirectory;

  RunCommand(ModelLoader models) {
    this.models = models;
  }

  @Override
  public Integer call() {
    int parallelism = cluster.parallelism();
    Logging.toConsole();
    Configuration user = options.configuration();
    KafkaSettings kafka = KafkaSettings.of(user);
    ModelProviders model = models.load(user);
    Brokers.requireTopics(
        kafka, createTopics ? OptionalInt.of(parallelism) : OptionalInt.empty(), BROKER_TIMEOUT);
    PrintWriter out = spec.commandLine().getOut();
    try (DataDir dataDir = DataDir.open(dataDirectory)) {
      dataDir.emptied("tmp");
      Configuration configuration =
          LocalCluster.configuration(dataDir, cluster.webPort(), parallelism, user);
      try (LocalCluster cluster = LocalCluster.start(configuration)) {
        StreamExecutionEnvironment environment =
            StreamExecutionEnvironment.getExecutionEnvironment(configuration);
        FocusTopology.buildOnKafka(environment, configuration, kafka, model);
        Optional<Path> restored = LocalCluster.newestCheckpoint(dataDir);
        JobID job = cluster.submit(environment, restored);
        say(
            out,
            restored
                .map(path -> "Job resumes from " + dataDir.root().relativize(path))
                .orElse("Job starts afresh"));
        say(
            out,
            "Reading from "
                + kafka.bootstrapServers()
                + ", web UI on "
                + cluster.webAddress()
                + "; Ctrl-C stops");
        Thread waiting = Thread.currentThread();
        boolean[] stopping = new boolean[1];
        Signals.onStop(
            () -> {
              synchronized (stopping) {
                stopping[0] = true;
              }
              LockSupport.unpark(waiting);
            });
        while (!isSet(stopping)) {
          JobStatus status = cluster.status(job);
          if (status.isGloballyTerminalState()) {
            throw new CliException(
                ExitCodes.FAILED,
                "the job has ended ("
                    + status
                    + ")"
                    + cluster.failure(job).map(reason -> ": " + reason).orElse(""));
          }
          LockSupport.parkNanos(LOOK_EVERY.toNanos());
        }
        say(out, "Stopping, with a last savepoint …");
        say(
            out,
            cluster
                .stop(job, dataDir, STOP_TIMEOUT)
                .map(path -> "Stopped with " + dataDir.root().relativize(path))
                .orElse("Stopped without a savepoint; the last checkpoint stands"));
      }
    }
    return ExitCodes.OK;
  }

  private static boolean isSet(boolean[] flag) {
    synchronized (flag) {
      return flag[0];
    }
  }

  private static void say(PrintWriter out, String message) {
    out.println(message);
    out.flush();
  }
}
