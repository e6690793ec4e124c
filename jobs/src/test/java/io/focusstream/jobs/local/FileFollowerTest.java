package io.focusstream.jobs.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileFollowerTest {
  private static final Duration SETTLE = Duration.ofSeconds(2);

  @TempDir Path directory;

  private final List<String> lines = new ArrayList<>();
  private FilePosition last;
  private long nanos;
  private Path file;
  private FileFollower follower;

  @BeforeEach
  void begin() {
    file = directory.resolve("app.log");
    follower = follower(null);
  }

  @AfterEach
  void end() throws IOException {
    follower.close();
  }

  @Test
  void handsOnCompleteLinesAndWaitsForTheRest() throws IOException {
    write("one\ntwo\r\n\nthr");
    drain();
    assertEquals(List.of("one", "two", ""), lines);
    assertTrue(follower.hasPartialLine());
    write("ee\n");
    drain();
    assertEquals(List.of("one", "two", "", "three"), lines);
    assertFalse(follower.hasPartialLine());
  }

  @Test
  void handsOnLastLineWithoutEndOnceItHasSettled() throws IOException {
    write("one\nlast");
    drain();
    assertEquals(List.of("one"), lines);
    nanos += SETTLE.toNanos();
    drain();
    assertEquals(List.of("one", "last"), lines);
    reopen();
    drain();
    assertEquals(List.of("one", "last"), lines);
  }

  @Test
  void waitsForFileThatIsNotThereYet() throws IOException {
    drain();
    assertEquals(List.of(), lines);
    write("one\n");
    drain();
    assertEquals(List.of("one"), lines);
  }

  @Test
  void readsRotatedFileToItsEndAndThenTheNewOne() throws IOException {
    write("one\n");
    drain();
    write("two\nunfinished");
    Files.move(file, directory.resolve("app.log.1"));
    drain();
    write("three\n");
    drain();
    assertEquals(List.of("one", "two", "unfinished", "three"), lines);
  }

  @Test
  void beginsAnewAfterTruncation() throws IOException {
    write("a first line\nand a second\n");
    drain();
    Files.write(file, new byte[0], StandardOpenOption.TRUNCATE_EXISTING);
    write("new\n");
    drain();
    assertEquals(List.of("a first line", "and a second", "new"), lines);
  }

  @Test
  void beginsAnewWhenTruncatedAndGrownPastOldPosition() throws IOException {
    write("old\n");
    drain();
    Files.writeString(file, "quite another, longer line\n");
    drain();
    assertEquals(List.of("old", "quite another, longer line"), lines);
  }

  @Test
  void resumesWithoutLosingOrDoubling() throws IOException {
    write("one\ntwo\nhal");
    drain();
    write("f\nthree\n");
    reopen();
    drain();
    assertEquals(List.of("one", "two", "half", "three"), lines);
  }

  @Test
  void resumesInFileThatWasRotatedMeanwhile() throws IOException {
    write("one\n");
    drain();
    write("two\n");
    Files.move(file, directory.resolve("app.log.1"));
    write("three\n");
    reopen();
    drain();
    assertEquals(List.of("one", "two", "three"), lines);
  }

  @Test
  void resumesAtBeginningOfAnotherFileOfTheSameName() throws IOException {
    write("one\n");
    drain();
    Files.delete(file);
    write("other\nlines\n");
    reopen();
    drain();
    assertEquals(List.of("one", "other", "lines"), lines);
  }

  @Test
  void resumesAtBeginningWhenTruncatedMeanwhile() throws IOException {
    write("one\ntwo\n");
    drain();
    Files.write(file, new byte[0], StandardOpenOption.TRUNCATE_EXISTING);
    write("new\n");
    reopen();
    drain();
    assertEquals(List.of("one", "two", "new"), lines);
  }

  @Test
  void anyPlaceToStopGivesTheSameLines() throws IOException {
    StringBuilder text = new StringBuilder();
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      String line = "line " + i + " ü".repeat(i % 7);
      expected.add(line);
      text.append(line).append('\n');
    }
    byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
    int written = 0;
    for (int step = 1; written < bytes.length; step = step * 3 % 1009 + 1) {
      int next = Math.min(bytes.length, written + step);
      Files.write(
          file,
          Arrays.copyOfRange(bytes, written, next),
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
      written = next;
      drain();
      reopen();
    }
    drain();
    assertEquals(expected, lines);
  }

  @Test
  void cutsLinesThatAreTooLongBetweenCharacters() throws IOException {
    String line = "x" + "ü".repeat(FileFollower.MAX_LINE_BYTES);
    write(line + "\nnext\n");
    drain();
    assertEquals("next", lines.get(lines.size() - 1));
    assertTrue(line.equals(String.join("", lines.subList(0, lines.size() - 1))));
    assertEquals(3, lines.size());
  }

  @Test
  void positionComesBackFromItsWrittenForm() {
    FilePosition position = new FilePosition(1834, 256, 0x9ae0daafL, "(dev=fe01,ino=262177)");
    assertEquals(position, FilePosition.decode(position.encode()));
    assertThrows(
        IllegalArgumentException.class,
        () -> FilePosition.decode("v9 1 2 3 4".getBytes(StandardCharsets.UTF_8)));
  }

  private void reopen() throws IOException {
    follower.close();
    follower = follower(last);
  }

  private FileFollower follower(FilePosition resume) {
    return new FileFollower(
        file,
        resume,
        SETTLE,
        () -> nanos,
        (line, position) -> {
          lines.add(new String(line, StandardCharsets.UTF_8));
          last = position;
        });
  }

  private void drain() throws IOException {
    while (follower.poll()) {
      continue;
    }
  }

  private void write(String text) throws IOException {
    Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }
}
