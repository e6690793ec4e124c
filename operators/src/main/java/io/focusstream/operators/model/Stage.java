package io.focusstream.operators.model;

import ai.djl.ndarray.NDArray;
import java.util.List;
import java.util.function.Function;

/**
 * How far a question has got with a step: either it has what the step gives, or batches have to be
 * run before it can go on. So the batches of several questions can be run together, see {@link
 * FocusModel#finish}.
 *
 * @param <T> what the step gives
 */
public final class Stage<T> {
  private final T result;
  // none where there is a result
  private final List<ProposalRun> runs;
  private final Function<List<NDArray[]>, Stage<T>> next;

  private Stage(T result, List<ProposalRun> runs, Function<List<NDArray[]>, Stage<T>> next) {
    this.result = result;
    this.runs = runs;
    this.next = next;
  }

  /** Nothing has to be run. */
  static <T> Stage<T> of(T result) {
    return new Stage<>(result, List.of(), null);
  }

  /**
   * Batches have to be run; gives what they propose, in their order.
   *
   * @param runs at least one
   */
  static Stage<List<NDArray[]>> running(List<ProposalRun> runs) {
    if (runs.isEmpty()) {
      throw new IllegalArgumentException("there is nothing to run");
    }
    return new Stage<>(null, List.copyOf(runs), Stage::of);
  }

  /** Goes on with what this gives. */
  <R> Stage<R> then(Function<T, Stage<R>> further) {
    return hasResult()
        ? further.apply(result)
        : new Stage<>(null, runs, outputs -> next.apply(outputs).then(further));
  }

  boolean hasResult() {
    return runs.isEmpty();
  }

  /** What the step gives. */
  T result() {
    if (!hasResult()) {
      throw new IllegalStateException(runs.size() + " batches have to be run first");
    }
    return result;
  }

  /** What has to be run. */
  List<ProposalRun> runs() {
    return runs;
  }

  /**
   * Goes on.
   *
   * @param outputs what {@link #runs()} proposed, in their order
   */
  Stage<T> after(List<NDArray[]> outputs) {
    return next.apply(outputs);
  }
}
