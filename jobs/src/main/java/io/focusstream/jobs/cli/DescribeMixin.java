package io.focusstream.jobs.cli;

import io.focusstream.jobs.kafka.QuestionClient;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.Query;
import io.focusstream.schemas.QueryMode;
import io.focusstream.schemas.SourcePosition;
import io.focusstream.schemas.StreamSelection;
import java.time.Duration;
import java.util.UUID;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Asks a running job what it knows of its streams. */
final class DescribeMixin {
  @Mixin private ClientMixin client;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "30",
      description = "How long to wait (default: ${DEFAULT-VALUE}).")
  private int timeoutSeconds;

  /**
   * The job's answer.
   *
   * @throws CliException where none comes in time
   */
  Answer ask(StreamSelection streams) {
    if (timeoutSeconds < 1) {
      throw new CliException(
          ExitCodes.USAGE, "--timeout must be at least 1 second; got " + timeoutSeconds);
    }
    try (QuestionClient asking = client.open()) {
      String id = UUID.randomUUID().toString();
      asking.send(
          new Query(
              id,
              streams,
              "",
              null,
              QueryMode.DESCRIBE,
              null,
              false,
              System.currentTimeMillis(),
              new SourcePosition(client.queriesTopic(), 0, 0)));
      return asking
          .next(id, Duration.ofSeconds(timeoutSeconds))
          .orElseThrow(
              () ->
                  new CliException(
                      ExitCodes.NO_ANSWER,
                      "no answer came within "
                          + timeoutSeconds
                          + " s; does the job run, and does it keep up?"));
    }
  }
}
