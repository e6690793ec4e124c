package io.focusstream.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.jobs.local.EmbeddedKafka;
import java.io.IOException;
import java.io.Writer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code focus local} as processes of their own, which are killed, stopped and piped into. */
class LocalProcessITCase {
  private static final Duration DEADLINE = Duration.ofSeconds(120);
  private static final int FIRST_LINES = 10_000;

  @TempDir Path directory;

  private final List<Process> processes = new ArrayList<>();
  private int runs;

  @AfterEach
  void endProcesses() {
    processes.forEach(Process::destroyForcibly);
  }

  @Test
  void noLineIsLostOrDoubledThroughKillAndStop() throws Exception {
    Path log = directory.resolve("app.log");
    append(log, 0, FIRST_LINES);

    Run killed = start(log);
    killed.awaitOutput("Following ");
    append(log, FIRST_LINES, FIRST_LINES + 1_000);
    // In the middle of reading, or soon after: what is on the topic then is what counts.
    assertTrue(killed.process.destroyForcibly().waitFor(30, TimeUnit.SECONDS));

    append(log, FIRST_LINES + 1_000, FIRST_LINES + 1_010);
    Run stopped = start(log);
    stopped.awaitOutput("caught up");
    stopped.type("what is the value of service-10005?");
    stopped.awaitOutput("value-10005 ");
    stopped.process.destroy();
    assertTrue(stopped.process.waitFor(60, TimeUnit.SECONDS), "did not stop");
    assertTrue(stopped.output().contains("Stopped."), stopped.output());
    assertEquals(0, stopped.process.exitValue(), stopped.output());

    append(log, FIRST_LINES + 1_010, FIRST_LINES + 1_020);
    Run piped = start(log);
    piped.type("what is the value of service-17?");
    piped.type("what is the value of service-11019?");
    piped.input.close();
    assertTrue(
        piped.process.waitFor(DEADLINE.toSeconds(), TimeUnit.SECONDS),
        () -> "did not end: " + piped.output());
    assertEquals(0, piped.process.exitValue(), piped.output());
    assertTrue(piped.output().contains("Job resumes from savepoints"), piped.output());
    assertTrue(piped.output().contains("value-17 "), piped.output());
    assertTrue(piped.output().contains("value-11019 "), piped.output());

    List<String> expected = new ArrayList<>();
    for (int i = 0; i < FIRST_LINES + 1_020; i++) {
      expected.add(line(i));
    }
    List<String> onTopic = linesOnTopic();
    assertEquals(expected.size(), onTopic.size());
    assertEquals(expected, onTopic);
  }

  /** The ports are those that docs/running.md names, and nobody reaches them from elsewhere. */
  @Test
  void listensOnLoopbackOnlyAndOnTheNamedPortsOnly() throws Exception {
    Path log = directory.resolve("app.log");
    append(log, 0, 100);
    int kafka = EmbeddedKafka.freePort();
    int web = EmbeddedKafka.freePort();
    Run run = start(log, "--kafka-port", "" + kafka, "--web-port", "" + web);
    run.awaitOutput("caught up");
    List<InetSocketAddress> listening = Listening.of(run.process.pid());
    for (InetSocketAddress one : listening) {
      assertTrue(one.getAddress().isLoopbackAddress(), () -> one + " in " + listening);
    }
    List<Integer> ports = listening.stream().map(InetSocketAddress::getPort).toList();
    assertTrue(ports.containsAll(List.of(kafka, web)), listening::toString);
    // Kafka's controller and Flink's blob server, each on a free port.
    assertEquals(4, ports.size(), listening::toString);
  }

  @Test
  void aSocketThatOthersReachIsSeen() throws Exception {
    try (ServerSocket everywhere = new ServerSocket(0);
        ServerSocket here = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      List<InetSocketAddress> listening = Listening.of(ProcessHandle.current().pid());
      assertTrue(
          listening.stream()
              .anyMatch(
                  one ->
                      one.getPort() == everywhere.getLocalPort()
                          && one.getAddress().isAnyLocalAddress()),
          listening::toString);
      assertTrue(
          listening.contains(
              new InetSocketAddress(InetAddress.getLoopbackAddress(), here.getLocalPort())),
          listening::toString);
    }
  }

  private static String line(int i) {
    return "line " + i + " of service-" + i + ": value-" + i;
  }

  private static void append(Path log, int from, int to) throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = from; i < to; i++) {
      text.append(line(i)).append('\n');
    }
    Files.writeString(log, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private List<String> linesOnTopic() {
    List<String> lines = new ArrayList<>();
    try (EmbeddedKafka kafka = EmbeddedKafka.start(directory.resolve("data/kafka"), 0)) {
      Properties p = new Properties();
      p.setProperty("bootstrap.servers", kafka.bootstrapServers());
      p.setProperty(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
      TopicPartition partition = new TopicPartition("lines", 0);
      try (KafkaConsumer<byte[], byte[]> consumer =
          new KafkaConsumer<>(p, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
        consumer.assign(List.of(partition));
        consumer.seekToBeginning(List.of(partition));
        Map<TopicPartition, Long> ends = consumer.endOffsets(List.of(partition));
        while (consumer.position(partition) < ends.get(partition)) {
          consumer
              .poll(Duration.ofMillis(200))
              .forEach(record -> lines.add(new String(record.value(), StandardCharsets.UTF_8)));
        }
      }
    }
    return lines;
  }

  private Run start(Path log, String... more) throws IOException {
    Path output = directory.resolve("run-" + runs++ + ".txt");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx1g",
                "-Dlog4j.shutdownHookEnabled=false",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                LexicalFocus.class.getName(),
                "local",
                "--data-dir",
                directory.resolve("data").toString(),
                "--follow",
                log.toString()));
    command.addAll(List.of(more));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    processes.add(process);
    return new Run(process, process.outputWriter(StandardCharsets.UTF_8), output);
  }

  private record Run(Process process, Writer input, Path file) {
    void type(String line) throws IOException {
      input.write(line + "\n");
      input.flush();
    }

    String output() {
      try {
        return Files.readString(file);
      } catch (IOException e) {
        return e.toString();
      }
    }

    void awaitOutput(String text) {
      Await.until(
          DEADLINE,
          () -> "'" + text + "' in the output: " + output(),
          () -> {
            if (!process.isAlive() && !output().contains(text)) {
              throw new AssertionError("ended with " + process.exitValue() + ": " + output());
            }
            return output().contains(text);
          });
    }
  }
}
