package io.focusstream.jobs.cli;

import io.focusstream.jobs.kafka.KafkaOptions;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import picocli.CommandLine.Option;

/** Options that set Flink's, Kafka's and the job's own settings. */
final class ConfigOptionsMixin {
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

  /** What was set. */
  Configuration configuration() {
    Configuration c = Configuration.fromMap(settings);
    if (!kafkaProperties.isEmpty()) {
      Map<String, String> all = new LinkedHashMap<>(c.get(KafkaOptions.PROPERTIES));
      all.putAll(kafkaProperties);
      c.set(KafkaOptions.PROPERTIES, all);
    }
    return c;
  }
}
