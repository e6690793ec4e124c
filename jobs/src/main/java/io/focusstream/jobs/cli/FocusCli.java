package io.focusstream.jobs.cli;

import io.focusstream.jobs.kafka.Brokers;
import io.focusstream.jobs.local.LocalException;
import io.focusstream.jobs.topology.ModelLoader;
import io.focusstream.jobs.topology.Models;
import io.focusstream.operators.engine.EngineException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** The top command. Further commands are added in {@link #commandLine(ModelLoader)}. */
@Command(
    name = "focus",
    mixinStandardHelpOptions = true,
    version = "FocusStream 0.1.0",
    synopsisSubcommandLabel = "COMMAND",
    description = "Ask questions of streams that never end.",
    commandListHeading = "%nCommands:%n",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:something failed",
      "2:wrong options",
      "3:no Kafka broker answers",
      "4:no answer came in time",
      "5:an answer came whose status isn't OK"
    },
    footer = {
      "",
      "`focus COMMAND --help` tells more. Begin with `focus local`, or with a log of your own:",
      "  focus local --follow /var/log/syslog"
    })
public final class FocusCli implements Callable<Integer> {
  @Spec private CommandSpec spec;

  private FocusCli() {}

  /** The whole command line, ready to execute. */
  public static CommandLine commandLine(ModelLoader models) {
    CommandLine line = new CommandLine(new FocusCli());
    line.addSubcommand(new LocalCommand(models));
    line.addSubcommand(new AskCommand());
    line.addSubcommand(new StreamCommand());
    line.addSubcommand(new StreamsCommand());
    line.addSubcommand(new RunCommand(models));
    line.addSubcommand(new FollowCommand());
    line.addSubcommand(new EngineCommand());
    line.addSubcommand(new ModelCommand());
    line.addSubcommand(new TrainCommand());
    line.addSubcommand(new EvalCommand());
    line.addSubcommand(new BenchCommand(models));
    line.addSubcommand(new PlanCommand());
    return configure(line);
  }

  /**
   * Error handling and help of a command line and all of its subcommands, also of those added
   * later.
   */
  public static CommandLine configure(CommandLine line) {
    line.setExecutionExceptionHandler(new Paragraph());
    line.setExitCodeExceptionMapper(FocusCli::exitCode);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setUsageHelpAutoWidth(true);
    line.setUsageHelpLongOptionsMaxWidth(34);
    return line;
  }

  /** Runs a command and ends the process with its exit code. */
  public static void main(String[] args) {
    int exitCode = commandLine(new Models()).execute(args);
    System.exit(exitCode);
  }

  @Override
  public Integer call() {
    throw new ParameterException(spec.commandLine(), "a command is needed");
  }

  private static int exitCode(Throwable error) {
    if (error instanceof CliException e) {
      return e.exitCode();
    }
    if (error instanceof Brokers.BrokerException) {
      return ExitCodes.UNREACHABLE;
    }
    if (error instanceof ParameterException) {
      return ExitCodes.USAGE;
    }
    return ExitCodes.FAILED;
  }

  /** One paragraph for the user; the stack trace only where asked for. */
  private static final class Paragraph implements IExecutionExceptionHandler {
    @Override
    public int handleExecutionException(Exception error, CommandLine line, ParseResult result) {
      PrintWriter err = line.getErr();
      err.println("focus: " + message(error));
      boolean verbose =
          result.hasMatchedOption("--verbose")
              || (result.subcommand() != null && result.subcommand().hasMatchedOption("--verbose"));
      if (verbose) {
        error.printStackTrace(err);
      } else if (isUnexpected(error)) {
        err.println("(--verbose shows where it happened)");
      }
      err.flush();
      return exitCode(error);
    }

    private static String message(Throwable error) {
      if (!isUnexpected(error) && error.getMessage() != null) {
        return error.getMessage();
      }
      StringBuilder text = new StringBuilder(error.toString());
      for (Throwable cause = error.getCause(); cause != null; cause = cause.getCause()) {
        if (cause.getMessage() != null && text.indexOf(cause.getMessage()) < 0) {
          text.append("; caused by ").append(cause.getMessage());
        }
      }
      return text.toString();
    }

    private static boolean isUnexpected(Throwable error) {
      return !(error instanceof CliException
          || error instanceof LocalException
          || error instanceof Brokers.BrokerException
          || error instanceof EngineException
          || error instanceof IllegalArgumentException
          || error instanceof ParameterException);
    }
  }
}
