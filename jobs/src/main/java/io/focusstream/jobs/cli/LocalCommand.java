package io.focusstream.jobs.cli;

import io.focusstream.jobs.kafka.QuestionClient;
import io.focusstream.jobs.local.FollowedFile;
import io.focusstream.jobs.local.LocalSession;
import io.focusstream.jobs.local.LocalSettings;
import io.focusstream.jobs.topology.ModelLoader;
import io.focusstream.jobs.topology.ModelOptions;
import io.focusstream.jobs.topology.ModelProviders;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import org.apache.flink.configuration.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Everything in one JVM, and a prompt. */
@Command(
    name = "local",
    description = {
      "Run Kafka, Flink and the model in this process, read a log as it grows, and answer questions.",
      "",
      "Without --follow and --topic it follows the logs that its own Kafka and Flink write. Ctrl-C stops"
          + " cleanly; the next start goes on from there. Where standard input isn't a terminal, each of"
          + " its lines is a question, and the command ends after the last answer."
    })
final class LocalCommand implements Callable<Integer> {
  private final ModelLoader models;

  @Spec private CommandSpec spec;
  @Mixin private CommonOptions common;
  @Mixin private ClusterMixin cluster;
  @Mixin private ConfigOptionsMixin config;

  @Option(
      names = "--follow",
      paramLabel = "FILE",
      description = "A file to follow, as `tail -F` would; may be given again.")
  private List<Path> files = new ArrayList<>();

  @Option(
      names = "--stream",
      paramLabel = "NAME",
      description =
          "The stream of the followed file, by default its name. Given once it is that of all files,"
              + " otherwise once for each --follow, in the same order.")
  private List<String> streams = new ArrayList<>();

  @Option(
      names = "--topic",
      paramLabel = "TOPIC",
      description =
          "A further topic of events as text, key = stream; made where it is missing. May be given"
              + " again.")
  private List<String> rawTopics = new ArrayList<>();

  @Option(
      names = "--json-topic",
      paramLabel = "TOPIC",
      description = "A further topic of events in JSON; may be given again.")
  private List<String> jsonTopics = new ArrayList<>();

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      description = "A bundled model's name, or a Hugging Face folder (default: small).")
  private String model;

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      defaultValue = ".focus/local",
      description = "Where topics, checkpoints and logs are kept (default: ${DEFAULT-VALUE}).")
  private Path dataDirectory;

  @Option(
      names = "--kafka-port",
      paramLabel = "PORT",
      defaultValue = "0",
      description = "The broker's port; by default a free one.")
  private int kafkaPort;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "120",
      description = "How long to wait for an answer (default: ${DEFAULT-VALUE}).")
  private int timeoutSeconds;

  LocalCommand(ModelLoader models) {
    this.models = models;
  }

  @Override
  public Integer call() {
    List<FollowedFile> followed = followed();
    if (timeoutSeconds < 1) {
      throw new CliException(
          ExitCodes.USAGE, "--timeout must be at least 1 second; got " + timeoutSeconds);
    }
    Path logs = dataDirectory.toAbsolutePath().normalize().resolve("logs");
    Logging.toFiles(logs);
    boolean ownLogs = followed.isEmpty() && rawTopics.isEmpty() && jsonTopics.isEmpty();
    if (ownLogs) {
      followed =
          List.of(
              new FollowedFile(logs.resolve("flink.log"), "flink"),
              new FollowedFile(logs.resolve("kafka.log"), "kafka"));
    }
    PrintWriter out = spec.commandLine().getOut();
    Configuration configuration = config.configuration();
    if (model != null) {
      configuration.set(ModelOptions.MODEL, model);
    }
    ModelProviders providers = models.load(configuration);
    LocalSettings settings =
        new LocalSettings(
            dataDirectory,
            kafkaPort,
            cluster.webPort(),
            cluster.parallelism(),
            followed,
            rawTopics,
            jsonTopics,
            configuration);
    out.println(
        "Model '"
            + configuration.get(ModelOptions.MODEL)
            + "', data in "
            + dataDirectory.toAbsolutePath().normalize()
            + (ownLogs ? "; following the logs of this very process" : ""));
    out.flush();
    LocalSession session =
        LocalSession.start(
            settings,
            providers,
            message -> {
              out.println(message);
              out.flush();
            });
    Stop stop = new Stop(session, out);
    Signals.onStop(() -> System.exit(stop.run()));
    List<String> streamNames = new ArrayList<>();
    for (FollowedFile file : followed) {
      if (!streamNames.contains(file.stream())) {
        streamNames.add(file.stream());
      }
    }
    for (String topic : rawTopics) {
      streamNames.add(topic);
    }
    try (QuestionClient client = session.newQuestionClient()) {
      BufferedReader in =
          new BufferedReader(new InputStreamReader(System.in, Charset.defaultCharset()));
      int exitCode =
          new Prompt(
                  session,
                  client,
                  in,
                  out,
                  System.console() != null,
                  streamNames,
                  Duration.ofSeconds(timeoutSeconds))
              .run();
      return Math.max(exitCode, stop.run());
    } catch (RuntimeException e) {
      if (stop.hasBegun()) {
        // What fails while everything is being stopped is no news; the stopping thread ends this.
        while (true) {
          LockSupport.park();
        }
      }
      stop.run();
      throw e;
    }
  }

  private List<FollowedFile> followed() {
    if (streams.size() > 1 && streams.size() != files.size()) {
      throw new CliException(
          ExitCodes.USAGE,
          "--stream is given "
              + streams.size()
              + " times for "
              + files.size()
              + " files; give it once, or once for each --follow");
    }
    if (!streams.isEmpty() && files.isEmpty()) {
      throw new CliException(
          ExitCodes.USAGE, "--stream names the stream of a file; --follow names the file");
    }
    List<FollowedFile> followed = new ArrayList<>();
    for (int i = 0; i < files.size(); i++) {
      Path file = files.get(i);
      if (Files.isDirectory(file)) {
        throw new CliException(
            ExitCodes.FAILED,
            file + " is a directory; --follow takes a file, and may be given again");
      }
      if (!Files.isReadable(file)) {
        throw new CliException(
            ExitCodes.FAILED,
            "the file "
                + file.toAbsolutePath()
                + (Files.exists(file) ? " can't be read by this user" : " does not exist")
                + "; --follow takes a file that is there, and then follows it through rotations");
      }
      String stream =
          streams.isEmpty()
              ? file.getFileName().toString()
              : streams.get(streams.size() == 1 ? 0 : i);
      followed.add(new FollowedFile(file, stream));
    }
    return followed;
  }

  /** Stops a session, once, whoever asks first. */
  private static final class Stop {
    private final LocalSession session;
    private final PrintWriter out;
    private volatile boolean begun;

    Stop(LocalSession session, PrintWriter out) {
      this.session = session;
      this.out = out;
    }

    boolean hasBegun() {
      return begun;
    }

    synchronized int run() {
      if (begun) {
        return ExitCodes.OK;
      }
      begun = true;
      out.println("Stopping, with a last savepoint …");
      out.flush();
      session.close();
      out.println("Stopped. The next start goes on from here.");
      out.flush();
      return ExitCodes.OK;
    }
  }
}
