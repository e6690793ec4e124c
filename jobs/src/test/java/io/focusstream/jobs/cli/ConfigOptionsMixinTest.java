package io.focusstream.jobs.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.jobs.kafka.KafkaOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Command;

class ConfigOptionsMixinTest {
  private static final Map<String, String> ENVIRONMENT =
      Map.of(
          "FOCUS_KAFKA_SECURITY_PROTOCOL", "SSL",
          "FOCUS_KAFKA_CLIENT_ID", "environment",
          "FOCUS_KAFKA_SASL_MECHANISM", "environment",
          "KAFKA_CLIENT_RACK", "not ours");

  @TempDir Path folder;

  @Command
  private static final class Empty {}

  private static ConfigOptionsMixin parsed(String... args) {
    ConfigOptionsMixin mixin = new ConfigOptionsMixin();
    new CommandLine(new Empty()).addMixin("config", mixin).parseArgs(args);
    return mixin;
  }

  @Test
  void anOptionWinsOverTheFileAndTheFileOverTheEnvironment() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("kafka.properties"),
            """
        client.id=file
        sasl.mechanism=file
        """);

    Map<String, String> properties =
        parsed("--kafka-properties", file.toString(), "--kafka-property", "client.id=option")
            .configuration(ENVIRONMENT)
            .get(KafkaOptions.PROPERTIES);

    assertEquals(
        Map.of("security.protocol", "SSL", "sasl.mechanism", "file", "client.id", "option"),
        properties);
  }

  @Test
  void theyJoinWhatTheConfigurationSays() {
    Map<String, String> properties =
        parsed("-D", KafkaOptions.PROPERTIES.key() + "=client.rack:a,client.id:settings")
            .configuration(Map.of("FOCUS_KAFKA_CLIENT_ID", "environment"))
            .get(KafkaOptions.PROPERTIES);

    assertEquals(Map.of("client.rack", "a", "client.id", "environment"), properties);
  }

  @Test
  void aFileThatIsNotThereIsNamed() {
    Path missing = folder.resolve("missing.properties");

    CliException error =
        assertThrows(
            CliException.class,
            () -> parsed("--kafka-properties", missing.toString()).configuration(Map.of()));

    assertTrue(error.getMessage().contains(missing.toString()), error.getMessage());
  }
}
