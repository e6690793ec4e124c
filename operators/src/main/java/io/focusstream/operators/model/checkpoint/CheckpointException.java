package io.focusstream.operators.model.checkpoint;

/**
 * A checkpoint that can't be used: a damaged file, a shape that doesn't fit, a setting that isn't
 * supported. The message names the file, the tensor or field, the value and what to do.
 */
public final class CheckpointException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  public CheckpointException(String message) {
    super(message);
  }

  public CheckpointException(String message, Throwable cause) {
    super(message, cause);
  }
}
