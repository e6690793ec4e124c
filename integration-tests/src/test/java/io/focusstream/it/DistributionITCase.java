package io.focusstream.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.jobs.kafka.QuestionClient;
import io.focusstream.jobs.local.EmbeddedKafka;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerStatus;
import io.focusstream.schemas.Evidence;
import io.focusstream.schemas.Query;
import io.focusstream.schemas.QueryMode;
import io.focusstream.schemas.SourcePosition;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The distribution, on a Flink of processes of its own. Needs the folder that package makes. */
@Tag("distribution")
class DistributionITCase {
  private static final int LINES = 120;
  private static final String QUESTION = "which user failed to log in?";

  @TempDir Path directory;

  /** A class on both sides would be two classes, natives on the job's side load once a process. */
  @Test
  void whatIsLoadedOnceLiesInLibAndTheJobsJarHoldsNeitherItNorFlink() throws IOException {
    Set<String> classes;
    try (JarFile jar =
        new JarFile(FlinkProcesses.distribution().resolve("job/focus-job.jar").toFile())) {
      classes = classes(jar);
      assertEquals(
          "io.focusstream.jobs.FocusJob",
          jar.getManifest().getMainAttributes().getValue("Main-Class"));
      assertTrue(jar.getEntry("META-INF/LICENSE") != null, "LICENSE");
      assertTrue(jar.getEntry("META-INF/NOTICE") != null, "NOTICE");
    }
    Set<String> flinks = new TreeSet<>();
    for (Path library : FlinkProcesses.flinkLibraries()) {
      try (JarFile jar = new JarFile(library.toFile())) {
        flinks.addAll(classes(jar));
      }
    }
    assertTrue(flinks.contains("org.apache.flink.client.cli.CliFrontend"), "Flink's classes");
    flinks.retainAll(classes);
    flinks.removeIf(name -> !name.startsWith("org.apache.flink."));
    assertEquals(Set.of(), flinks, "Flink's own");
    Set<String> packages =
        classes.stream()
            .map(name -> name.substring(0, name.lastIndexOf('.')))
            .collect(Collectors.toCollection(TreeSet::new));
    for (String alien :
        List.of("ai.djl", "com.sun.jna", "org.slf4j", "org.apache.logging", "kafka.")) {
      assertEquals(
          List.of(), packages.stream().filter(name -> name.startsWith(alien)).toList(), alien);
    }
    for (String ours :
        List.of(
            "io.focusstream.schemas",
            "io.focusstream.operators.stream",
            "org.apache.flink.connector.kafka.source",
            "org.apache.flink.connector.base.source.reader",
            "org.apache.kafka.clients.producer",
            "com.fasterxml.jackson.databind",
            "picocli")) {
      assertTrue(packages.contains(ours), ours);
    }
    Set<String> libraries;
    try (Stream<Path> jars = Files.list(FlinkProcesses.distribution().resolve("lib"))) {
      libraries =
          jars.map(jar -> jar.getFileName().toString().replaceAll("-[0-9].*", ""))
              .collect(Collectors.toCollection(TreeSet::new));
    }
    assertEquals(
        Set.of(
            "api",
            "pytorch-engine",
            "pytorch-jni",
            "pytorch-native-cpu",
            "tokenizers",
            "gson",
            "jna"),
        libraries);
  }

  private static Set<String> classes(JarFile jar) {
    return jar.stream()
        .map(JarEntry::getName)
        .filter(name -> name.endsWith(".class") && name.contains("/"))
        .filter(name -> !name.startsWith("META-INF/"))
        .map(name -> name.replace(".class", "").replace('/', '.'))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /**
   * A task manager that runs a job for the second and the third time gives it a new class loader
   * each time; natives stay with the first one that loaded them.
   */
  @Test
  void aJobThatIsSubmittedAgainInTheSameTaskManagerAnswersAsBefore() throws Exception {
    Path log = directory.resolve("auth.log");
    writeLog(log);
    try (EmbeddedKafka kafka = EmbeddedKafka.start(directory.resolve("kafka"), 0);
        FlinkProcesses flink =
            new FlinkProcesses(
                directory,
                Map.of(
                    "taskmanager.numberOfTaskSlots",
                    "1",
                    "parallelism.default",
                    "1",
                    "focus.kafka.bootstrap-servers",
                    kafka.bootstrapServers()))) {
      flink.startJobManager();
      Process taskManager = flink.startTaskManager();
      flink.awaitSlots(1);
      List<String> taskManagers = flink.taskManagers();
      String first = flink.submit(Map.of(), "--create-topics", "1");
      flink.script(
          "focus",
          Map.of(),
          "follow",
          "--bootstrap",
          kafka.bootstrapServers(),
          "--kafka-property",
          "compression.type=zstd",
          "--until-end",
          log.toString());
      try (QuestionClient client = client(kafka)) {
        awaitEvents(client, LINES);
        Answer before = ask(client);
        assertEquals(AnswerStatus.OK, before.status(), before.toString());
        assertTrue(before.usage().chunks() > 2, before.toString());
        String savepoint = flink.stopWithSavepoint(first);
        assertTrue(Files.exists(Path.of(URI.create(savepoint)).resolve("_metadata")), savepoint);

        String second = flink.submit(Map.of("FOCUS_RESTORE", savepoint));
        assertSameAnswer(before, ask(client));
        flink.cancel(second);

        // The newest below the folder is that savepoint or the second job's checkpoint.
        String third =
            flink.submit(Map.of("FOCUS_RESTORE_FROM", flink.savepoints().getParent().toString()));
        assertSameAnswer(before, ask(client));
        assertEquals("", flink.exceptions(third));
        String again = flink.submitScript(Map.of());
        assertTrue(again.contains("FocusStream runs already"), again);
        assertEquals(List.of(third), flink.runningJobs());
      }
      assertTrue(taskManager.isAlive());
      assertEquals(taskManagers, flink.taskManagers(), "the same task manager all along");
      String logs = flink.allLogs();
      assertFalse(logs.contains("already loaded in another classloader"), logs);
      assertTrue(logs.contains("model small ("), "the real engine ran");
    }
  }

  /** What the FlinkDeployment does, with its options, less those that need GPUs or a bucket. */
  @Test
  void applicationModeRunsTheJobOfUsrlib() throws Exception {
    Path log = directory.resolve("auth.log");
    writeLog(log);
    Map<String, String> options = new LinkedHashMap<>(ComposeFile.kubernetesOptions());
    options.keySet().removeIf(key -> key.matches("external-resource.*|kubernetes\\..*|high-av.*"));
    options.values().removeIf(value -> value.startsWith("s3:"));
    try (EmbeddedKafka kafka = EmbeddedKafka.start(directory.resolve("kafka"), 0)) {
      options.put("focus.kafka.bootstrap-servers", kafka.bootstrapServers());
      options.put("execution.checkpointing.interval", "2s");
      options.put("parallelism.default", "1");
      options.put("taskmanager.memory.process.size", "3g");
      options.put("taskmanager.memory.managed.size", "256m");
      options.put("taskmanager.memory.task.off-heap.size", "1g");
      try (FlinkProcesses flink = new FlinkProcesses(directory, options)) {
        List<String> arguments = new ArrayList<>();
        ((List<?>) ComposeFile.kubernetesJob().get("args"))
            .forEach(word -> arguments.add(word.toString()));
        flink.startApplication(ComposeFile.kubernetesJob().get("entryClass").toString(), arguments);
        flink.startTaskManager();
        String job = flink.awaitJob();
        flink.script(
            "focus",
            Map.of(),
            "follow",
            "--bootstrap",
            kafka.bootstrapServers(),
            "--until-end",
            log.toString());
        try (QuestionClient client = client(kafka)) {
          awaitEvents(client, LINES);
          Answer answer = ask(client);
          assertEquals(AnswerStatus.OK, answer.status(), answer.toString());
          assertFalse(answer.evidence().isEmpty());
        }
        assertEquals("", flink.exceptions(job));
      }
    }
  }

  /** What the CUDA image does: another libtorch than the bundled one, out of a zip. */
  @Test
  void aLibtorchOfOnesOwnIsLoadedInThePlaceOfTheBundledOne() throws Exception {
    Path zip = directory.resolve("libtorch.zip");
    zipBundledLibtorch(zip);
    Path libtorch = directory.resolve("libtorch");
    try (FlinkProcesses flink =
        new FlinkProcesses(directory, Map.of(), List.of("--without-libtorch"))) {
      try (Stream<Path> jars = Files.list(flink.home().resolve("lib"))) {
        assertEquals(
            List.of(),
            jars.filter(jar -> jar.getFileName().toString().startsWith("pytorch-native")).toList());
      }
      flink.run(
          List.of(
              FlinkProcesses.distribution().resolve("bin/libtorch.sh").toString(),
              zip.toUri().toString(),
              libtorch.toString()),
          Map.of());
      Files.delete(zip);
      String loaded =
          flink.script(
              "focus",
              Map.of(
                  "PYTORCH_LIBRARY_PATH",
                  libtorch.toString(),
                  "PYTORCH_VERSION",
                  "2.7.1",
                  "PYTORCH_FLAVOR",
                  "cpu",
                  "DJL_CACHE_DIR",
                  directory.resolve("cache").toString()),
              "engine");
      assertTrue(loaded.contains("libtorch 2.7.1 in " + libtorch), loaded);
    }
  }

  /** The libraries that the distribution brings, in the layout of PyTorch's own zips. */
  private static void zipBundledLibtorch(Path zip) throws IOException {
    Path jar;
    try (Stream<Path> jars = Files.list(FlinkProcesses.distribution().resolve("lib"))) {
      jar =
          jars.filter(file -> file.getFileName().toString().startsWith("pytorch-native-"))
              .findAny()
              .orElseThrow();
    }
    try (JarFile from = new JarFile(jar.toFile());
        ZipOutputStream to = new ZipOutputStream(Files.newOutputStream(zip))) {
      to.setLevel(Deflater.NO_COMPRESSION);
      for (JarEntry entry : from.stream().toList()) {
        if (entry.getName().matches("pytorch/.*\\.so.*")) {
          String name = entry.getName().substring(entry.getName().lastIndexOf('/') + 1);
          to.putNextEntry(new ZipEntry("libtorch/lib/" + name));
          try (InputStream in = from.getInputStream(entry)) {
            in.transferTo(to);
          }
        }
      }
    }
  }

  private static void writeLog(Path log) throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < LINES; i++) {
      text.append("Nov 24 01:")
          .append(String.format("%02d:%02d", i / 60, i % 60))
          .append(" host sshd[")
          .append(2000 + i)
          .append("]: ")
          .append(
              i == 17
                  ? "Failed password for user mallory from 10.0.0.17"
                  : "Accepted connection " + i + " from 10.0.1." + i + " port " + (40_000 + i))
          .append('\n');
    }
    Files.writeString(log, text);
  }

  private static QuestionClient client(EmbeddedKafka kafka) {
    Properties p = new Properties();
    p.setProperty("bootstrap.servers", kafka.bootstrapServers());
    return new QuestionClient(
        p, "queries", "answers", FlinkProcesses.DEADLINE, System::currentTimeMillis);
  }

  private static Answer ask(QuestionClient client) {
    return client.ask("auth.log", QUESTION, null, FlinkProcesses.DEADLINE).orElseThrow();
  }

  /** Waits until the job has read so many events. */
  private static void awaitEvents(QuestionClient client, int events) {
    String[] last = new String[1];
    int[] asked = new int[1];
    Await.until(
        FlinkProcesses.DEADLINE,
        () -> events + " events; the job says " + last[0],
        () -> {
          String id = "describe-" + asked[0]++;
          client.send(
              new Query(
                  id,
                  "auth.log",
                  "",
                  null,
                  QueryMode.DESCRIBE,
                  null,
                  System.currentTimeMillis(),
                  new SourcePosition("queries", 0, 0)));
          last[0] = client.next(id, FlinkProcesses.DEADLINE).orElseThrow().text();
          return last[0].startsWith("events: " + events + "\n");
        });
  }

  private static void assertSameAnswer(Answer before, Answer after) {
    assertEquals(before.status(), after.status());
    assertEquals(before.text(), after.text());
    assertEquals(before.usage(), after.usage());
    assertEquals(before.confidence(), after.confidence(), 1e-3);
    assertFalse(after.evidence().isEmpty());
    assertEquals(
        before.evidence().stream().map(Evidence::lines).toList(),
        after.evidence().stream().map(Evidence::lines).toList());
    assertEquals(
        before.evidence().stream().map(Evidence::offsets).toList(),
        after.evidence().stream().map(Evidence::offsets).toList());
  }
}
