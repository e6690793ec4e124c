package io.focusstream.jobs.cli;

import io.focusstream.operators.model.GoldenCase;
import io.focusstream.operators.model.checkpoint.CheckpointException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code focus model verify DIR --golden CASE}: runs a case of the FocusLLM reference on a
 * checkpoint and prints the largest differences. Exit code 0 where all pass, 1 where one doesn't, 2
 * where the folders can't be used.
 */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    description = "Run a golden case of the FocusLLM reference and print the largest differences.")
public final class ModelVerifyCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "DIR", description = "The checkpoint: config.json, safetensors.")
  private Path directory;

  @Option(
      names = "--golden",
      required = true,
      paramLabel = "CASE",
      description =
          "Folder with expected.safetensors, for example one below "
              + "operators/src/test/resources/golden.")
  private Path golden;

  @Override
  public Integer call() throws IOException {
    if (!Files.isReadable(golden.resolve("expected.safetensors"))) {
      throw new CliException(
          ExitCodes.USAGE, golden + " has no expected.safetensors; give a golden case's folder");
    }
    PrintWriter out = spec.commandLine().getOut();
    List<GoldenCase.Difference> differences;
    try {
      differences = GoldenCase.compare(directory, golden);
    } catch (CheckpointException e) {
      throw new CliException(ExitCodes.USAGE, e.getMessage(), e);
    }
    differences.forEach(out::println);
    boolean passed = differences.stream().allMatch(GoldenCase.Difference::passes);
    out.println(passed ? "passed" : "FAILED");
    out.flush();
    return passed ? ExitCodes.OK : ExitCodes.FAILED;
  }
}
