package io.focusstream.jobs.cli;

import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerCodec;
import io.focusstream.schemas.AnswerStatus;
import io.focusstream.schemas.StreamAnswer;
import io.focusstream.schemas.StreamSelection;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Says which streams a running job has. */
@Command(
    name = "streams",
    description = {
      "Which streams a running job has: events, tokens, chunks, bytes of stored states, last event."
          + " Asked through Kafka, as `focus ask`; the model isn't needed. `focus stream NAME` says more"
          + " of one."
    })
final class StreamsCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private CommonOptions common;
  @Mixin private DescribeMixin describe;

  @Option(names = "--json", description = "Print the answer's record as it is, in JSON.")
  private boolean json;

  @Parameters(
      arity = "0..1",
      paramLabel = "PREFIX",
      defaultValue = "",
      description = "Only streams whose names begin so.")
  private String prefix;

  @Override
  public Integer call() {
    Logging.quiet(common);
    Answer answer = describe.ask(new StreamSelection.Prefixed(prefix));
    PrintWriter out = spec.commandLine().getOut();
    boolean known = answer.status() == AnswerStatus.OK;
    if (json) {
      out.println(new String(AnswerCodec.encode(answer), StandardCharsets.UTF_8));
    } else if (known) {
      print(out, answer.streams());
    } else {
      out.println(AnswerPrinter.printable(answer.error()));
    }
    out.flush();
    return known ? ExitCodes.OK : ExitCodes.NOT_OK;
  }

  private static void print(PrintWriter out, List<StreamAnswer> streams) {
    int width = streams.stream().mapToInt(s -> s.stream().length()).max().orElse(6);
    String row = "%-" + Math.max(6, width) + "s  %12s  %12s  %8s  %14s  %s%n";
    out.printf(
        Locale.ROOT, row, "stream", "events", "tokens", "chunks", "state bytes", "newest event");
    for (StreamAnswer stream : streams) {
      Map<String, String> said = new HashMap<>();
      for (String line : stream.text().split("\n")) {
        String[] both = line.split(": ", 2);
        said.put(both[0], both.length > 1 ? both[1] : "");
      }
      out.printf(
          Locale.ROOT,
          row,
          AnswerPrinter.printable(stream.stream()),
          said.get("events"),
          said.get("tokens"),
          said.get("chunks"),
          said.get("state bytes"),
          said.get("newest event"));
    }
    out.printf(Locale.ROOT, "%d %s%n", streams.size(), streams.size() == 1 ? "stream" : "streams");
  }
}
