package io.focusstream.operators.engine;

import java.io.Serializable;
import java.util.OptionalInt;

/**
 * Hands out the process's engine; travels with the operator factory to the task managers. {@link
 * #acquire()} and {@link Lease#close()} count users: the engine is opened at the first and closed
 * after the last.
 */
@FunctionalInterface
public interface CondensingEngineProvider extends Serializable {

  /**
   * Joins the users of the engine.
   *
   * @param gpu index of the GPU that the cluster gives the caller; empty where it gives none. A
   *     provider that was told which device to take passes over it
   * @throws EngineException where the model can't be loaded; the message says what to do
   */
  Lease acquire(OptionalInt gpu);

  /** A use of the shared engine. The one who acquired closes. */
  interface Lease extends AutoCloseable {
    /** The engine; not to be closed by the caller. */
    CondensingEngine engine();

    /** Gives the use back; idempotent. */
    @Override
    void close();
  }
}
