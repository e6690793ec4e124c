package io.focusstream.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a Java process takes of the machine, as the kernel and the JVM itself say; in bytes.
 *
 * @param heapUsed of the Java heap, after a full collection
 * @param heapCommitted what the JVM holds for the heap then
 * @param resident pages in memory now ({@code VmRSS})
 * @param residentPeak most of them since the process began ({@code VmHWM})
 */
record ProcessMemory(long heapUsed, long heapCommitted, long resident, long residentPeak) {
  private static final Pattern HEAP = Pattern.compile("total (\\d+)K, used (\\d+)K");
  private static final long KIB = 1024;

  /** Collects garbage in a process, then measures it. */
  static ProcessMemory of(Process process) throws IOException, InterruptedException {
    jcmd(process, "GC.run");
    Matcher heap = HEAP.matcher(jcmd(process, "GC.heap_info"));
    long used = 0;
    long committed = 0;
    // collectors other than G1 have a line a generation
    for (MatchResult generation : heap.results().toList()) {
      committed += Long.parseLong(generation.group(1)) * KIB;
      used += Long.parseLong(generation.group(2)) * KIB;
    }
    assertTrue(used > 0, "jcmd GC.heap_info has another form than " + HEAP);
    String status = Files.readString(Path.of("/proc/" + process.pid() + "/status"));
    return new ProcessMemory(used, committed, kib(status, "VmRSS"), kib(status, "VmHWM"));
  }

  private static long kib(String status, String name) {
    Matcher line = Pattern.compile(name + ":\\s+(\\d+) kB").matcher(status);
    assertTrue(line.find(), () -> name + " is not in " + status);
    return Long.parseLong(line.group(1)) * KIB;
  }

  private static String jcmd(Process process, String command)
      throws IOException, InterruptedException {
    Process jcmd =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                Long.toString(process.pid()),
                command)
            .redirectErrorStream(true)
            .start();
    String output = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, jcmd.waitFor(), output);
    return output;
  }

  /**
   * Bytes of the files below a folder; those that go meanwhile count for nothing.
   *
   * @param within what their paths have in them
   */
  static long bytesIn(Path folder, String within) throws IOException {
    if (!Files.exists(folder)) {
      return 0;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(file -> file.toString().contains(within))
          .mapToLong(ProcessMemory::sizeOrZero)
          .sum();
    } catch (UncheckedIOException e) {
      if (e.getCause() instanceof NoSuchFileException) {
        return bytesIn(folder, within);
      }
      throw e;
    }
  }

  private static long sizeOrZero(Path file) {
    try {
      return Files.isRegularFile(file) ? Files.size(file) : 0;
    } catch (IOException e) {
      return 0;
    }
  }
}
