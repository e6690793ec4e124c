package io.focusstream.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.jobs.FocusJob;
import io.focusstream.jobs.cli.ExitCodes;
import io.focusstream.jobs.cli.FocusCli;
import io.focusstream.jobs.kafka.Brokers;
import io.focusstream.jobs.kafka.QuestionClient;
import io.focusstream.jobs.local.DataDir;
import io.focusstream.jobs.local.EmbeddedKafka;
import io.focusstream.jobs.local.LocalCluster;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerStatus;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.flink.api.common.JobExecutionResult;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamGraph;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** A broker with SASL/PLAIN and ACLs. */
class SecuredKafkaITCase {
  private static final Duration DEADLINE = Duration.ofSeconds(90);
  private static final String PASSWORD = "focus-s3cret";

  @TempDir static Path directory;

  private static EmbeddedKafka kafka;

  @BeforeAll
  static void startBroker() throws Exception {
    String login = "org.apache.kafka.common.security.plain.PlainLoginModule required ";
    kafka =
        EmbeddedKafka.start(
            directory.resolve("kafka"),
            0,
            Map.of(
                "listener.security.protocol.map",
                "CLIENT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
                "sasl.enabled.mechanisms",
                "PLAIN",
                "sasl.mechanism.inter.broker.protocol",
                "PLAIN",
                "listener.name.client.plain.sasl.jaas.config",
                login
                    + "username=\"admin\" password=\"admin-s3cret\" user_admin=\"admin-s3cret\""
                    + " user_focus=\""
                    + PASSWORD
                    + "\" user_nobody=\"nothing\";",
                "authorizer.class.name",
                "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                "super.users",
                "User:admin;User:ANONYMOUS"));
    Properties admin = client("admin", "admin-s3cret");
    Brokers.createTopics(admin, List.of("raw", "queries", "answers", "dead-letters"), 1, DEADLINE);
    allow(admin);
  }

  @AfterAll
  static void stopBroker() {
    kafka.close();
  }

  private static Map<String, String> login(String user, String password) {
    return Map.of(
        "security.protocol",
        "SASL_PLAINTEXT",
        "sasl.mechanism",
        "PLAIN",
        "sasl.jaas.config",
        "org.apache.kafka.common.security.plain.PlainLoginModule required username=\""
            + user
            + "\" password=\""
            + password
            + "\";");
  }

  private static Properties client(String user, String password) {
    Properties p = new Properties();
    p.putAll(login(user, password));
    p.setProperty("bootstrap.servers", kafka.bootstrapServers());
    return p;
  }

  private static String file(String user, String password) throws Exception {
    Path file = Files.createTempFile(directory, "client", ".properties");
    StringBuilder text = new StringBuilder();
    login(user, password).forEach((k, v) -> text.append(k).append('=').append(v).append('\n'));
    Files.writeString(file, text);
    return file.toString();
  }

  /** The exit code, and all that was printed. */
  private static Map.Entry<Integer, String> focus(String... arguments) {
    StringWriter printed = new StringWriter();
    CommandLine line = FocusCli.commandLine(config -> Fakes.lexicalModel(0));
    line.setOut(new PrintWriter(printed, true));
    line.setErr(new PrintWriter(printed, true));
    return Map.entry(line.execute(arguments), printed.toString());
  }

  /** What `focus ask` says where its user may not. */
  @Test
  void aWrongPasswordAndAMissingAclAreClearErrorsOfWhoAsks() throws Exception {
    long begun = System.nanoTime();
    Map.Entry<Integer, String> wrong = ask("focus", "guessed-s3cret");
    assertEquals(ExitCodes.UNREACHABLE, wrong.getKey(), wrong.toString());
    assertSaysWhatToCheck(wrong.getValue());
    assertTrue(System.nanoTime() - begun < 30_000_000_000L, "no loop");
    Map.Entry<Integer, String> forbidden = ask("nobody", "nothing");
    assertTrue(forbidden.getKey() != 0, forbidden.toString());
    // topics that a user may not see are not there for them
    assertTrue(forbidden.getValue().contains("has no topic"), forbidden.getValue());
  }

  private static Map.Entry<Integer, String> ask(String user, String password) throws Exception {
    return focus(
        "ask",
        "--bootstrap",
        kafka.bootstrapServers(),
        "--kafka-properties",
        file(user, password),
        "--stream",
        "web",
        "who?");
  }

  private static void assertSaysWhatToCheck(String error) {
    assertTrue(error.contains(kafka.bootstrapServers() + " refuses this user"), error);
    assertTrue(error.contains("sasl.jaas.config"), error);
    assertFalse(error.contains("s3cret"), "a password is printed");
  }

  /** A job that can't log in would be restarted again and again: it is never submitted. */
  @Test
  void aJobWithAWrongPasswordIsNotSubmitted() throws Exception {
    long begun = System.nanoTime();
    String[] options = jobOptions("focus", "guessed-s3cret");
    List<StreamGraph> graphs =
        Submission.of(
            new Configuration(),
            () -> {
              IllegalStateException refused =
                  assertThrows(
                      IllegalStateException.class,
                      () -> FocusJob.submit(config -> Fakes.lexicalModel(0), options));
              assertTrue(refused.getMessage().startsWith("the job was not submitted: "));
              assertSaysWhatToCheck(refused.getMessage());
            });
    assertEquals(List.of(), graphs);
    List<String> run = new ArrayList<>(List.of("run", "--data-dir", directory + "/run"));
    run.addAll(List.of(options));
    Map.Entry<Integer, String> ended = focus(run.toArray(String[]::new));
    assertEquals(ExitCodes.UNREACHABLE, ended.getKey(), ended.toString());
    assertSaysWhatToCheck(ended.getValue());
    assertTrue(System.nanoTime() - begun < 60_000_000_000L, "no loop");
  }

  @Test
  void aJobWhoseTopicsAreMissingIsNotSubmitted() throws Exception {
    List<String> options = new ArrayList<>(List.of(jobOptions("focus", PASSWORD)));
    options.addAll(List.of("--queries-topic", "questions-nobody-made"));
    List<StreamGraph> graphs =
        Submission.of(
            new Configuration(),
            () -> {
              IllegalStateException refused =
                  assertThrows(
                      IllegalStateException.class,
                      () ->
                          FocusJob.submit(
                              config -> Fakes.lexicalModel(0), options.toArray(String[]::new)));
              assertTrue(
                  refused.getMessage().contains("has no topic questions-nobody-made, or"),
                  refused.getMessage());
              assertTrue(
                  refused.getMessage().contains("give --create-topics"), refused.getMessage());
            });
    assertEquals(List.of(), graphs);
  }

  private static String[] jobOptions(String user, String password) throws Exception {
    return new String[] {
      "--bootstrap",
      kafka.bootstrapServers(),
      "--kafka-properties",
      file(user, password),
      "--topic",
      "raw"
    };
  }

  /** Submitted as `flink run` does it; its password is where its clients are, and nowhere else. */
  @Test
  void theJobAnswersAndItsPasswordIsShownNowhere() throws Exception {
    ItLog log = ItLog.fromHere();
    try (DataDir data = DataDir.open(directory.resolve("data"));
        LocalCluster cluster =
            LocalCluster.start(LocalCluster.configuration(data, 0, 1, new Configuration()))) {
      String[] options = jobOptions("focus", PASSWORD);
      StreamGraph graph =
          Submission.of(
                  LocalCluster.configuration(data, 0, 1, new Configuration()),
                  () -> FocusJob.submit(config -> Fakes.lexicalModel(0), options))
              .get(0);
      JobGraph submitted = graph.getJobGraph();
      assertFalse(submitted.getJobConfiguration().toMap().toString().contains(PASSWORD));
      cluster.miniCluster().submitJob(submitted).get();
      JobID job = submitted.getJobID();
      try (KafkaProducer<byte[], byte[]> producer =
              new KafkaProducer<>(
                  client("focus", PASSWORD), new ByteArraySerializer(), new ByteArraySerializer());
          QuestionClient asking =
              new QuestionClient(
                  client("focus", PASSWORD),
                  "queries",
                  "answers",
                  DEADLINE,
                  System::currentTimeMillis)) {
        producer
            .send(new ProducerRecord<>("raw", utf8("web"), utf8("login failed for user: eve")))
            .get();
        Await.until(
            DEADLINE,
            () -> "an answer",
            () -> {
              Answer answer =
                  asking.ask("web", "login failed for which user", null, DEADLINE).orElseThrow();
              return answer.status() == AnswerStatus.OK && answer.text().equals("eve");
            });
      }
      for (String page :
          List.of(
              "/jobmanager/config",
              "/jobs/" + job,
              "/jobs/" + job + "/config",
              "/jobs/" + job + "/plan",
              "/jobs/" + job + "/jobmanager/config",
              "/jobs/" + job + "/checkpoints/config")) {
        String shown = get("http://" + cluster.webAddress().replace("http://", "") + page);
        assertFalse(shown.contains(PASSWORD), page + " shows the password");
      }
      cluster.stop(job, data, DEADLINE);
      assertEquals(List.of(), filesWith(directory.resolve("data"), PASSWORD));
    }
    // the clients say their settings, this one among them
    String logged = log.text();
    assertTrue(logged.contains("sasl.jaas.config = [hidden]"), "no client's settings in the log");
    assertEquals(List.of(), logged.lines().filter(line -> line.contains(PASSWORD)).toList());
  }

  /** Takes what a job's class would have executed. */
  @SuppressWarnings("try") // an environment's close may throw InterruptedException
  private static final class Submission extends StreamExecutionEnvironment {
    private static final List<StreamGraph> GRAPHS = new ArrayList<>();

    private Submission(Configuration configuration) {
      super(configuration);
    }

    /** The graphs that a job's class executes on a cluster with this configuration. */
    static List<StreamGraph> of(Configuration cluster, Runnable jobClass) {
      GRAPHS.clear();
      initializeContextEnvironment(
          given -> {
            Configuration all = new Configuration(cluster);
            all.addAll(given);
            return new Submission(all);
          });
      try {
        jobClass.run();
      } finally {
        resetContextEnvironment();
      }
      return List.copyOf(GRAPHS);
    }

    @Override
    public JobExecutionResult execute(StreamGraph graph) {
      GRAPHS.add(graph);
      return null;
    }
  }

  private static void allow(Admin admin, ResourceType type, String name, AclOperation... operations)
      throws Exception {
    List<AclBinding> acls = new ArrayList<>();
    for (AclOperation operation : operations) {
      acls.add(
          new AclBinding(
              new ResourcePattern(type, name, PatternType.LITERAL),
              new AccessControlEntry("User:focus", "*", operation, AclPermissionType.ALLOW)));
    }
    admin.createAcls(acls).all().get();
  }

  private static void allow(Properties client) throws Exception {
    try (Admin admin = Admin.create(client)) {
      allow(admin, ResourceType.TOPIC, "*", AclOperation.READ, AclOperation.WRITE);
      allow(admin, ResourceType.GROUP, "*", AclOperation.READ);
      allow(admin, ResourceType.CLUSTER, "kafka-cluster", AclOperation.IDEMPOTENT_WRITE);
    }
  }

  /**
   * Whatever a job leaves; its graph in a checkpoint's files is Flink's own. Files of checkpoints
   * go while one looks.
   */
  private static List<Path> filesWith(Path folder, String text) throws IOException {
    List<Path> found = new ArrayList<>();
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            try {
              byte[] bytes = Files.readAllBytes(file);
              if (new String(bytes, StandardCharsets.ISO_8859_1).contains(text)) {
                found.add(file);
              }
            } catch (NoSuchFileException e) {
              return FileVisitResult.CONTINUE;
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException failure)
              throws IOException {
            if (failure instanceof NoSuchFileException) {
              return FileVisitResult.CONTINUE;
            }
            throw failure;
          }
        });
    return found;
  }

  private static String get(String address) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create(address)).build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
