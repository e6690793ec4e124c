package io.focusstream.jobs.local;

import io.focusstream.jobs.kafka.KafkaOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Comparator;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.HeartbeatManagerOptions;
import org.apache.flink.configuration.JobManagerOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.MetricOptions;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.configuration.WebOptions;
import org.apache.flink.core.execution.RecoveryClaimMode;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * Flink in this JVM: RocksDB, checkpoints on disk that stay when the process goes, web UI on
 * loopback. A second start in the same directory begins with the newest completed checkpoint or
 * savepoint.
 */
public final class LocalCluster implements AutoCloseable {
  private final MiniCluster cluster;

  private LocalCluster(MiniCluster cluster) {
    this.cluster = cluster;
  }

  /**
   * Configuration of cluster and job for a data directory; what the user set wins.
   *
   * @param dataDir where checkpoints and temporary files are kept
   * @param webPort port of the web UI; 0 takes the first free one from 8081 on
   * @param parallelism parallel instances of each operator
   * @param user what the user set
   */
  public static Configuration configuration(
      DataDir dataDir, int webPort, int parallelism, Configuration user) {
    Configuration c = new Configuration();
    c.set(RestOptions.ADDRESS, "127.0.0.1");
    c.set(RestOptions.BIND_ADDRESS, "127.0.0.1");
    c.set(RestOptions.BIND_PORT, webPort == 0 ? "8081-8180" : Integer.toString(webPort));
    c.set(WebOptions.TMP_DIR, dataDir.child("tmp").toString());
    c.set(WebOptions.SUBMIT_ENABLE, false);
    c.set(CoreOptions.TMP_DIRS, dataDir.child("tmp").toString());
    c.set(CoreOptions.DEFAULT_PARALLELISM, parallelism);
    c.set(JobManagerOptions.ADDRESS, "localhost");
    c.set(JobManagerOptions.BIND_HOST, "127.0.0.1");
    c.set(TaskManagerOptions.HOST, "127.0.0.1");
    c.set(TaskManagerOptions.BIND_HOST, "127.0.0.1");
    c.set(TaskManagerOptions.NUM_TASK_SLOTS, parallelism);
    c.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MemorySize.ofMebiBytes(256L * parallelism));
    c.set(TaskManagerOptions.NETWORK_MEMORY_MIN, MemorySize.ofMebiBytes(64));
    c.set(TaskManagerOptions.NETWORK_MEMORY_MAX, MemorySize.ofMebiBytes(64));
    // A laptop that slept is no reason to restart the job.
    c.set(HeartbeatManagerOptions.HEARTBEAT_TIMEOUT, Duration.ofMinutes(10));
    c.set(MetricOptions.SYSTEM_RESOURCE_METRICS, false);
    c.set(CheckpointingOptions.CHECKPOINT_STORAGE, "filesystem");
    c.set(
        CheckpointingOptions.CHECKPOINTS_DIRECTORY,
        dataDir.child("checkpoints").toUri().toString());
    c.set(CheckpointingOptions.SAVEPOINT_DIRECTORY, dataDir.child("savepoints").toUri().toString());
    c.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofSeconds(30));
    c.set(
        CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
        ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
    c.set(PipelineOptions.NAME, "FocusStream");
    c.set(PipelineOptions.GENERIC_TYPES, false);
    c.set(PipelineOptions.OBJECT_REUSE, true);
    c.set(RestartStrategyOptions.RESTART_STRATEGY, "exponential-delay");
    c.set(
        RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_INITIAL_BACKOFF,
        Duration.ofMillis(200));
    c.set(
        RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_MAX_BACKOFF,
        Duration.ofSeconds(10));
    MetricTap.configure(c);
    c.addAll(user);
    // a cluster shows its configuration; the Kafka clients have theirs from the job's settings
    c.removeConfig(KafkaOptions.PROPERTIES);
    return c;
  }

  /**
   * Starts the cluster.
   *
   * @throws LocalException where it can't, for example for a port in use
   */
  public static LocalCluster start(Configuration configuration) {
    MiniCluster cluster =
        new MiniCluster(
            new MiniClusterConfiguration.Builder()
                .setConfiguration(configuration)
                .setNumTaskManagers(1)
                .setNumSlotsPerTaskManager(configuration.get(TaskManagerOptions.NUM_TASK_SLOTS))
                .build());
    try {
      cluster.start();
      return new LocalCluster(cluster);
    } catch (Exception e) {
      cluster.closeAsync();
      for (Throwable cause = e; cause != null; cause = cause.getCause()) {
        if (cause instanceof java.net.BindException) {
          throw new LocalException(
              "port "
                  + configuration.get(RestOptions.BIND_PORT)
                  + " for the web UI is in use. Give another with --web-port, or leave it out to "
                  + "take a free one.",
              e);
        }
      }
      throw new LocalException("Flink could not start: " + e.getMessage(), e);
    }
  }

  /** Flink itself, for what this class has no word for. */
  public MiniCluster miniCluster() {
    return cluster;
  }

  /** Where the web UI is. */
  public String webAddress() {
    try {
      return cluster.getRestAddress().get(10, TimeUnit.SECONDS).toString();
    } catch (ExecutionException | TimeoutException e) {
      throw new LocalException("Flink has no web UI: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LocalException("interrupted", e);
    }
  }

  /**
   * Submits the job of an environment.
   *
   * @param restore checkpoint or savepoint to begin with
   */
  public JobID submit(StreamExecutionEnvironment environment, Optional<Path> restore) {
    JobGraph graph = environment.getStreamGraph().getJobGraph();
    restore.ifPresent(
        path ->
            graph.setSavepointRestoreSettings(
                org.apache.flink.runtime.jobgraph.SavepointRestoreSettings.forPath(
                    path.toUri().toString(),
                    environment
                        .getConfiguration()
                        .get(StateRecoveryOptions.SAVEPOINT_IGNORE_UNCLAIMED_STATE),
                    RecoveryClaimMode.CLAIM)));
    try {
      cluster.submitJob(graph).get(60, TimeUnit.SECONDS);
      return graph.getJobID();
    } catch (ExecutionException | TimeoutException e) {
      throw new LocalException(
          "the job could not be started"
              + restore.map(path -> " from " + path).orElse("")
              + ": "
              + rootMessage(e),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LocalException("interrupted", e);
    }
  }

  /** The job's status now. */
  public JobStatus status(JobID job) {
    try {
      return cluster.getJobStatus(job).get(10, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new LocalException("Flink doesn't say how the job is: " + rootMessage(e), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LocalException("interrupted", e);
    }
  }

  /** Why the job failed, in one line; empty where it hasn't. */
  public Optional<String> failure(JobID job) {
    try {
      var failure = cluster.getExecutionGraph(job).get(10, TimeUnit.SECONDS).getFailureInfo();
      return failure == null
          ? Optional.empty()
          : Optional.of(
              rootMessage(failure.getException().deserializeError(getClass().getClassLoader())));
    } catch (ExecutionException | TimeoutException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  /**
   * Stops the job with a last savepoint; where that doesn't succeed in time it is cancelled and the
   * last checkpoint stands.
   *
   * @return the savepoint, or empty where there is none
   */
  public Optional<Path> stop(JobID job, DataDir dataDir, Duration timeout) {
    try {
      String savepoint =
          cluster
              .stopWithSavepoint(
                  job,
                  dataDir.child("savepoints").toUri().toString(),
                  false,
                  SavepointFormatType.NATIVE)
              .get(timeout.toMillis(), TimeUnit.MILLISECONDS);
      return Optional.of(Path.of(java.net.URI.create(savepoint)));
    } catch (ExecutionException | TimeoutException e) {
      try {
        cluster.cancelJob(job).get(10, TimeUnit.SECONDS);
      } catch (ExecutionException | TimeoutException ignored) {
        // It may have ended by itself; closing the cluster ends it in any case.
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  /** The newest completed checkpoint or savepoint in a data directory. */
  public static Optional<Path> newestCheckpoint(DataDir dataDir) {
    try (Stream<Path> checkpoints = Files.walk(dataDir.child("checkpoints"), 3);
        Stream<Path> savepoints = Files.walk(dataDir.child("savepoints"), 2)) {
      return Stream.concat(checkpoints, savepoints)
          .filter(path -> path.getFileName().toString().equals("_metadata"))
          .max(Comparator.comparing(LocalCluster::modified))
          .map(Path::getParent);
    } catch (IOException e) {
      throw new LocalException("the checkpoints in " + dataDir.root() + " can't be read: " + e, e);
    }
  }

  @Override
  public void close() {
    try {
      cluster.closeAsync().get(30, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new LocalException("Flink did not stop: " + rootMessage(e), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static FileTime modified(Path file) {
    try {
      return Files.getLastModifiedTime(file);
    } catch (IOException e) {
      return FileTime.fromMillis(0);
    }
  }

  /** The innermost cause's message, or its type where it has none. */
  static String rootMessage(Throwable error) {
    Throwable root = error;
    while (root.getCause() != null && root.getCause() != root) {
      root = root.getCause();
    }
    return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
  }
}
