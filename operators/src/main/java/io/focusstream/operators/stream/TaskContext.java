package io.focusstream.operators.stream;

import io.focusstream.schemas.Answer;
import java.util.concurrent.Future;
import org.apache.flink.util.function.ThrowingRunnable;

/**
 * What the parts of {@link FocusOperator} need of its task. For the mailbox thread only, but for
 * {@link #mail}. After each action that it runs later, the engine is given what it may have.
 */
interface TaskContext {
  /** Runs with a key set, and puts back the key that was set before. */
  void withKey(String key, ThrowingRunnable<Exception> action) throws Exception;

  /** The time by the task's clock, milliseconds since the epoch. */
  long now();

  /**
   * Runs an action at a time by the task's clock, unless the task has ended by then.
   *
   * @return cancels it, unless it is about to run
   */
  Future<?> at(long millis, ThrowingRunnable<Exception> action);

  /**
   * Runs an action on the mailbox thread, unless the task has ended by then; from any thread.
   *
   * @param what says what it is, with a place for the work's name
   */
  void mail(String what, Work work, ThrowingRunnable<Exception> action);

  /**
   * Emits an answer, or where it is one stream's part of a greater one, that part.
   *
   * @param group see {@link io.focusstream.operators.state.Asking#group}
   */
  void emit(String group, Answer answer);

  /** Emits what a subtask has to say to a question over several streams. */
  void emit(AnswerPart part);
}
