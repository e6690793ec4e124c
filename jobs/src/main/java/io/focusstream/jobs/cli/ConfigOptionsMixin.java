package io.focusstream.jobs.cli;

import io.focusstream.jobs.kafka.KafkaOptions;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import org.apache.flink.configuration.Configuration;
import picocli.CommandLine.Option;

/** Options that set Flink's, Kafka's and the job's own settings. */
final class ConfigOptionsMixin {
  private static final String ENVIRONMENT = "FOCUS_KAFKA_";

  @Option(
      names = "-D",
      paramLabel = "KEY=VALUE",
      description = "An option of the job (focus.…) or of Flink; may be given again.")
  Map<String, String> settings = new LinkedHashMap<>();

  @Option(
      names = "--kafka-property",
      paramLabel = "KEY=VALUE",
      description =
          "A property of all Kafka clients, for example security.protocol=SSL; may be given again.")
  Map<String, String> kafkaProperties = new LinkedHashMap<>();

  @Option(
      names = "--kafka-properties",
      paramLabel = "FILE",
      description =
          "A file of such properties (Java's form), for what others must not see in a list of"
              + " processes. Environment variables do too: FOCUS_KAFKA_SASL_JAAS_CONFIG is"
              + " sasl.jaas.config. --kafka-property wins over the file, the file over the"
              + " environment.")
  Path kafkaPropertiesFile;

  /** What was set. */
  Configuration configuration() {
    return configuration(System.getenv());
  }

  Configuration configuration(Map<String, String> environment) {
    Configuration c = Configuration.fromMap(settings);
    Map<String, String> given = new LinkedHashMap<>();
    environment.forEach(
        (name, value) -> {
          if (name.startsWith(ENVIRONMENT)) {
            given.put(
                name.substring(ENVIRONMENT.length()).toLowerCase(Locale.ROOT).replace('_', '.'),
                value);
          }
        });
    if (kafkaPropertiesFile != null) {
      Properties file = new Properties();
      try (Reader reader = Files.newBufferedReader(kafkaPropertiesFile)) {
        file.load(reader);
      } catch (IOException | IllegalArgumentException e) {
        throw new CliException(
            ExitCodes.USAGE, "--kafka-properties " + kafkaPropertiesFile + " can't be read: " + e);
      }
      file.stringPropertyNames().forEach(name -> given.put(name, file.getProperty(name)));
    }
    given.putAll(kafkaProperties);
    if (!given.isEmpty()) {
      Map<String, String> all = new LinkedHashMap<>(c.get(KafkaOptions.PROPERTIES));
      all.putAll(given);
      c.set(KafkaOptions.PROPERTIES, all);
    }
    return c;
  }
}
