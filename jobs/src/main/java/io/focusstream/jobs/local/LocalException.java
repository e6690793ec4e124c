package io.focusstream.jobs.local;

/** Something that the user can put right; the message names it and says how. */
public final class LocalException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public LocalException(String message) {
    super(message);
  }

  public LocalException(String message, Throwable cause) {
    super(message, cause);
  }
}
