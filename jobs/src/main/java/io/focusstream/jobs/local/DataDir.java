package io.focusstream.jobs.local;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Properties;

/**
 * The directory of a local run: {@code kafka/}, {@code checkpoints/}, {@code savepoints/}, {@code
 * logs/}, {@code follow/}, {@code tmp/}. One run at a time holds it; the lock goes with the
 * process, however it ends.
 */
public final class DataDir implements AutoCloseable {
  private static final String ENDPOINT = "endpoint.properties";

  private final Path root;
  private final FileChannel lockFile;

  private DataDir(Path root, FileChannel lockFile) {
    this.root = root;
    this.lockFile = lockFile;
  }

  /**
   * Makes the directory where it is new, and takes it.
   *
   * @throws LocalException where another run holds it or it can't be written
   */
  public static DataDir open(Path directory) {
    Path root = directory.toAbsolutePath().normalize();
    try {
      Files.createDirectories(root);
      FileChannel channel =
          FileChannel.open(
              root.resolve("lock"),
              StandardOpenOption.CREATE,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE);
      FileLock lock;
      try {
        lock = channel.tryLock();
      } catch (OverlappingFileLockException e) {
        lock = null;
      }
      if (lock == null) {
        channel.close();
        String pid = Files.readString(root.resolve("lock"), StandardCharsets.UTF_8).strip();
        throw new LocalException(
            "another run"
                + (pid.isEmpty() ? "" : " (process " + pid + ")")
                + " uses "
                + root
                + ". Ask it with `focus ask`, stop it, or give another directory with --data-dir.");
      }
      channel.truncate(0);
      channel.write(
          StandardCharsets.UTF_8.encode(Long.toString(ProcessHandle.current().pid()) + "\n"));
      return new DataDir(root, channel);
    } catch (IOException e) {
      throw new LocalException(
          "the data directory " + root + " can't be used: " + e + ". Give another with --data-dir.",
          e);
    }
  }

  /** The directory itself, absolute. */
  public Path root() {
    return root;
  }

  /** A sub-directory, made where it is new. */
  public Path child(String name) {
    Path child = root.resolve(name);
    try {
      Files.createDirectories(child);
    } catch (IOException e) {
      throw new LocalException("the directory " + child + " can't be made: " + e, e);
    }
    return child;
  }

  /** Tells other processes where this run's broker is; see {@link #findEndpoint(Path)}. */
  public void publishEndpoint(Endpoint endpoint) {
    Properties p = new Properties();
    p.setProperty("bootstrap.servers", endpoint.bootstrapServers());
    p.setProperty("queries.topic", endpoint.queriesTopic());
    p.setProperty("answers.topic", endpoint.answersTopic());
    p.setProperty("pid", Long.toString(ProcessHandle.current().pid()));
    Path written = root.resolve(ENDPOINT + ".new");
    try {
      try (OutputStream out = Files.newOutputStream(written)) {
        p.store(out, "where this run can be asked");
      }
      Files.move(written, root.resolve(ENDPOINT), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new LocalException("can't write " + written + ": " + e, e);
    }
  }

  /** Tells other processes that this run can't be asked any more. */
  public void withdrawEndpoint() {
    try {
      Files.deleteIfExists(root.resolve(ENDPOINT));
    } catch (IOException e) {
      throw new LocalException("can't delete " + root.resolve(ENDPOINT) + ": " + e, e);
    }
  }

  /** Where the run in a directory can be asked; empty where none is running there. */
  public static Optional<Endpoint> findEndpoint(Path directory) {
    Path file = directory.resolve(ENDPOINT);
    Properties p = new Properties();
    try (InputStream in = Files.newInputStream(file)) {
      p.load(in);
    } catch (IOException e) {
      return Optional.empty();
    }
    String bootstrapServers = p.getProperty("bootstrap.servers");
    boolean alive =
        ProcessHandle.of(Long.parseLong(p.getProperty("pid", "-1")))
            .map(ProcessHandle::isAlive)
            .orElse(false);
    if (bootstrapServers == null || !alive) {
      return Optional.empty();
    }
    return Optional.of(
        new Endpoint(
            bootstrapServers,
            p.getProperty("queries.topic", "queries"),
            p.getProperty("answers.topic", "answers")));
  }

  /** Gives the directory back. */
  @Override
  public void close() {
    try {
      withdrawEndpoint();
      lockFile.close();
    } catch (IOException e) {
      throw new LocalException("can't give back " + root + ": " + e, e);
    }
  }

  /**
   * Where a run can be asked.
   *
   * @param bootstrapServers its broker
   * @param queriesTopic topic of questions
   * @param answersTopic topic of answers
   */
  public record Endpoint(String bootstrapServers, String queriesTopic, String answersTopic) {}
}
