package io.focusstream.jobs.cli;

import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerStatus;
import io.focusstream.schemas.StreamSelection;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
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
  @Mixin private DescribeMixin describe;

  @Parameters(paramLabel = "NAME", description = "The stream.")
  private String stream;

  @Override
  public Integer call() {
    Logging.quiet(common);
    Answer answer = describe.ask(new StreamSelection.One(stream));
    PrintWriter out = spec.commandLine().getOut();
    boolean known = answer.status() == AnswerStatus.OK;
    (known ? answer.text() : answer.error())
        .lines()
        .forEach(line -> out.println(AnswerPrinter.printable(line)));
    out.flush();
    return known ? ExitCodes.OK : ExitCodes.NOT_OK;
  }
}
