package io.focusstream.jobs.local;

import java.nio.file.Path;
import java.util.Objects;

/**
 * A file and the stream that its lines belong to.
 *
 * @param path the file
 * @param stream the stream
 */
public record FollowedFile(Path path, String stream) {
  public FollowedFile {
    path = Objects.requireNonNull(path, "path").toAbsolutePath().normalize();
    if (stream.isBlank()) {
      throw new IllegalArgumentException("the stream of " + path + " must not be empty");
    }
  }
}
