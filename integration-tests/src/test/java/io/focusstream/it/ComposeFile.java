package io.focusstream.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The files of {@code docker/}, read as they are. */
final class ComposeFile {
  private ComposeFile() {}

  static Path docker() {
    return Path.of("..", "docker");
  }

  /** A YAML file. Duplicate keys fail. */
  static Map<String, Object> read(Path file) {
    try {
      return parse(Files.readString(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** YAML at hand. */
  @SuppressWarnings("unchecked")
  static Map<String, Object> parse(String yaml) {
    return (Map<String, Object>) new Load(LoadSettings.builder().build()).loadFromString(yaml);
  }

  /** The same with every merge key ({@code <<}) taken in; what is beside it wins. */
  static Map<String, Object> merged(Map<String, Object> document) {
    Map<String, Object> all = new LinkedHashMap<>();
    if (document.get("<<") instanceof Map<?, ?> other) {
      all.putAll(merged(cast(other)));
    }
    document.forEach(
        (key, value) -> {
          if (!key.equals("<<")) {
            all.put(key, value instanceof Map<?, ?> inner ? merged(cast(inner)) : value);
          }
        });
    return all;
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> cast(Map<?, ?> map) {
    return (Map<String, Object>) map;
  }

  /** The job of the FlinkDeployment. */
  static Map<String, Object> kubernetesJob() {
    return cast((Map<?, ?>) kubernetesSpec().get("job"));
  }

  /** The options that the FlinkDeployment gives Flink. */
  static Map<String, String> kubernetesOptions() {
    Map<String, String> options = new LinkedHashMap<>();
    cast((Map<?, ?>) kubernetesSpec().get("flinkConfiguration"))
        .forEach((key, value) -> options.put(key, value.toString()));
    return options;
  }

  private static Map<String, Object> kubernetesSpec() {
    return cast((Map<?, ?>) read(docker().resolve("kubernetes/focus.yaml")).get("spec"));
  }

  /** The options that the compose file gives Flink. */
  static Map<String, String> flinkProperties() {
    String text = (String) read(docker().resolve("compose.yaml")).get("x-flink-properties");
    Map<String, String> options = new LinkedHashMap<>();
    for (String line : text.split("\n")) {
      // As Flink's entry point reads it: up to the first colon, all blanks away.
      int colon = line.indexOf(':');
      assertTrue(colon > 0, () -> "not an option: " + line);
      String key = line.substring(0, colon).replaceAll("\\s", "");
      String value = line.substring(colon + 1).replaceAll("\\s", "");
      assertEquals(value, line.substring(colon + 1).strip(), "a value with blanks");
      assertTrue(options.put(key, value) == null, () -> "twice: " + line);
    }
    return options;
  }
}
