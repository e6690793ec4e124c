package io.focusstream.jobs.cli;

import picocli.CommandLine.Option;

/** Options of a Flink within this process. */
final class ClusterMixin {
  private static final int MOST = 128;

  @Option(
      names = "--web-port",
      paramLabel = "PORT",
      defaultValue = "0",
      description = "The port of Flink's web UI; by default the first free one from 8081 on.")
  private int webPort;

  @Option(
      names = "--parallelism",
      paramLabel = "N",
      defaultValue = "1",
      description = "Parallel instances of each operator (default: ${DEFAULT-VALUE}).")
  private int parallelism;

  /** Port of the web UI; 0 for the first free one from 8081 on. */
  int webPort() {
    return webPort;
  }

  /**
   * Parallel instances of each operator.
   *
   * @throws CliException where there can't be so many
   */
  int parallelism() {
    if (parallelism < 1 || parallelism > MOST) {
      throw new CliException(
          ExitCodes.USAGE, "--parallelism must be in [1, " + MOST + "]; got " + parallelism);
    }
    return parallelism;
  }
}
