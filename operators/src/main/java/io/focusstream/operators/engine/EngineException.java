package io.focusstream.operators.engine;

/** A task that the engine could not do. The message names the value and the remedy. */
public final class EngineException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean lost;

  public EngineException(String message, Throwable cause) {
    this(message, cause, false);
  }

  public EngineException(String message) {
    this(message, null, false);
  }

  private EngineException(String message, Throwable cause, boolean lost) {
    super(message, cause);
    this.lost = lost;
  }

  /** The engine or its device is gone: this engine will do no further task. */
  public static EngineException lost(String message, Throwable cause) {
    return new EngineException(message, cause, true);
  }

  /**
   * The memory of this process was too short for a task; the engine goes on.
   *
   * @param what the task, for example {@code answering}
   */
  public static EngineException outOfMemory(String what, Throwable cause) {
    return new EngineException(
        what
            + " failed for want of memory: "
            + cause
            + ". Give the task manager more heap (taskmanager.memory.task.heap.size), or lower"
            + " focus.engine.max-loaded-bytes and focus.engine.max-in-flight",
        cause);
  }

  /** Whether the engine is gone, so that to try again is of no use. */
  public boolean isLost() {
    return lost;
  }
}
