package io.focusstream.jobs.cli;

import io.focusstream.jobs.kafka.Brokers;
import io.focusstream.jobs.kafka.KafkaOptions;
import io.focusstream.jobs.kafka.KafkaSettings;
import io.focusstream.jobs.local.FollowedFile;
import io.focusstream.jobs.local.FollowerService;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.apache.flink.configuration.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Follows files on to a topic of any broker, beside a job that runs elsewhere. */
@Command(
    name = "follow",
    description = {
      "Put the lines of files on a topic, and go on as they grow, as `tail -F` would; what the job reads"
          + " as a stream. A line is there once, also after a restart. Ctrl-C stops."
    })
final class FollowCommand implements Callable<Integer> {
  private static final Duration BROKER_TIMEOUT = Duration.ofSeconds(30);
  private static final Duration LOOK_EVERY = Duration.ofMillis(200);

  @Spec private CommandSpec spec;
  @Mixin private CommonOptions common;
  @Mixin private ConfigOptionsMixin config;

  @Option(
      names = "--bootstrap",
      paramLabel = "HOST:PORT",
      description = "The Kafka brokers (default: localhost:9092).")
  private String bootstrap;

  @Option(
      names = "--topic",
      paramLabel = "TOPIC",
      defaultValue = "events",
      description =
          "The topic, one that the job reads as text (default: ${DEFAULT-VALUE}). It must be there;"
              + " its first partition is written.")
  private String topic;

  @Option(
      names = "--stream",
      paramLabel = "NAME",
      description = "The stream that the lines belong to; by default each file's name.")
  private String stream;

  @Option(names = "--until-end", description = "End when all that the files hold is on the topic.")
  private boolean untilEnd;

  @Parameters(arity = "1..*", paramLabel = "FILE", description = "A file to follow.")
  private List<Path> files = List.of();

  @Override
  public Integer call() {
    Logging.quiet(common);
    List<FollowedFile> followed = new ArrayList<>();
    for (Path file : files) {
      if (!Files.isRegularFile(file)) {
        throw new CliException(
            ExitCodes.USAGE,
            file + " is no file that is there; give one that is, it is followed through rotations");
      }
      followed.add(new FollowedFile(file, stream != null ? stream : file.getFileName().toString()));
    }
    Configuration c = config.configuration();
    if (bootstrap != null) {
      c.set(KafkaOptions.BOOTSTRAP_SERVERS, bootstrap);
    }
    Properties client = KafkaSettings.of(c).clientProperties();
    if (!Brokers.missingTopics(client, List.of(topic), BROKER_TIMEOUT).isEmpty()) {
      throw new CliException(
          ExitCodes.FAILED,
          "Kafka at "
              + client.getProperty("bootstrap.servers")
              + " has no topic "
              + topic
              + ". Make it, or start the job with --create-topics first.");
    }
    PrintWriter out = spec.commandLine().getOut();
    AtomicBoolean stopping = new AtomicBoolean();
    Thread waiting = Thread.currentThread();
    Signals.onStop(
        () -> {
          stopping.set(true);
          LockSupport.unpark(waiting);
        });
    try (FollowerService follower = new FollowerService(client, topic, followed)) {
      out.println("Following " + files + " on to topic " + topic + "; Ctrl-C stops");
      out.flush();
      while (!(follower.isAtEnd() && untilEnd) && !stopping.get()) {
        LockSupport.parkNanos(LOOK_EVERY.toNanos());
      }
      out.println("Stopped after " + follower.lines() + " lines");
      out.flush();
    }
    return ExitCodes.OK;
  }
}
