package io.focusstream.jobs.local;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.zip.CRC32;

/**
 * Follows one file as {@code tail -F} would, line by line.
 *
 * <ul>
 *   <li>A line is handed on when its line end has been written, without that line end. What stands
 *       after the last one is handed on once it hasn't grown for a while; should it grow later, the
 *       rest comes as a line of its own.
 *   <li>A renamed file (rotation) is read to its end, then the new file of that name from its
 *       beginning.
 *   <li>A file that became shorter, or whose first bytes changed, is read from its beginning.
 *   <li>Each line comes with the position after it; a follower that begins there continues without
 *       losing or doubling a line, also where the file was rotated meanwhile, as long as it is
 *       still in the same directory.
 *   <li>A file that isn't there yet is waited for.
 * </ul>
 *
 * <p>{@link #poll()} does a bounded piece of work and never waits; one thread calls it. Time is an
 * argument.
 */
public final class FileFollower implements AutoCloseable {
  /** Longest line in bytes; longer ones are handed on in pieces. */
  static final int MAX_LINE_BYTES = 256 * 1024;

  private static final int READ_BYTES = 64 * 1024;

  /** Takes lines. */
  @FunctionalInterface
  public interface LineSink {
    /**
     * Takes one line.
     *
     * @param line its bytes, without line end
     * @param position how far the file has been read with it
     */
    void accept(byte[] line, FilePosition position);
  }

  private final Path path;
  private final LineSink sink;
  private final long settleNanos;
  private final LongSupplier nanoClock;
  private final ByteBuffer buffer = ByteBuffer.allocate(READ_BYTES);
  private final ByteArrayOutputStream partial = new ByteArrayOutputStream();

  private FilePosition resume;
  private SeekableByteChannel channel;
  private String fileKey;
  private long readOffset;
  private long lineOffset;
  private int headBytes;
  private long headCrc;
  private long lastGrowthNanos;

  /**
   * A follower that has not opened anything yet.
   *
   * @param path the file
   * @param resume where a former follower stopped; {@code null} begins with the first byte
   * @param settle how long a last line without line end must not have grown
   * @param nanoClock as {@link System#nanoTime()}
   * @param sink takes the lines
   */
  public FileFollower(
      Path path, FilePosition resume, Duration settle, LongSupplier nanoClock, LineSink sink) {
    this.path = Objects.requireNonNull(path, "path").toAbsolutePath();
    this.resume = resume;
    this.settleNanos = settle.toNanos();
    this.nanoClock = Objects.requireNonNull(nanoClock, "nanoClock");
    this.sink = Objects.requireNonNull(sink, "sink");
  }

  /**
   * Reads up to 64 KiB and hands on what is complete.
   *
   * @return whether there was anything; {@code false} says that the file's end is reached for now
   */
  public boolean poll() throws IOException {
    if (channel == null && !open()) {
      return false;
    }
    if (wasRewritten()) {
      restart();
      return true;
    }
    buffer.clear();
    channel.position(readOffset);
    int count = channel.read(buffer);
    if (count > 0) {
      lastGrowthNanos = nanoClock.getAsLong();
      buffer.flip();
      take(buffer);
      return true;
    }
    if (wasReplaced()) {
      if (channel.size() > readOffset) {
        // Written between our last read and the rename.
        return true;
      }
      flushPartial();
      closeChannel();
      resume = null;
      return open();
    }
    if (partial.size() > 0 && nanoClock.getAsLong() - lastGrowthNanos >= settleNanos) {
      flushPartial();
      return true;
    }
    return false;
  }

  /** Whether something stands after the last line end that has not been handed on yet. */
  public boolean hasPartialLine() {
    return partial.size() > 0;
  }

  /** Bytes read so far of the open file. */
  public long readBytes() {
    return readOffset;
  }

  /** The file as it was given, absolute. */
  public Path path() {
    return path;
  }

  @Override
  public void close() throws IOException {
    closeChannel();
  }

  private boolean open() throws IOException {
    Path target = path;
    if (resume != null) {
      Optional<Path> known = findResumed();
      if (known.isPresent()) {
        target = known.get();
      } else {
        resume = null;
      }
    }
    SeekableByteChannel opened;
    try {
      opened = Files.newByteChannel(target);
    } catch (NoSuchFileException e) {
      return false;
    }
    channel = opened;
    fileKey = keyOf(target);
    partial.reset();
    if (resume == null) {
      readOffset = 0;
      headBytes = 0;
      headCrc = 0;
    } else {
      readOffset = resume.endOffset();
      headBytes = resume.headBytes();
      headCrc = resume.headCrc();
    }
    lineOffset = readOffset;
    lastGrowthNanos = nanoClock.getAsLong();
    resume = null;
    return true;
  }

  /** The file that {@link #resume} speaks of: under its own name, or renamed beside it. */
  private Optional<Path> findResumed() throws IOException {
    if (isResumed(path)) {
      return Optional.of(path);
    }
    Path directory = path.getParent();
    if (directory == null || !Files.isDirectory(directory)) {
      return Optional.empty();
    }
    String prefix = path.getFileName().toString();
    try (DirectoryStream<Path> siblings =
        Files.newDirectoryStream(
            directory, sibling -> sibling.getFileName().toString().startsWith(prefix))) {
      for (Path sibling : siblings) {
        if (Files.isRegularFile(sibling) && isResumed(sibling)) {
          return Optional.of(sibling);
        }
      }
    }
    return Optional.empty();
  }

  private boolean isResumed(Path candidate) throws IOException {
    try {
      if (!keyOf(candidate).equals(resume.fileKey())
          || Files.size(candidate) < resume.endOffset()) {
        return false;
      }
      try (SeekableByteChannel in = Files.newByteChannel(candidate)) {
        return headCrc(in, resume.headBytes()) == resume.headCrc();
      }
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private boolean wasRewritten() throws IOException {
    if (channel.size() < readOffset) {
      return true;
    }
    return channel.size() > readOffset && headBytes > 0 && headCrc(channel, headBytes) != headCrc;
  }

  /** Whether another file has the name now. */
  private boolean wasReplaced() throws IOException {
    try {
      return !keyOf(path).equals(fileKey);
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private void restart() {
    partial.reset();
    readOffset = 0;
    lineOffset = 0;
    headBytes = 0;
    headCrc = 0;
  }

  private void take(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      byte next = bytes.get();
      if (next == '\n') {
        readOffset++;
        emit();
      } else {
        if (partial.size() >= MAX_LINE_BYTES
            && (!isContinuation(next) || partial.size() >= MAX_LINE_BYTES + 3)) {
          emit();
        }
        readOffset++;
        partial.write(next);
      }
    }
  }

  /** Whether a byte belongs to the same UTF-8 character as the one before it. */
  private static boolean isContinuation(byte next) {
    return (next & 0xC0) == 0x80;
  }

  private void flushPartial() throws IOException {
    if (partial.size() > 0) {
      emit();
    }
  }

  private void emit() throws IOException {
    byte[] line = partial.toByteArray();
    partial.reset();
    lineOffset = readOffset;
    if (headBytes < FilePosition.MAX_HEAD_BYTES) {
      headBytes = (int) Math.min(FilePosition.MAX_HEAD_BYTES, lineOffset);
      headCrc = headCrc(channel, headBytes);
    }
    int length = line.length;
    if (length > 0 && line[length - 1] == '\r') {
      line = Arrays.copyOf(line, length - 1);
    }
    sink.accept(line, new FilePosition(lineOffset, headBytes, headCrc, fileKey));
  }

  private static long headCrc(SeekableByteChannel in, int bytes) throws IOException {
    ByteBuffer head = ByteBuffer.allocate(bytes);
    in.position(0);
    while (head.hasRemaining() && in.read(head) >= 0) {
      continue;
    }
    CRC32 crc = new CRC32();
    crc.update(head.array(), 0, head.position());
    return crc.getValue();
  }

  private static String keyOf(Path file) throws IOException {
    Object key = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    return key == null ? file.toRealPath().toString() : key.toString();
  }

  private void closeChannel() throws IOException {
    if (channel != null) {
      channel.close();
      channel = null;
    }
  }
}
