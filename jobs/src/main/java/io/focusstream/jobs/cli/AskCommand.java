package io.focusstream.jobs.cli;

import io.focusstream.jobs.kafka.QuestionClient;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerCodec;
import io.focusstream.schemas.AnswerStatus;
import io.focusstream.schemas.Query;
import io.focusstream.schemas.QueryMode;
import io.focusstream.schemas.SourcePosition;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Asks a running job through Kafka. */
@Command(
    name = "ask",
    description = {
      "Ask a stream, through Kafka: of a running `focus local` (found by its data directory), or of a"
          + " job on any broker (--bootstrap)."
    })
final class AskCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private CommonOptions common;

  @Option(
      names = "--stream",
      required = true,
      paramLabel = "NAME",
      description = "The stream that is asked.")
  private String stream;

  @Mixin private ClientMixin client;

  @Option(
      names = "--max-answer-tokens",
      paramLabel = "N",
      description = "Most tokens of the answer; by default the job's own limit.")
  private Integer maxAnswerTokens;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "120",
      description = "How long to wait for the answer (default: ${DEFAULT-VALUE}).")
  private int timeoutSeconds;

  @Option(names = "--json", description = "Print the answer's record as it is, in JSON.")
  private boolean json;

  @Option(
      names = "--id",
      paramLabel = "ID",
      description =
          "Names the question, so that it can be replaced or cancelled; a new one if absent.")
  private String id;

  @Option(
      names = "--deadline",
      paramLabel = "SECONDS",
      description =
          "The job gives the question up after that long; by default the job's own limit.")
  private Double deadlineSeconds;

  @Option(
      names = "--standing",
      description =
          "Leave the question with the stream: an answer now, and another one whenever new events give"
              + " another. Prints them until Ctrl-C; the question stays until it is cancelled.")
  private boolean standing;

  @Option(
      names = "--cancel",
      description = "Cancel the question named by --id instead of asking one.")
  private boolean cancel;

  @Parameters(arity = "0..*", paramLabel = "QUESTION", description = "The question.")
  private List<String> question = List.of();

  @Override
  public Integer call() {
    Logging.quiet(common);
    String text = String.join(" ", question).strip();
    if (cancel && (id == null || !text.isEmpty() || standing)) {
      throw new CliException(
          ExitCodes.USAGE, "--cancel takes --id of the question to cancel, and no question");
    }
    if (text.isEmpty() && !cancel) {
      throw new CliException(
          ExitCodes.USAGE, question.isEmpty() ? "give a QUESTION" : "the question is empty");
    }
    if (deadlineSeconds != null && !(deadlineSeconds > 0 && deadlineSeconds <= 86_400)) {
      throw new CliException(
          ExitCodes.USAGE,
          "--deadline must be above 0 and at most 86400 seconds; got " + deadlineSeconds);
    }
    if (timeoutSeconds < 1) {
      throw new CliException(
          ExitCodes.USAGE, "--timeout must be at least 1 second; got " + timeoutSeconds);
    }
    try (QuestionClient asking = client.open()) {
      String name = id != null ? id : UUID.randomUUID().toString();
      asking.send(
          new Query(
              name,
              stream,
              text,
              maxAnswerTokens,
              cancel ? QueryMode.CANCEL : standing ? QueryMode.STANDING : QueryMode.ASK,
              deadlineSeconds == null ? null : Math.max(1, Math.round(deadlineSeconds * 1000)),
              System.currentTimeMillis(),
              new SourcePosition(client.queriesTopic(), 0, 0)));
      Answer answer =
          asking
              .next(name, Duration.ofSeconds(timeoutSeconds))
              .orElseThrow(
                  () ->
                      new CliException(
                          ExitCodes.NO_ANSWER,
                          "no answer came within "
                              + timeoutSeconds
                              + " s. Does the job run, does it read topic '"
                              + client.queriesTopic()
                              + "', and does it keep up? With exactly-once delivery answers come "
                              + "with the next checkpoint. --timeout waits longer."));
      print(answer);
      if (standing && answer.status() != AnswerStatus.REJECTED) {
        follow(asking, name);
      }
      boolean well =
          answer.status() == (cancel ? AnswerStatus.CANCELLED : AnswerStatus.OK) || standing;
      return well ? ExitCodes.OK : ExitCodes.NOT_OK;
    }
  }

  /** Prints a standing question's further answers until the process is stopped. */
  private void follow(QuestionClient asking, String name) {
    PrintWriter err = spec.commandLine().getErr();
    err.println(
        "The question stands under the id "
            + name
            + "; Ctrl-C ends the printing, `focus ask --stream "
            + stream
            + " --cancel --id "
            + name
            + "` the question.");
    err.flush();
    boolean open = true;
    while (open && !Thread.currentThread().isInterrupted()) {
      Optional<Answer> next = asking.next(name, Duration.ofSeconds(1));
      next.ifPresent(this::print);
      open = next.map(a -> a.status() != AnswerStatus.CANCELLED).orElse(true);
    }
  }

  private void print(Answer answer) {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(new String(AnswerCodec.encode(answer), StandardCharsets.UTF_8));
      out.flush();
    } else {
      new AnswerPrinter(out, ZoneId.systemDefault()).print(answer);
    }
  }
}
