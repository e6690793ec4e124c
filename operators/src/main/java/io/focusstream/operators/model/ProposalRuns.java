package io.focusstream.operators.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;

/**
 * Runs batches of one question or of many, small ones together: the weights, and each step of the
 * graph, are then paid once for all of them. Attention is each batch's own, so that a batch says
 * what it would say alone, but for the last bits of products, which depend on how many rows they
 * have.
 */
final class ProposalRuns {
  /** Rows that go together; more would gain nothing. A batch alone may have more. */
  static final int MOST_ROWS = 512;

  private final FocusModel model;
  private final int cores;

  /**
   * @param cores how many groups run side by side
   */
  ProposalRuns(FocusModel model, int cores) {
    this.model = model;
    this.cores = cores;
  }

  /** See {@link FocusModel#finish(List)}. */
  <T> void finish(List<MovingStage<T>> all) {
    List<MovingStage<T>> open = new ArrayList<>();
    all.forEach(one -> goOn(one, one::stage, open));
    while (!open.isEmpty()) {
      List<MovingStage<T>> now = List.copyOf(open);
      open.clear();
      List<ProposalRun> runs = now.stream().flatMap(one -> one.stage().runs().stream()).toList();
      List<NDArray[]> outputs;
      try {
        outputs = run(runs);
      } catch (RuntimeException | OutOfMemoryError e) {
        if (now.size() == 1) {
          now.get(0).ended().accept(null, e);
        } else {
          // whose failure it is shows where each runs alone
          now.forEach(one -> goOn(one, () -> one.stage().after(run(one.stage().runs())), open));
        }
        continue;
      }
      int from = 0;
      for (MovingStage<T> one : now) {
        int to = from + one.stage().runs().size();
        List<NDArray[]> own = outputs.subList(from, to);
        goOn(one, () -> one.stage().after(own), open);
        from = to;
      }
    }
  }

  private static <T> void goOn(
      MovingStage<T> one, Supplier<Stage<T>> next, List<MovingStage<T>> open) {
    Stage<T> stage;
    try {
      stage = next.get();
    } catch (RuntimeException | OutOfMemoryError e) {
      one.ended().accept(null, e);
      return;
    }
    if (stage.hasResult()) {
      one.ended().accept(stage.result(), null);
    } else {
      open.add(new MovingStage<>(stage, one.ended()));
    }
  }

  /**
   * Runs all; the tokens have joined the batches' prompts when this returns, and haven't where it
   * throws.
   *
   * @return of each run what {@code propose} in the graph gives, in their order
   */
  List<NDArray[]> run(List<ProposalRun> runs) {
    NDArray[][] outputs = new NDArray[runs.size()][];
    try (NDManager scratch = model.newManager()) {
      List<Supplier<Void>> work = new ArrayList<>();
      for (List<Integer> group : groups(runs.stream().mapToInt(ProposalRun::rows).toArray())) {
        work.add(
            () -> {
              List<ProposalRun> some = group.stream().map(runs::get).toList();
              NDArray[] out = some.size() == 1 ? alone(scratch, some.get(0)) : group(scratch, some);
              for (int i = 0; i < group.size(); i++) {
                outputs[group.get(i)] = Arrays.copyOfRange(out, 3 * i, 3 * i + 3);
              }
              return null;
            });
      }
      model.sideBySide(work);
      for (int i = 0; i < outputs.length; i++) {
        ProposalRun run = runs.get(i);
        run.batch().joined(run.tokens().length);
        kept(run.owner(), outputs[i]);
      }
    }
    return List.of(outputs);
  }

  /**
   * Which runs go together: as many groups as there are cores, about equally large, and more where
   * they would be too large.
   *
   * @param rows of each run
   */
  List<List<Integer>> groups(int[] rows) {
    List<List<Integer>> groups = new ArrayList<>();
    List<Integer> sizes = new ArrayList<>();
    List<Integer> largestFirst = new ArrayList<>();
    for (int i = 0; i < rows.length; i++) {
      largestFirst.add(i);
    }
    largestFirst.sort(Comparator.comparingInt(i -> -rows[i]));
    for (int i : largestFirst) {
      int smallest = -1;
      for (int g = 0; g < groups.size(); g++) {
        if (smallest < 0 || sizes.get(g) < sizes.get(smallest)) {
          smallest = g;
        }
      }
      if (groups.size() < cores || sizes.get(smallest) + rows[i] > MOST_ROWS) {
        groups.add(new ArrayList<>(List.of(i)));
        sizes.add(rows[i]);
      } else {
        groups.get(smallest).add(i);
        sizes.set(smallest, sizes.get(smallest) + rows[i]);
      }
    }
    return groups;
  }

  private NDArray[] alone(NDManager owner, ProposalRun run) {
    try (NDManager own = owner.newSubManager()) {
      int[] tokens = run.tokens();
      run.batch().makeRoom(tokens.length);
      NDArray[] out =
          model.run(
              own,
              "propose",
              run.batch().chunks(),
              run.batch().own(),
              run.batch().lengths(),
              own.create(new long[] {run.batch().prompt()}),
              FocusModel.tokens(own, List.of(tokens), tokens.length),
              own.create(new long[] {abstain(), run.every() ? 1 : 0}));
      return kept(owner, out);
    }
  }

  private NDArray[] group(NDManager owner, List<ProposalRun> runs) {
    try (NDManager own = owner.newSubManager()) {
      List<NDArray> chunks = new ArrayList<>();
      List<NDArray> prompts = new ArrayList<>();
      List<NDArray> lengths = new ArrayList<>();
      List<NDArray> tokens = new ArrayList<>();
      long[] layout = new long[3 * runs.size()];
      for (int i = 0; i < runs.size(); i++) {
        ProposalRun run = runs.get(i);
        ChunkBatch batch = run.batch();
        batch.makeRoom(run.tokens().length);
        chunks.addAll(batch.chunks());
        prompts.addAll(batch.own());
        lengths.add(batch.lengths());
        tokens.add(FocusModel.tokens(own, List.of(run.tokens()), run.tokens().length));
        layout[3 * i] = batch.chunks().size();
        layout[3 * i + 1] = batch.prompt();
        layout[3 * i + 2] = run.every() ? 1 : 0;
      }
      NDArray[] out =
          model.run(
              own,
              "propose_together",
              chunks,
              prompts,
              lengths,
              tokens,
              own.create(layout, new Shape(runs.size(), 3)),
              own.create(new long[] {abstain()}));
      return kept(owner, out);
    }
  }

  private static NDArray[] kept(NDManager owner, NDArray[] arrays) {
    for (NDArray array : arrays) {
      array.attach(owner);
    }
    return arrays;
  }

  private int abstain() {
    return model.config().focus().abstainToken();
  }
}
