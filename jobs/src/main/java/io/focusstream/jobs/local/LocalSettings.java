package io.focusstream.jobs.local;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.apache.flink.configuration.Configuration;

/**
 * What a local run is.
 *
 * @param dataDir directory of topics, checkpoints and logs
 * @param kafkaPort the broker's port; 0 picks a free one
 * @param webPort the web UI's port; 0 picks a free one
 * @param parallelism parallel instances of each operator
 * @param files files to follow
 * @param rawTopics further event topics, of text
 * @param jsonTopics further event topics, of JSON
 * @param configuration Flink's and the job's own options; they win over the defaults
 */
public record LocalSettings(
    Path dataDir,
    int kafkaPort,
    int webPort,
    int parallelism,
    List<FollowedFile> files,
    List<String> rawTopics,
    List<String> jsonTopics,
    Configuration configuration) {
  public LocalSettings {
    Objects.requireNonNull(dataDir, "dataDir");
    if (parallelism < 1 || parallelism > 128) {
      throw new IllegalArgumentException("parallelism must be in [1, 128]; got " + parallelism);
    }
    files = List.copyOf(files);
    rawTopics = List.copyOf(rawTopics);
    jsonTopics = List.copyOf(jsonTopics);
  }
}
