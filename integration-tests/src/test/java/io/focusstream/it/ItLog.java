package io.focusstream.it;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What everything in this process has logged at INFO and above since a moment: Flink, Kafka, the
 * job. Each line is in the file before the call that logs it returns.
 */
final class ItLog {
  private static final Path FILE = Path.of("target", "it.log");

  private final long from;

  private ItLog(long from) {
    this.from = from;
  }

  /** From here on. */
  static ItLog fromHere() {
    try {
      assertTrue(Files.exists(FILE), "it-log4j2.properties is not in use: there is no " + FILE);
      return new ItLog(Files.size(FILE));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** All of it so far. */
  String text() {
    try (RandomAccessFile file = new RandomAccessFile(FILE.toFile(), "r")) {
      byte[] bytes = new byte[Math.toIntExact(file.length() - from)];
      file.seek(from);
      file.readFully(bytes);
      return new String(bytes, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
