package io.focusstream.jobs.cli;

import java.nio.file.Path;

/**
 * Where logs go. Must be told before the first logger is made; a configuration that the user names
 * ({@code -Dlog4j2.configurationFile}) wins.
 */
final class Logging {
  private static final String CONFIGURATION = "log4j2.configurationFile";

  private Logging() {}

  /** To {@code kafka.log} and {@code flink.log} in a directory; nothing on the console. */
  static void toFiles(Path directory) {
    System.setProperty("focus.log.dir", directory.toAbsolutePath().toString());
    // Flink's web UI shows this file.
    System.setProperty("log.file", directory.resolve("flink.log").toAbsolutePath().toString());
    use("focus-files-log4j2.xml");
  }

  /** To the console's standard error; everything, as of a service. */
  static void toConsole() {
    use("focus-console-log4j2.xml");
  }

  /** Nowhere, or warnings to standard error. */
  static void quiet(CommonOptions options) {
    System.setProperty("focus.log.level", options.verbose ? "WARN" : "OFF");
    use("focus-quiet-log4j2.xml");
  }

  private static void use(String resource) {
    if (System.getProperty(CONFIGURATION) == null) {
      System.setProperty(CONFIGURATION, resource);
    }
  }
}
