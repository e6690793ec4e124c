package io.focusstream.jobs.cli;

import picocli.CommandLine.Option;

/** Options of every command. */
final class CommonOptions {
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and end.")
  boolean help;

  @Option(names = "--verbose", description = "Show stack traces, and warnings of Kafka and Flink.")
  boolean verbose;
}
