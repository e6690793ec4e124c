package io.focusstream.operators.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.focusstream.operators.model.checkpoint.ModelConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Puts chunks side by side, in memory that goes from question to question ({@link SpareArrays}).
 */
final class ChunkGatherer {
  // types of torch
  private static final int INT8 = 1;
  private static final int FLOAT16 = 5;

  private final FocusModel model;
  private final NDManager manager;
  private final FocusGraph graph;
  private final NDArray like;
  private final SpareArrays spares = new SpareArrays(this::spare);

  /**
   * @param manager owner of the memory
   * @param like any array on the device
   */
  ChunkGatherer(FocusModel model, NDManager manager, FocusGraph graph, NDArray like) {
    this.model = model;
    this.manager = manager;
    this.graph = graph;
    this.like = like;
  }

  private NDArray spare(long numbers, int type) {
    try (NDArray size = manager.create(new long[] {numbers, type})) {
      return graph.run(manager, "spare", like, size)[0];
    }
  }

  /**
   * Chunks side by side.
   *
   * @param arrays (L, B, G, T, D) and, of int8, scales (L, B, G, T)
   * @param rooms the memory that they lie in, to be given back
   */
  record Gathered(List<NDArray> arrays, List<SpareArrays.Spare> rooms) {}

  /** Memory that chunks are gathered in. */
  SpareArrays spares() {
    return spares;
  }

  /** The memory that chunks were gathered in is in use no more. */
  void giveBack(List<SpareArrays.Spare> rooms) {
    rooms.forEach(spares::giveBack);
  }

  /**
   * Copies chunks side by side, (L, B, G, T, D): int8 where all are, numbers otherwise.
   *
   * @param owner owner of the arrays
   * @param tokens T, the longest one's
   */
  Gathered gather(NDManager owner, List<FocusModel.States> states, int tokens) {
    Gathered gathered = new Gathered(new ArrayList<>(), new ArrayList<>());
    try (NDManager scratch = owner.newSubManager()) {
      if (states.stream().allMatch(FocusModel.States::int8)) {
        add(owner, states, FocusModel.States::keys, tokens, INT8, gathered);
        add(owner, states, FocusModel.States::values, tokens, INT8, gathered);
        add(owner, states, FocusModel.States::keyScales, tokens, FLOAT16, gathered);
        add(owner, states, FocusModel.States::valueScales, tokens, FLOAT16, gathered);
      } else {
        List<FocusModel.States> numbers =
            states.stream().map(some -> some.int8() ? model.numbers(scratch, some) : some).toList();
        add(owner, numbers, FocusModel.States::keys, tokens, model.stateType(), gathered);
        add(owner, numbers, FocusModel.States::values, tokens, model.stateType(), gathered);
      }
      return gathered;
    } catch (RuntimeException | Error e) {
      giveBack(gathered.rooms());
      throw e;
    }
  }

  private void add(
      NDManager owner,
      List<FocusModel.States> states,
      Function<FocusModel.States, NDArray> part,
      int tokens,
      int type,
      Gathered into) {
    List<NDArray> parts = states.stream().map(part).toList();
    ModelConfig config = model.config();
    long rows = (long) config.layers() * states.size() * config.keyValueHeads() * tokens;
    boolean scales = parts.get(0).getShape().dimension() == 3;
    SpareArrays.Spare room = spares.take(scales ? rows : rows * config.headDim(), type);
    into.rooms().add(room);
    try (NDArray size = owner.create(new long[] {tokens})) {
      into.arrays().add(graph.run(owner, "gather", parts, room.array(), size)[0]);
    }
  }
}
