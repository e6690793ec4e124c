package io.focusstream.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.jobs.cli.FocusCli;
import io.focusstream.jobs.kafka.Brokers;
import io.focusstream.jobs.kafka.KafkaOptions;
import io.focusstream.jobs.kafka.KafkaSettings;
import io.focusstream.jobs.kafka.QuestionClient;
import io.focusstream.jobs.local.DataDir;
import io.focusstream.jobs.local.EmbeddedKafka;
import io.focusstream.jobs.local.LocalCluster;
import io.focusstream.jobs.topology.FocusTopology;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerStatus;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
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
  static void startBroker() {
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

  @Test
  void aWrongPasswordAndAMissingAclAreClearErrorsAndTheRightOnesGiveAnAnswer() throws Exception {
    Configuration c = new Configuration();
    c.set(KafkaOptions.BOOTSTRAP_SERVERS, kafka.bootstrapServers());
    c.set(KafkaOptions.RAW_TOPICS, List.of("raw"));
    c.set(KafkaOptions.PROPERTIES, login("focus", PASSWORD));
    KafkaSettings settings = KafkaSettings.of(c);
    Properties admin = client("admin", "admin-s3cret");
    Brokers.createTopics(admin, settings.allTopics(), 1, DEADLINE);
    allow(admin);

    long begun = System.nanoTime();
    Map.Entry<Integer, String> wrong =
        focus(
            "ask",
            "--bootstrap",
            kafka.bootstrapServers(),
            "--kafka-properties",
            file("focus", "guessed"),
            "--stream",
            "web",
            "who?");
    assertTrue(wrong.getKey() != 0, wrong.toString());
    assertTrue(wrong.getValue().contains("refuses this user"), wrong.getValue());
    assertTrue(wrong.getValue().contains("sasl.jaas.config"), wrong.getValue());
    assertFalse(wrong.getValue().contains("guessed"), "a password is printed");
    assertTrue(System.nanoTime() - begun < 30_000_000_000L, "no loop");
    Map.Entry<Integer, String> forbidden =
        focus(
            "ask",
            "--bootstrap",
            kafka.bootstrapServers(),
            "--kafka-properties",
            file("nobody", "nothing"),
            "--stream",
            "web",
            "who?");
    assertTrue(forbidden.getKey() != 0, forbidden.toString());
    // topics that a user may not see are not there for them
    assertTrue(forbidden.getValue().contains("has no topic"), forbidden.getValue());

    try (DataDir data = DataDir.open(directory.resolve("data"));
        LocalCluster cluster = LocalCluster.start(LocalCluster.configuration(data, 0, 1, c))) {
      StreamExecutionEnvironment environment =
          StreamExecutionEnvironment.getExecutionEnvironment(
              LocalCluster.configuration(data, 0, 1, c));
      FocusTopology.buildOnKafka(environment, c, settings, Fakes.lexicalModel(0));
      JobID job = cluster.submit(environment, Optional.empty());
      try (KafkaProducer<byte[], byte[]> producer =
              new KafkaProducer<>(
                  client("focus", PASSWORD), new ByteArraySerializer(), new ByteArraySerializer());
          QuestionClient asking =
              new QuestionClient(
                  client("focus", PASSWORD),
                  settings.queriesTopic(),
                  settings.answersTopic(),
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

  /** Logs and whatever else a job leaves; its graph in a checkpoint's files is Flink's own. */
  private static List<Path> filesWith(Path folder, String text) throws Exception {
    List<Path> found = new ArrayList<>();
    try (var files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(text)) {
          found.add(file);
        }
      }
    }
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
