package io.focusstream.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.focusstream.jobs.local.EmbeddedKafka;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessSpec;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessUtils;
import org.apache.flink.runtime.jobmanager.JobManagerProcessSpec;
import org.apache.flink.runtime.jobmanager.JobManagerProcessUtils;
import org.apache.flink.runtime.util.config.memory.ProcessMemoryUtils;

/**
 * A Flink of job manager and task manager processes, out of Flink's own jars, with the distribution
 * installed by its own script and with the configuration of the compose file; only addresses and
 * folders are the test's. What runs here is what the images run, less Docker.
 */
final class FlinkProcesses implements AutoCloseable {
  static final Duration DEADLINE = Duration.ofSeconds(180);

  /** What a Flink distribution holds in its {@code lib/}, by the beginning of the jar's name. */
  private static final List<String> FLINK_LIBRARIES =
      List.of(
          "flink-",
          "frocksdbjni-",
          "commons-cli-",
          "commons-collections-",
          "commons-compress-",
          "commons-io-",
          "commons-lang3-",
          "commons-math3-",
          "commons-text-",
          "javassist-",
          "kryo-",
          "minlog-",
          "objenesis-",
          "reflectasm-",
          "snappy-java-",
          "lz4-java-",
          "jsr305-",
          "slf4j-api-",
          "snakeyaml-engine-",
          "log4j-");

  /** Brought by the job's jar, and by it alone. */
  private static final List<String> NOT_FLINKS =
      List.of("flink-connector-kafka-", "flink-connector-base-");

  /** What the config.yaml of a Flink distribution opens for every process of it. */
  private static final List<String> FLINKS_OPENS =
      Stream.of(
              "java.lang",
              "java.net",
              "java.io",
              "java.nio",
              "sun.nio.ch",
              "java.lang.reflect",
              "java.text",
              "java.time",
              "java.util",
              "java.util.concurrent",
              "java.util.concurrent.atomic",
              "java.util.concurrent.locks")
          .map(name -> "--add-opens=java.base/" + name + "=ALL-UNNAMED")
          .toList();

  private static final Pattern JOB_ID = Pattern.compile("JobID ([0-9a-f]{32})");
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path home;
  private final Path logs;
  private final int restPort = EmbeddedKafka.freePort();
  private final Configuration configuration;
  private final HttpClient http = HttpClient.newHttpClient();
  private final List<Process> processes = new CopyOnWriteArrayList<>();
  // Where the tests' own process is stopped.
  private final Thread atExit =
      new Thread(() -> processes.forEach(Process::destroyForcibly), "flink-processes-exit");
  private int started;

  /**
   * Makes a Flink and installs the distribution in it; nothing runs yet.
   *
   * @param directory where it all lies
   * @param options over those of the compose file
   */
  FlinkProcesses(Path directory, Map<String, String> options) throws Exception {
    this(directory, options, List.of());
  }

  /**
   * The same, installed with options of the script.
   *
   * @param installOptions for {@code install.sh}
   */
  FlinkProcesses(Path directory, Map<String, String> options, List<String> installOptions)
      throws Exception {
    Runtime.getRuntime().addShutdownHook(atExit);
    home = Files.createDirectories(directory.resolve("flink"));
    logs = Files.createDirectories(directory.resolve("logs"));
    Path lib = Files.createDirectory(home.resolve("lib"));
    for (Path jar : flinkLibraries()) {
      Files.createSymbolicLink(lib.resolve(jar.getFileName()), jar);
    }
    Path bin = Files.createDirectory(home.resolve("bin"));
    Files.writeString(
        bin.resolve("flink"),
        """
        #!/usr/bin/env bash
        # Stands in for Flink's own script, which is in no jar.
        exec "%s" -Xmx256m -XX:+UseSerialGC %s -Dlog4j.configurationFile="%s" -Dlog.file="%s" \\
          -cp "$FLINK_HOME/lib/*" org.apache.flink.client.cli.CliFrontend "$@"
        """
            .formatted(
                java(),
                String.join(" ", FLINKS_OPENS),
                home.resolve("conf/log4j2.properties"),
                logs.resolve("client.log")));
    assertTrue(bin.resolve("flink").toFile().setExecutable(true));
    List<String> install = new ArrayList<>();
    install.add(distribution().resolve("bin/install.sh").toString());
    install.addAll(installOptions);
    install.add(home.toString());
    run(install, Map.of());

    Map<String, String> all = new TreeMap<>(ComposeFile.flinkProperties());
    all.put("jobmanager.rpc.address", "127.0.0.1");
    all.put("jobmanager.rpc.port", Integer.toString(EmbeddedKafka.freePort()));
    all.put("jobmanager.bind-host", "127.0.0.1");
    all.put("taskmanager.host", "127.0.0.1");
    all.put("taskmanager.bind-host", "127.0.0.1");
    all.put("rest.address", "127.0.0.1");
    all.put("rest.bind-address", "127.0.0.1");
    all.put("rest.port", Integer.toString(restPort));
    all.put("io.tmp.dirs", Files.createDirectories(directory.resolve("tmp")).toString());
    all.put("execution.checkpointing.dir", checkpoints().toUri().toString());
    all.put("execution.checkpointing.savepoint-dir", savepoints().toUri().toString());
    all.putAll(options);
    configuration = Configuration.fromMap(all);
    Path conf = Files.createDirectory(home.resolve("conf"));
    StringBuilder yaml = new StringBuilder();
    all.forEach((key, value) -> yaml.append(key).append(": '").append(value).append("'\n"));
    Files.writeString(conf.resolve("config.yaml"), yaml);
    Files.writeString(
        conf.resolve("log4j2.properties"),
        """
        rootLogger.level = INFO
        rootLogger.appenderRef.file.ref = file
        logger.kafka.name = org.apache.kafka
        logger.kafka.level = WARN
        appender.file.type = File
        appender.file.name = file
        appender.file.fileName = ${sys:log.file}
        appender.file.layout.type = PatternLayout
        appender.file.layout.pattern = %d{HH:mm:ss,SSS} %-5p [%t] %c{1}: %m%n
        """);
  }

  /** The distribution that this build has made. */
  static Path distribution() {
    Path folder =
        Path.of(System.getProperty("focus.distribution", "")).toAbsolutePath().normalize();
    assertTrue(
        Files.isRegularFile(folder.resolve("job/focus-job.jar")),
        () -> "no distribution in " + folder + "; build it: ./mvnw verify, or ./mvnw package");
    return folder;
  }

  /** Jars of a Flink distribution. */
  static List<Path> flinkLibraries() throws IOException {
    // Of another Flink, for example that of a downloaded distribution.
    String other = System.getProperty("focus.flink.lib", "");
    if (!other.isEmpty()) {
      try (Stream<Path> jars = Files.list(Path.of(other))) {
        return jars.filter(jar -> jar.toString().endsWith(".jar")).toList();
      }
    }
    List<Path> found =
        Arrays.stream(testClassPath().split(File.pathSeparator))
            .map(Path::of)
            .filter(
                jar -> {
                  String name = jar.getFileName().toString();
                  return name.endsWith(".jar")
                      && FLINK_LIBRARIES.stream().anyMatch(name::startsWith)
                      && NOT_FLINKS.stream().noneMatch(name::startsWith);
                })
            .toList();
    for (String needed : List.of("flink-runtime-", "flink-clients-", "flink-statebackend-")) {
      assertTrue(
          found.stream().anyMatch(jar -> jar.getFileName().toString().startsWith(needed)),
          () -> needed + "*.jar is not among " + found);
    }
    return found;
  }

  static String testClassPath() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }

  static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  /** Where this Flink is. */
  Path home() {
    return home;
  }

  Path checkpoints() {
    return home.resolveSibling("state").resolve("checkpoints");
  }

  Path savepoints() {
    return home.resolveSibling("state").resolve("savepoints");
  }

  /** Starts the job manager; returns at once. */
  Process startJobManager() throws IOException {
    JobManagerProcessSpec memory = JobManagerProcessUtils.processSpecFromConfig(configuration);
    List<String> command = new ArrayList<>();
    command.addAll(words(JobManagerProcessUtils.generateJvmParametersStr(memory, configuration)));
    command.add("org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint");
    command.addAll(List.of("--configDir", home.resolve("conf").toString()));
    command.addAll(words(JobManagerProcessUtils.generateDynamicConfigsStr(memory)));
    return startFlink("jobmanager", command);
  }

  /**
   * Starts a job manager that runs the job of {@code usrlib/} itself; returns at once.
   *
   * @param entryClass the job's
   * @param arguments the job's
   */
  Process startApplication(String entryClass, List<String> arguments) throws IOException {
    JobManagerProcessSpec memory = JobManagerProcessUtils.processSpecFromConfig(configuration);
    List<String> command = new ArrayList<>();
    command.addAll(words(JobManagerProcessUtils.generateJvmParametersStr(memory, configuration)));
    command.add("org.apache.flink.container.entrypoint.StandaloneApplicationClusterEntryPoint");
    command.addAll(List.of("--configDir", home.resolve("conf").toString()));
    command.addAll(words(JobManagerProcessUtils.generateDynamicConfigsStr(memory)));
    command.addAll(List.of("--job-classname", entryClass));
    command.addAll(arguments);
    return startFlink("application", command);
  }

  /** Waits until a job runs, all of it, and says which. */
  String awaitJob() {
    List<String> found = new ArrayList<>();
    Await.until(
        DEADLINE,
        () -> "a job that runs" + tails(),
        () -> {
          try {
            found.addAll(runningJobs());
          } catch (UncheckedIOException e) {
            return false; // It doesn't listen yet, or has no leader.
          }
          return !found.isEmpty();
        });
    awaitRunning(found.get(0));
    return found.get(0);
  }

  /** Starts a task manager; returns at once. */
  Process startTaskManager() throws IOException {
    TaskExecutorProcessSpec memory = TaskExecutorProcessUtils.processSpecFromConfig(configuration);
    List<String> command = new ArrayList<>();
    command.addAll(words(ProcessMemoryUtils.generateJvmParametersStr(memory)));
    command.add("org.apache.flink.runtime.taskexecutor.TaskManagerRunner");
    command.addAll(List.of("--configDir", home.resolve("conf").toString()));
    command.addAll(words(TaskExecutorProcessUtils.generateDynamicConfigsStr(memory)));
    return startFlink("taskmanager", command);
  }

  private static List<String> words(String text) {
    return Arrays.stream(text.strip().split("\\s+")).filter(word -> !word.isEmpty()).toList();
  }

  private Process startFlink(String name, List<String> arguments) throws IOException {
    String log = name + "-" + started++;
    List<String> command = new ArrayList<>();
    command.add(java());
    command.add("-Dlog4j.configurationFile=" + home.resolve("conf/log4j2.properties"));
    command.add("-Dlog.file=" + logs.resolve(log + ".log"));
    command.add("-Dai.djl.offline=true");
    command.addAll(FLINKS_OPENS);
    List<String> flags = arguments.stream().takeWhile(word -> word.startsWith("-X")).toList();
    command.addAll(flags);
    command.addAll(List.of("-cp", home.resolve("lib") + "/*"));
    command.addAll(arguments.subList(flags.size(), arguments.size()));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("OPT_OUT_TRACKING", "true");
    // As Flink's scripts do: beside it lies usrlib/.
    builder.environment().put("FLINK_LIB_DIR", home.resolve("lib").toString());
    Process process =
        builder
            .redirectErrorStream(true)
            .redirectOutput(logs.resolve(log + ".out").toFile())
            .start();
    processes.add(process);
    return process;
  }

  /** Waits until the cluster has so many free slots. */
  void awaitSlots(int slots) {
    JsonNode[] last = new JsonNode[1];
    Await.until(
        DEADLINE,
        () -> slots + " free slots; the cluster says " + last[0] + tails(),
        () -> {
          try {
            last[0] = get("/overview");
            return last[0].path("slots-available").asInt() >= slots;
          } catch (UncheckedIOException e) {
            return false; // It doesn't listen yet, or has no leader.
          }
        });
  }

  /**
   * Runs a script of the distribution, as it is installed in this Flink.
   *
   * @return what it printed
   */
  String script(String name, Map<String, String> environment, String... arguments)
      throws Exception {
    List<String> command = new ArrayList<>();
    command.add(home.resolve("bin").resolve(name).toString());
    command.addAll(List.of(arguments));
    return run(command, environment);
  }

  /** Submits a job with the distribution's script and waits until all of it runs. */
  String submit(Map<String, String> environment, String... arguments) throws Exception {
    String output = submitScript(environment, arguments);
    Matcher id = JOB_ID.matcher(output);
    assertTrue(id.find(), output);
    awaitRunning(id.group(1));
    return id.group(1);
  }

  /** Runs the distribution's script that submits, and says what it printed. */
  String submitScript(Map<String, String> environment, String... arguments) throws Exception {
    Map<String, String> all = new LinkedHashMap<>(environment);
    all.put("FLINK_JOBMANAGER", "127.0.0.1:" + restPort);
    return script("submit.sh", all, arguments);
  }

  /** Ids of the jobs that run. */
  List<String> runningJobs() {
    List<String> ids = new ArrayList<>();
    get("/jobs")
        .path("jobs")
        .forEach(
            job -> {
              if (job.path("status").asText().equals("RUNNING")) {
                ids.add(job.path("id").asText());
              }
            });
    return ids;
  }

  /**
   * Runs a command to its end; any exit code but 0 fails.
   *
   * @return what it printed
   */
  String run(List<String> command, Map<String, String> environment) throws Exception {
    Path output = logs.resolve("script-" + started++ + ".txt");
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("FLINK_HOME", home.toString());
    builder.environment().put("FLINK_CONF_DIR", home.resolve("conf").toString());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().putAll(environment);
    Process process = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    processes.add(process);
    boolean ended = process.waitFor(DEADLINE.toSeconds(), TimeUnit.SECONDS);
    String text = Files.readString(output);
    assertTrue(ended, () -> command + " didn't end: " + text);
    assertEquals(0, process.exitValue(), () -> command + ": " + text);
    return text;
  }

  /** Waits until every task of a job runs. */
  void awaitRunning(String job) {
    JsonNode[] last = new JsonNode[1];
    Await.until(
        DEADLINE,
        () -> "all tasks running; the job is " + last[0] + exceptions(job) + tails(),
        () -> {
          last[0] = get("/jobs/" + job);
          int tasks = 0;
          for (JsonNode vertex : last[0].path("vertices")) {
            tasks += vertex.path("parallelism").asInt();
          }
          int running = 0;
          for (JsonNode vertex : last[0].path("vertices")) {
            running += vertex.path("tasks").path("RUNNING").asInt();
          }
          return tasks > 0 && running == tasks;
        });
  }

  /** What went wrong in a job so far; empty where nothing did. */
  String exceptions(String job) {
    StringBuilder all = new StringBuilder();
    get("/jobs/" + job + "/exceptions")
        .path("exceptionHistory")
        .path("entries")
        .forEach(entry -> all.append(entry.path("stacktrace").asText()).append('\n'));
    return all.toString();
  }

  /** Ids of the task managers that are registered. */
  List<String> taskManagers() {
    List<String> ids = new ArrayList<>();
    get("/taskmanagers").path("taskmanagers").forEach(one -> ids.add(one.path("id").asText()));
    return ids;
  }

  /** Stops a job with a savepoint and says where that is. */
  String stopWithSavepoint(String job) {
    JsonNode request =
        send(
            "POST",
            "/jobs/" + job + "/stop",
            "{\"drain\": false, \"targetDirectory\": \"" + savepoints().toUri() + "\"}");
    String trigger = request.path("request-id").asText();
    JsonNode[] last = new JsonNode[1];
    Await.until(
        DEADLINE,
        () -> "a savepoint; " + last[0] + tails(),
        () -> {
          last[0] = get("/jobs/" + job + "/savepoints/" + trigger);
          return last[0].path("status").path("id").asText().equals("COMPLETED");
        });
    JsonNode operation = last[0].path("operation");
    assertTrue(operation.hasNonNull("location"), () -> "no savepoint: " + operation + tails());
    awaitStatus(job, "FINISHED");
    return operation.path("location").asText();
  }

  /** Cancels a job, and waits until it is. */
  void cancel(String job) {
    send("PATCH", "/jobs/" + job + "?mode=cancel", "");
    awaitStatus(job, "CANCELED");
  }

  private void awaitStatus(String job, String status) {
    String[] last = new String[1];
    Await.until(
        DEADLINE,
        () -> status + "; is " + last[0] + tails(),
        () -> {
          last[0] = get("/jobs/" + job).path("state").asText();
          return last[0].equals(status);
        });
  }

  /** How many checkpoints of a job are complete. */
  int completedCheckpoints(String job) {
    return get("/jobs/" + job + "/checkpoints").path("counts").path("completed").asInt();
  }

  /**
   * Metrics of a job's tasks, as its REST endpoint has them: ids are {@code
   * <subtask>.<operator>.<name>}. What isn't a number is left out.
   *
   * @param wanted which ids
   */
  Map<String, Double> metrics(String job, Predicate<String> wanted) {
    Map<String, Double> all = new TreeMap<>();
    for (JsonNode vertex : get("/jobs/" + job).path("vertices")) {
      String path = "/jobs/" + job + "/vertices/" + vertex.path("id").asText() + "/metrics";
      List<String> ids = new ArrayList<>();
      get(path).forEach(metric -> ids.add(metric.path("id").asText()));
      ids.removeIf(wanted.negate());
      if (!ids.isEmpty()) {
        String query = URLEncoder.encode(String.join(",", ids), StandardCharsets.UTF_8);
        get(path + "?get=" + query)
            .forEach(
                metric -> {
                  double value = metric.path("value").asDouble(Double.NaN);
                  if (!Double.isNaN(value)) {
                    all.put(metric.path("id").asText(), value);
                  }
                });
      }
    }
    return all;
  }

  private JsonNode get(String path) {
    return send("GET", path, "");
  }

  private JsonNode send(String method, String path, String body) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + restPort + path))
            .timeout(DEADLINE)
            .header("Content-Type", "application/json")
            .method(
                method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
            .build();
    try {
      HttpResponse<String> response = http.send(request, BodyHandlers.ofString());
      if (response.statusCode() == 503) {
        throw new IOException(response.body());
      }
      assertTrue(response.statusCode() < 300, () -> method + " " + path + ": " + response.body());
      return JSON.readTree(response.body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** All that the processes have logged and printed. */
  String allLogs() {
    StringBuilder all = new StringBuilder();
    try (Stream<Path> files = Files.list(logs)) {
      for (Path file : files.sorted().toList()) {
        // Of a process that was killed the last character may be half written.
        all.append(new String(Files.readAllBytes(file), StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return all.toString();
  }

  private String tails() {
    StringBuilder all = new StringBuilder();
    try (Stream<Path> files = Files.list(logs)) {
      for (Path file : files.sorted().toList()) {
        String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        all.append("\n--- ").append(file.getFileName()).append('\n');
        all.append(text, Math.max(0, text.length() - 3_000), text.length());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return all.toString();
  }

  @Override
  public void close() throws IOException {
    for (Process process : processes) {
      process.destroyForcibly();
    }
    for (Process process : processes) {
      try {
        process.waitFor(30, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    Runtime.getRuntime().removeShutdownHook(atExit);
    // Natives and links; the rest goes with the test's folder.
    delete(home.resolve("lib"));
  }

  private static void delete(Path folder) throws IOException {
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
