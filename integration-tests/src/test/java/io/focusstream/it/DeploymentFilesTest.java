package io.focusstream.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.jobs.FocusJob;
import io.focusstream.jobs.cli.FocusCli;
import io.focusstream.jobs.kafka.KafkaOptions;
import io.focusstream.jobs.topology.ModelOptions;
import io.focusstream.operators.config.AskOptions;
import io.focusstream.operators.config.CondenseOptions;
import io.focusstream.operators.config.EngineOptions;
import io.focusstream.operators.config.EvidenceOptions;
import io.focusstream.operators.config.KvOptions;
import io.focusstream.operators.config.LocalOptions;
import io.focusstream.operators.config.StreamOptions;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import kafka.server.KafkaConfig;
import org.apache.flink.configuration.BlobServerOptions;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.ExternalResourceOptions;
import org.apache.flink.configuration.HeartbeatManagerOptions;
import org.apache.flink.configuration.HighAvailabilityOptions;
import org.apache.flink.configuration.JobManagerOptions;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessUtils;
import org.apache.flink.runtime.jobmanager.JobManagerProcessUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * No Docker and no Kubernetes is here to run the files of {@code docker/}: so all that can be known
 * of them without is checked.
 */
class DeploymentFilesTest {
  private static final Path COMPOSE = ComposeFile.docker().resolve("compose.yaml");
  private static final Path KUBERNETES = ComposeFile.docker().resolve("kubernetes/focus.yaml");
  private static final String GPU = "external-resource.gpu.";

  /** Of components whose classes are not on this class path; their names were looked up. */
  private static final Set<String> OPTIONS_OF_OTHERS =
      Set.of(
          GPU + "kubernetes.config-key",
          "kubernetes.operator.savepoint.history.max.count",
          "kubernetes.operator.periodic.savepoint.interval");

  @Test
  void theComposeFileKeepsToItsSchemaAndNamesOnlyWhatIsThere() throws IOException {
    Map<String, Object> compose = ComposeFile.merged(ComposeFile.read(COMPOSE));
    assertEquals(Set.of(), PublishedSchemas.composeProblems(compose));
    Map<String, Object> services = map(compose.get("services"));
    assertEquals(
        Set.of("kafka", "jobmanager", "taskmanager", "job", "follow", "focus"), services.keySet());
    Set<String> volumes = map(compose.get("volumes")).keySet();
    Set<String> used = new TreeSet<>();
    Set<String> built = new TreeSet<>();
    services.forEach(
        (name, value) -> {
          Map<String, Object> service = map(value);
          map(service.getOrDefault("depends_on", Map.of()))
              .forEach(
                  (other, condition) -> {
                    assertTrue(services.containsKey(other), () -> name + " waits for " + other);
                    String what = (String) map(condition).get("condition");
                    assertTrue(
                        !what.equals("service_healthy")
                            || map(services.get(other)).containsKey("healthcheck"),
                        () -> other + " has no healthcheck for " + name + " to wait for");
                  });
          for (Object port : (List<?>) service.getOrDefault("ports", List.of())) {
            assertTrue(
                port.toString().matches("127\\.0\\.0\\.1:[0-9]+:[0-9]+"),
                () -> name + " is open to others at " + port);
          }
          for (Object volume : (List<?>) service.getOrDefault("volumes", List.of())) {
            String source = withDefaults(volume.toString()).split(":")[0];
            if (!source.startsWith("/")) {
              assertTrue(volumes.contains(source), () -> name + " mounts " + source);
              used.add(source);
            }
          }
          if (service.containsKey("build")) {
            built.add(withDefaults(service.get("image").toString()));
            Map<String, Object> build = map(service.get("build"));
            assertEquals("../distribution/target/focusstream", withDefaults(build.get("context")));
            assertTrue(
                Files.exists(
                    ComposeFile.docker().resolve("..").resolve(build.get("dockerfile").toString())),
                build.toString());
          }
        });
    assertEquals(volumes, used, "volumes that something mounts");
    services.forEach(
        (name, value) -> {
          String image = withDefaults(map(value).get("image").toString());
          assertTrue(
              built.contains(image) || image.equals("apache/kafka:" + version("kafka.version")),
              () -> name + " runs " + image);
        });
  }

  /** Each change breaks another part of the schema: none may go through. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "imag: apache/kafka",
        "image: [a]",
        "restart: 5",
        "ports: 8081",
        "volumes: {a: b}",
        "depends_on: {kafka: {condition: service_helthy}}",
        "healthcheck: {interval: 5s, retrys: 3}",
        "command: {a: b}"
      })
  void aBrokenComposeFileIsRefused(String change) {
    Map<String, Object> compose = ComposeFile.merged(ComposeFile.read(COMPOSE));
    map(map(compose.get("services")).get("jobmanager")).putAll(ComposeFile.parse(change));
    assertNotEquals(Set.of(), PublishedSchemas.composeProblems(compose));
  }

  /** As for the compose file; the first word is the part that is changed. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "spec|flinkVersion: v2_33",
        "spec|serviceAcount: flink",
        "spec|mode: natve",
        "job|upgradeMode: savepiont",
        "job|parallelism: two",
        "job|args: --create-topics",
        "job|state: started",
        "taskManager|resource: {cpus: 4}",
        "taskManager|podTemplate: {spec: {tolerations: {key: a}}}",
        "taskManager|podTemplate: {spec: {containers: [{name: a, environment: []}]}}"
      })
  void aBrokenFlinkDeploymentIsRefused(String part, String change) {
    Map<String, Object> deployment = ComposeFile.merged(ComposeFile.read(KUBERNETES));
    Map<String, Object> spec = map(deployment.get("spec"));
    (part.equals("spec") ? spec : map(spec.get(part))).putAll(ComposeFile.parse(change));
    assertNotEquals(Set.of(), PublishedSchemas.flinkDeploymentProblems(deployment));
  }

  @Test
  void anotherKindThanAFlinkDeploymentIsRefused() {
    Map<String, Object> deployment = ComposeFile.merged(ComposeFile.read(KUBERNETES));
    deployment.put("apiVersion", "flink.apache.org/v1");
    deployment.put("kind", "FlinkDeploymnt");
    assertEquals(2, PublishedSchemas.flinkDeploymentProblems(deployment).size());
  }

  @Test
  void theBrokerOfTheComposeFileTakesItsSettings() {
    Map<String, Object> kafka = map(map(ComposeFile.read(COMPOSE).get("services")).get("kafka"));
    Properties properties = new Properties();
    map(kafka.get("environment"))
        .forEach(
            (name, value) -> {
              assertTrue(name.startsWith("KAFKA_"), name);
              String key =
                  name.substring("KAFKA_".length()).toLowerCase(Locale.ROOT).replace('_', '.');
              assertTrue(KafkaConfig.configNames().contains(key), () -> key + " is no setting");
              properties.setProperty(key, value.toString());
            });
    KafkaConfig config = KafkaConfig.fromProps(properties);
    assertEquals(1, config.nodeId());
    assertEquals("/var/lib/kafka/data", config.logDirs().get(0));
    assertTrue(
        ComposeFile.flinkProperties()
            .get(KafkaOptions.BOOTSTRAP_SERVERS.key())
            .equals(properties.getProperty("advertised.listeners").replaceAll(".*CLIENT://", "")),
        "the job's brokers are those that the broker says");
  }

  @Test
  void theOptionsOfTheComposeFileExistAndFitTheirTypes() {
    Map<String, String> options = ComposeFile.flinkProperties();
    assertOptions(options);
    Configuration configuration = Configuration.fromMap(options);
    // Throws where the sizes don't add up.
    assertTrue(
        TaskExecutorProcessUtils.processSpecFromConfig(configuration)
                .getTaskHeapSize()
                .getMebiBytes()
            >= 512);
    assertTrue(
        JobManagerProcessUtils.processSpecFromConfig(configuration)
                .getJvmHeapMemorySize()
                .getMebiBytes()
            >= 512);
  }

  @Test
  void whatTheComposeFileRunsIsInTheImageAndTakesItsArguments() throws IOException {
    Map<String, Object> services =
        map(ComposeFile.merged(ComposeFile.read(COMPOSE)).get("services"));
    List<String> submit = words(map(services.get("job")).get("command"));
    assertEquals("submit.sh", submit.get(0));
    FocusJob.commandLine(config -> null)
        .parseArgs(submit.subList(1, submit.size()).toArray(String[]::new));
    List<String> follow = words(map(services.get("follow")).get("command"));
    assertEquals("focus", follow.get(0));
    FocusCli.commandLine(config -> null)
        .parseArgs(follow.subList(1, follow.size()).toArray(String[]::new));
    String install = Files.readString(ComposeFile.docker().resolve("bin/install.sh"));
    assertTrue(install.contains("bin/{focus,submit.sh}"), "both are installed");
    // The variables that the services set are ones that the scripts or Flink's entry point read.
    String read =
        Files.readString(ComposeFile.docker().resolve("bin/submit.sh"))
            + " JOB_MANAGER_RPC_ADDRESS FLINK_PROPERTIES ";
    for (String name : List.of("job", "jobmanager", "taskmanager", "follow")) {
      for (String variable : map(map(services.get(name)).get("environment")).keySet()) {
        assertTrue(read.contains(variable), () -> variable + " of " + name);
      }
    }
  }

  @Test
  void theFlinkDeploymentKeepsToItsSchemaAndItsOptionsExist() throws IOException {
    Map<String, Object> deployment = ComposeFile.read(KUBERNETES);
    assertEquals(Set.of(), PublishedSchemas.flinkDeploymentProblems(deployment));
    String name = map(deployment.get("metadata")).get("name").toString();
    assertTrue(name.matches("[a-z]([-a-z0-9]{0,43}[a-z0-9])?"), "Flink's cluster id: " + name);
    Map<String, Object> spec = map(deployment.get("spec"));
    Map<String, String> options = ComposeFile.kubernetesOptions();
    assertOptions(options);
    assertEquals(
        "v" + version("flink.version").replaceAll("\\.[0-9]+$", "").replace('.', '_'),
        spec.get("flinkVersion"));

    assertEquals("gpu", options.get(ExternalResourceOptions.EXTERNAL_RESOURCE_LIST.key()));
    assertEquals("nvidia.com/gpu", options.get(GPU + "kubernetes.config-key"));
    assertEquals(
        options.get(TaskManagerOptions.NUM_TASK_SLOTS.key()),
        options.get(GPU + "amount"),
        "one slot a GPU");
    for (ConfigOption<?> path :
        List.of(
            CheckpointingOptions.CHECKPOINTS_DIRECTORY,
            CheckpointingOptions.SAVEPOINT_DIRECTORY,
            HighAvailabilityOptions.HA_STORAGE_PATH)) {
      assertTrue(options.get(path.key()).startsWith("s3://"), path.key());
    }
    Map<String, Object> job = map(spec.get("job"));
    assertEquals("savepoint", job.get("upgradeMode"));
    assertEquals("local:///opt/flink/usrlib/focus-job.jar", job.get("jarURI"));
    assertEquals(FocusJob.class.getName(), job.get("entryClass"));
    FocusJob.commandLine(config -> null).parseArgs(words(job.get("args")).toArray(String[]::new));
    assertTrue(
        Files.readString(KUBERNETES).contains("flink-s3-fs-hadoop-" + version("flink.version")),
        "the file system's plugin is of Flink's version");
    Map<String, Object> memory = map(map(spec.get("taskManager")).get("resource"));
    Configuration configuration = Configuration.fromMap(options);
    configuration.setString(
        TaskManagerOptions.TOTAL_PROCESS_MEMORY.key(), memory.get("memory").toString());
    assertTrue(
        TaskExecutorProcessUtils.processSpecFromConfig(configuration)
                .getTaskHeapSize()
                .getMebiBytes()
            >= 1024);
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "cuda"})
  void theDockerfilesAreWellFormedAndRunScriptsThatAreThere(String image) throws IOException {
    List<Instruction> instructions =
        Dockerfile.parse(Files.readString(ComposeFile.docker().resolve(image + "/Dockerfile")));
    assertEquals("ARG", instructions.get(0).name());
    assertEquals(
        "FLINK_IMAGE=flink:" + version("flink.version") + "-scala_2.12-java17",
        instructions.get(0).text());
    Set<String> stages = new TreeSet<>();
    Set<String> scripts = new TreeSet<>();
    String user = null;
    boolean installed = false;
    for (Instruction instruction : instructions.subList(1, instructions.size())) {
      switch (instruction.name()) {
        case "FROM" -> {
          Matcher from =
              Pattern.compile("\\$\\{FLINK_IMAGE}( AS (\\w+))?").matcher(instruction.text());
          assertTrue(from.matches(), instruction.toString());
          stages.add(String.valueOf(from.group(2)));
          installed = false;
          user = "flink";
        }
        case "USER" -> user = instruction.text();
        case "COPY" -> {
          Matcher copy = Pattern.compile("--from=(\\w+) (\\S+) (\\S+)").matcher(instruction.text());
          assertTrue(copy.matches(), instruction.toString());
          assertTrue(stages.contains(copy.group(1)), instruction.toString());
        }
        case "RUN" -> {
          Matcher called = Pattern.compile("/dist/bin/(\\S+)").matcher(instruction.text());
          while (called.find()) {
            assertTrue(
                instruction.text().startsWith("--mount=type=bind,target=/dist "),
                instruction.toString());
            scripts.add(called.group(1));
            installed |= called.group(1).equals("install.sh");
          }
          if (instruction.text().equals("focus engine")) {
            assertTrue(installed, "focus is there only after install.sh");
            assertEquals("flink", user, "the cache must be the user's");
          }
        }
        default ->
            assertTrue(
                Set.of("ARG", "ENV", "VOLUME").contains(instruction.name()),
                instruction.toString());
      }
    }
    assertEquals("flink", user, "a container must not run as root");
    assertTrue(
        instructions.stream()
            .anyMatch(i -> i.name().equals("RUN") && i.text().equals("focus engine")));
    assertTrue(scripts.contains("install.sh"), scripts.toString());
    for (String script : scripts) {
      assertTrue(Files.isExecutable(ComposeFile.docker().resolve("bin").resolve(script)), script);
    }
  }

  @Test
  void theCudaImagesLibtorchIsTheOneThatTheNativesAreFor() throws IOException {
    Map<String, String> settings = new HashMap<>();
    for (Instruction instruction :
        Dockerfile.parse(Files.readString(ComposeFile.docker().resolve("cuda/Dockerfile")))) {
      if (Set.of("ENV", "ARG").contains(instruction.name())) {
        for (String pair : instruction.text().split(" ")) {
          settings.put(pair.split("=", 2)[0], pair.split("=", 2)[1]);
        }
      }
    }
    String version = version("pytorch.version");
    String flavor = settings.get("PYTORCH_FLAVOR");
    assertEquals(version, settings.get("PYTORCH_VERSION"));
    assertTrue(
        settings
            .get("LIBTORCH_URL")
            .endsWith(
                "/"
                    + flavor
                    + "/libtorch-cxx11-abi-shared-with-deps-"
                    + version
                    + "%2B"
                    + flavor
                    + ".zip"),
        settings.toString());
    assertNotNull(
        getClass().getResource("/jnilib/linux-x86_64/" + flavor + "/libdjl_torch.so"),
        "DJL has natives for " + flavor);
    assertEquals("PCI_BUS_ID", settings.get("CUDA_DEVICE_ORDER"));
  }

  @Test
  void aDockerfileThatIsNoneIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> Dockerfile.parse("FORM flink\n"));
    assertThrows(IllegalArgumentException.class, () -> Dockerfile.parse("RUN a \\\n"));
    assertThrows(IllegalArgumentException.class, () -> Dockerfile.parse("FROM\n"));
    assertEquals(
        List.of(new Instruction("FROM", "a"), new Instruction("RUN", "b && c")),
        Dockerfile.parse("# x\nFROM a\n\nRUN b \\\n    # why\n    && c\n"));
  }

  @Test
  void anOptionThatDoesNotExistIsRefused() {
    assertThrows(AssertionError.class, () -> assertOptions(Map.of("focus.engine.gpus", "1")));
    assertThrows(AssertionError.class, () -> assertOptions(Map.of("taskmanager.slots", "1")));
    assertThrows(
        IllegalArgumentException.class,
        () -> assertOptions(Map.of("taskmanager.numberOfTaskSlots", "many")));
  }

  @Test
  void theScriptsAreShell() throws Exception {
    List<Path> scripts;
    try (Stream<Path> files = Files.list(ComposeFile.docker().resolve("bin"))) {
      scripts = files.sorted().toList();
    }
    assertFalse(scripts.isEmpty());
    for (Path script : scripts) {
      assertTrue(Files.isExecutable(script), script + " is not executable");
      String text = Files.readString(script);
      assertTrue(text.startsWith("#!/usr/bin/env bash\n"), script.toString());
      assertTrue(text.contains("\nset -euo pipefail\n"), script.toString());
      Process bash = new ProcessBuilder("bash", "-n", script.toString()).inheritIO().start();
      assertEquals(0, bash.waitFor(), script.toString());
    }
  }

  /** Every key is an option, and every value one of its type. */
  private static void assertOptions(Map<String, String> options) {
    Map<String, ConfigOption<?>> known = knownOptions();
    Configuration configuration = Configuration.fromMap(options);
    for (String key : options.keySet()) {
      ConfigOption<?> option = known.get(key);
      assertTrue(
          option != null || OPTIONS_OF_OTHERS.contains(key), () -> "no option is named " + key);
      if (option != null) {
        assertNotNull(configuration.get(option), key);
      }
    }
  }

  private static Map<String, ConfigOption<?>> knownOptions() {
    Map<String, ConfigOption<?>> known = new TreeMap<>();
    for (Class<?> type :
        List.of(
            AskOptions.class,
            CondenseOptions.class,
            EngineOptions.class,
            EvidenceOptions.class,
            KvOptions.class,
            LocalOptions.class,
            StreamOptions.class,
            KafkaOptions.class,
            ModelOptions.class,
            BlobServerOptions.class,
            CheckpointingOptions.class,
            CoreOptions.class,
            ExternalResourceOptions.class,
            HeartbeatManagerOptions.class,
            HighAvailabilityOptions.class,
            JobManagerOptions.class,
            PipelineOptions.class,
            RestOptions.class,
            RestartStrategyOptions.class,
            StateBackendOptions.class,
            StateRecoveryOptions.class,
            TaskManagerOptions.class)) {
      for (Field field : type.getFields()) {
        if (Modifier.isStatic(field.getModifiers()) && field.getType() == ConfigOption.class) {
          try {
            ConfigOption<?> option = (ConfigOption<?>) field.get(null);
            known.put(option.key(), option);
          } catch (IllegalAccessException e) {
            throw new AssertionError(e);
          }
        }
      }
    }
    for (String key :
        List.of(
            ExternalResourceOptions.getAmountConfigOptionForResource("gpu"),
            ExternalResourceOptions.getExternalResourceDriverFactoryConfigOptionForResource(
                "gpu"))) {
      known.put(key, ConfigOptions.key(key).stringType().noDefaultValue());
    }
    return known;
  }

  /** A version that the root pom pins. */
  private static String version(String property) {
    try {
      Matcher found =
          Pattern.compile("<" + Pattern.quote(property) + ">([^<]+)<")
              .matcher(Files.readString(Path.of("..", "pom.xml")));
      assertTrue(found.find(), property);
      return found.group(1);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** With each {@code ${NAME:-default}} replaced by its default. */
  private static String withDefaults(Object text) {
    return text.toString().replaceAll("\\$\\{[A-Z_]+:-([^}]*)}", "$1");
  }

  private static List<String> words(Object list) {
    List<String> words = new ArrayList<>();
    ((List<?>) list).forEach(word -> words.add(withDefaults(word)));
    return words;
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> map(Object node) {
    return (Map<String, Object>) node;
  }

  /** An instruction of a Dockerfile, on one line. */
  private record Instruction(String name, String text) {}

  /** Reads Dockerfiles. */
  private static final class Dockerfile {
    private static final Set<String> NAMES =
        Arrays.stream(
                ("ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL ONBUILD RUN SHELL "
                        + "STOPSIGNAL USER VOLUME WORKDIR")
                    .split(" "))
            .collect(Collectors.toSet());

    static List<Instruction> parse(String text) {
      List<Instruction> found = new ArrayList<>();
      StringBuilder open = new StringBuilder();
      for (String line : text.split("\n")) {
        String stripped = line.strip();
        if (stripped.isEmpty() || stripped.startsWith("#")) {
          continue;
        }
        boolean goesOn = stripped.endsWith("\\");
        open.append(goesOn ? stripped.substring(0, stripped.length() - 1) : stripped);
        if (goesOn) {
          continue;
        }
        String[] parts = open.toString().strip().split("\\s+", 2);
        if (!NAMES.contains(parts[0]) || parts.length < 2) {
          throw new IllegalArgumentException("no instruction: " + open);
        }
        found.add(new Instruction(parts[0], parts[1].replaceAll("\\s+", " ")));
        open.setLength(0);
      }
      if (!open.isEmpty()) {
        throw new IllegalArgumentException("the file ends within: " + open);
      }
      return found;
    }
  }
}
