package io.focusstream.jobs.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.jobs.FocusJob;
import io.focusstream.jobs.local.DataDir;
import io.focusstream.jobs.local.LocalException;
import io.focusstream.operators.engine.EngineException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class FocusCliTest {
  @TempDir Path directory;

  @Test
  void everyCommandHasHelpThatDescribesEachOption() {
    CommandLine line = line();
    assertEquals(0, run("--help").exitCode());
    for (String command : line.getSubcommands().keySet()) {
      Run help = run(command, "--help");
      assertEquals(0, help.exitCode(), help.toString());
      assertTrue(help.out().startsWith("Usage: focus " + command), help.out());
      line.getSubcommands()
          .get(command)
          .getCommandSpec()
          .options()
          .forEach(
              option ->
                  assertTrue(
                      option.description().length > 0 && !option.description()[0].isBlank(),
                      command + " " + option.longestName()));
    }
  }

  @Test
  void aPlanForAHistoryInTokensIsThatOfTheTimeInWhichTheyCome() {
    // 10 events of 40 tokens a second for 4,096 seconds: 1,638,400 tokens
    Run time = run("plan", "--rate", "10", "--history", "4096 s");
    Run tokens = run("plan", "--rate", "10", "--history", "1600K", "--questions/min", "1");

    assertEquals(ExitCodes.OK, time.exitCode(), time.toString());
    assertTrue(time.out().contains("1638400 tokens, 6400 chunks"), time.out());
    assertEquals(time.out(), tokens.out());
  }

  /** 256 tokens of 1,024 numbers a chunk: as the engine keeps them on such a processor. */
  @Test
  void aPlanCountsStatesThatAreReadyForUseAsTheDeviceKeepsThem() {
    String[] load = {"plan", "--rate", "10", "--history", "16M", "--device"};
    assertHot("32.00 GiB", with(load, "cpu"));
    assertHot("32.00 GiB", with(load, "h200"));
    // a byte a number, and a scale of two bytes for each 32
    assertHot("17.00 GiB", with(load, "cpu_float32"));
    assertHot("64.00 GiB", with(load, "cpu_float32", "--kv", "INT4"));
  }

  private static String[] with(String[] first, String... more) {
    return Stream.concat(Stream.of(first), Stream.of(more)).toArray(String[]::new);
  }

  private void assertHot(String wanted, String[] arguments) {
    Run plan = run(arguments);
    assertEquals(ExitCodes.OK, plan.exitCode(), plan.toString());
    String line = plan.out().lines().filter(l -> l.startsWith("hot,")).findFirst().orElseThrow();
    assertTrue(line.endsWith(wanted), line);
  }

  @Test
  void wrongUseEndsWithTwoAndSaysWhatIsWrong() {
    assertFailure(ExitCodes.USAGE, "a command is needed");
    assertFailure(ExitCodes.USAGE, "Unknown option: '--colour'", "local", "--colour");
    assertFailure(ExitCodes.USAGE, "give --stream=NAME or --stream-prefix", "ask", "who?");
    assertFailure(
        ExitCodes.USAGE, "give --stream", "ask", "--stream", "s", "--stream-prefix", "s", "who?");
    assertFailure(
        ExitCodes.USAGE,
        "--standing takes one --stream",
        "ask",
        "--stream",
        "s",
        "--stream",
        "t",
        "--standing",
        "who?");
    assertFailure(ExitCodes.USAGE, "QUESTION", "ask", "--stream", "s");
    assertFailure(ExitCodes.USAGE, "the question is empty", "ask", "--stream", "s", "  ");
    assertFailure(
        ExitCodes.USAGE, "--cancel takes --id", "ask", "--stream", "s", "--cancel", "who?");
    assertFailure(
        ExitCodes.USAGE, "--history is a time", "plan", "--rate", "5", "--history", "often");
    assertFailure(ExitCodes.USAGE, "must be above 0", "plan", "--rate", "-1", "--history", "7 d");
    assertFailure(
        ExitCodes.USAGE, "--at-once must be at least 1; got 0", "bench", "ask", "--at-once", "0");
    assertFailure(ExitCodes.USAGE, "either --hot or --cold", "bench", "ask", "--hot", "--cold");
    assertFailure(
        ExitCodes.USAGE, "either --shape", "bench", "ask", "--shape", "A", "--config", "x.json");
    assertFailure(
        ExitCodes.USAGE, "no config.json can be read", "bench", "ask", "--config", "x.json");
    assertFailure(ExitCodes.USAGE, "no suite everything", "eval", "everything");
    assertFailure(
        ExitCodes.USAGE, "--deadline must be", "ask", "--stream", "s", "--deadline", "0", "who?");
    assertFailure(
        ExitCodes.USAGE,
        "--timeout must be at least 1",
        "ask",
        "--stream",
        "s",
        "--timeout",
        "0",
        "q");
    assertFailure(ExitCodes.USAGE, "--follow names the file", "local", "--stream", "s");
    assertFailure(ExitCodes.USAGE, "got 'sometimes'", "run", "--delivery", "sometimes");
  }

  @Test
  void missingFileIsNamed() {
    Path missing = directory.resolve("missing.log");
    assertFailure(
        ExitCodes.FAILED, missing + " does not exist", "local", "--follow", missing.toString());
    assertFailure(ExitCodes.FAILED, "is a directory", "local", "--follow", directory.toString());
  }

  @Test
  void unknownModelIsSaidBeforeAnythingStarts() throws IOException {
    Path log = Files.writeString(directory.resolve("a.log"), "x\n");
    assertFailure(
        ExitCodes.FAILED,
        "there is no model 'huge'",
        "local",
        "--follow",
        log.toString(),
        "--data-dir",
        directory.resolve("data").toString(),
        "--model",
        "huge");
  }

  @Test
  void askWithoutLocalRunSaysHowToFindOne() {
    assertFailure(
        ExitCodes.UNREACHABLE,
        "no `focus local` runs in " + directory,
        "ask",
        "--data-dir",
        directory.toString(),
        "--stream",
        "s",
        "who?");
  }

  @Test
  void dataDirectoryBelongsToOneRun() {
    try (DataDir held = DataDir.open(directory)) {
      LocalException e = assertThrows(LocalException.class, () -> DataDir.open(directory));
      assertTrue(
          e.getMessage().contains("(process " + ProcessHandle.current().pid() + ") uses"),
          e.getMessage());
      held.publishEndpoint(new DataDir.Endpoint("127.0.0.1:1", "q", "a"));
      assertEquals("127.0.0.1:1", DataDir.findEndpoint(directory).orElseThrow().bootstrapServers());
    }
    assertTrue(DataDir.findEndpoint(directory).isEmpty());
    DataDir.open(directory).close();
  }

  /** What was given before {@code --help}, or beside a mistake, isn't repeated. */
  @Test
  void aPasswordIsInNoHelpAndNoComplaint() {
    String secret = "sasl.jaas.config=x password=\"focus-s3cret\";";
    int commands = 0;
    for (Map.Entry<String, CommandLine> command : line().getSubcommands().entrySet()) {
      if (command.getValue().getCommandSpec().findOption("--kafka-property") == null) {
        continue;
      }
      commands++;
      for (String last : List.of("--help", "--colour")) {
        Run run = run(command.getKey(), "--kafka-property", secret, last);
        assertTrue((run.out() + run.err()).contains("--kafka-property"), command.getKey());
        assertFalse((run.out() + run.err()).contains("s3cret"), command.getKey() + " " + last);
      }
    }
    assertTrue(commands >= 5, "commands with Kafka's properties: " + commands);
    for (String last : List.of("--help", "--colour")) {
      StringWriter printed = new StringWriter();
      FocusJob.commandLine(config -> null)
          .setOut(new PrintWriter(printed))
          .setErr(new PrintWriter(printed))
          .execute("--kafka-property", secret, last);
      assertTrue(printed.toString().contains("--kafka-property"), printed.toString());
      assertFalse(printed.toString().contains("s3cret"), printed.toString());
    }
  }

  private void assertFailure(int exitCode, String message, String... args) {
    Run run = run(args);
    assertEquals(exitCode, run.exitCode(), run.toString());
    assertTrue(run.err().contains(message), run.toString());
    assertFalse(run.err().contains("\tat "), run.toString());
  }

  private static CommandLine line() {
    return FocusCli.commandLine(
        config -> {
          throw new EngineException("there is no model 'huge'");
        });
  }

  private static Run run(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exitCode = line().setOut(new PrintWriter(out)).setErr(new PrintWriter(err)).execute(args);
    return new Run(List.of(args), exitCode, out.toString(), err.toString());
  }

  private record Run(List<String> args, int exitCode, String out, String err) {}
}
