package io.focusstream.jobs.cli;

import io.focusstream.jobs.kafka.QuestionClient;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerStatus;
import io.focusstream.schemas.Query;
import io.focusstream.schemas.QueryMode;
import io.focusstream.schemas.SourcePosition;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Says what a running job knows of a stream. */
@Command(
    name = "stream",
    description = {
      "What a running job knows of a stream: events, tokens, chunks, bytes of stored states, first and"
          + " last event, standing questions. Asked through Kafka, as `focus ask`; the model isn't"
          + " needed."
    })
final class StreamCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private CommonOptions common;
  @Mixin private ClientMixin client;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "30",
      description = "How long to wait (default: ${DEFAULT-VALUE}).")
  private int timeoutSeconds;

  @Parameters(paramLabel = "NAME", description = "The stream.")
  private String stream;

  @Override
  public Integer call() {
    Logging.quiet(common);
    if (timeoutSeconds < 1) {
      throw new CliException(
          ExitCodes.USAGE, "--timeout must be at least 1 second; got " + timeoutSeconds);
    }
    try (QuestionClient asking = client.open()) {
      String id = UUID.randomUUID().toString();
      asking.send(
          new Query(
              id,
              stream,
              "",
              null,
              QueryMode.DESCRIBE,
              null,
              System.currentTimeMillis(),
              new SourcePosition(client.queriesTopic(), 0, 0)));
      Answer answer =
          asking
              .next(id, Duration.ofSeconds(timeoutSeconds))
              .orElseThrow(
                  () ->
                      new CliException(
                          ExitCodes.NO_ANSWER,
                          "no answer came within "
                              + timeoutSeconds
                              + " s; does the job run, and does it keep up?"));
      PrintWriter out = spec.commandLine().getOut();
      boolean known = answer.status() == AnswerStatus.OK;
      (known ? answer.text() : answer.error())
          .lines()
          .forEach(line -> out.println(AnswerPrinter.printable(line)));
      out.flush();
      return known ? ExitCodes.OK : ExitCodes.NOT_OK;
    }
  }
}
