package io.focusstream.jobs.cli;

import io.focusstream.jobs.kafka.QuestionClient;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerCodec;
import io.focusstream.schemas.AnswerStatus;
import io.focusstream.schemas.Query;
import io.focusstream.schemas.QueryMode;
import io.focusstream.schemas.SourcePosition;
import io.focusstream.schemas.StreamSelection;
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
      paramLabel = "NAME",
      description =
          "The stream that is asked. Given several times, each is asked, and one answer has them all.")
  private List<String> streams = List.of();

  @Option(
      names = "--stream-prefix",
      paramLabel = "PREFIX",
      description = "Ask all streams whose names begin so ('' for all) instead.")
  private String streamPrefix;

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
      names = "--partial",
      description =
          "Print the answer's words as they come. (With exactly-once delivery they come with the"
              + " checkpoint, all at once.)")
  private boolean partial;

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
    StreamSelection selection = selection();
    if ((standing || partial) && !(selection instanceof StreamSelection.One)) {
      throw new CliException(
          ExitCodes.USAGE,
          (standing ? "--standing" : "--partial") + " takes one --stream; ask each by itself");
    }
    if (partial && (standing || cancel)) {
      throw new CliException(
          ExitCodes.USAGE, "--partial doesn't go with " + (standing ? "--standing" : "--cancel"));
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
              selection,
              text,
              maxAnswerTokens,
              cancel ? QueryMode.CANCEL : standing ? QueryMode.STANDING : QueryMode.ASK,
              deadlineSeconds == null ? null : Math.max(1, Math.round(deadlineSeconds * 1000)),
              partial,
              System.currentTimeMillis(),
              new SourcePosition(client.queriesTopic(), 0, 0)));
      Answer answer = next(asking, name);
      for (String before = ""; !answer.isFinal(); answer = next(asking, name)) {
        before = printPartial(answer, before);
      }
      print(answer);
      if (standing && answer.status() != AnswerStatus.REJECTED) {
        follow(asking, name);
      }
      boolean well =
          answer.status() == (cancel ? AnswerStatus.CANCELLED : AnswerStatus.OK) || standing;
      return well ? ExitCodes.OK : ExitCodes.NOT_OK;
    }
  }

  private StreamSelection selection() {
    if (streams.isEmpty() == (streamPrefix == null)) {
      throw new CliException(ExitCodes.USAGE, "give --stream=NAME or --stream-prefix=PREFIX");
    }
    try {
      if (streamPrefix != null) {
        return new StreamSelection.Prefixed(streamPrefix);
      }
      return streams.size() == 1
          ? new StreamSelection.One(streams.get(0))
          : new StreamSelection.Listed(streams);
    } catch (IllegalArgumentException e) {
      throw new CliException(ExitCodes.USAGE, "--stream: " + e.getMessage());
    }
  }

  private Answer next(QuestionClient asking, String name) {
    return asking
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
  }

  /** Prints what a partial answer has more than the one before. */
  private String printPartial(Answer answer, String before) {
    if (json) {
      print(answer);
      return answer.text();
    }
    PrintWriter out = spec.commandLine().getOut();
    String text = answer.text();
    if (text.startsWith(before)) {
      out.print(AnswerPrinter.printable(text.substring(before.length())));
    } else {
      out.println();
      out.print(AnswerPrinter.printable(text));
    }
    out.flush();
    return text;
  }

  /** Prints a standing question's further answers until the process is stopped. */
  private void follow(QuestionClient asking, String name) {
    PrintWriter err = spec.commandLine().getErr();
    err.println(
        "The question stands under the id "
            + name
            + "; Ctrl-C ends the printing, `focus ask --stream "
            + streams.get(0)
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
      if (partial) {
        out.println();
      }
      new AnswerPrinter(out, ZoneId.systemDefault()).print(answer);
    }
  }
}
