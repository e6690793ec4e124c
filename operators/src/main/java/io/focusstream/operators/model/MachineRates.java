package io.focusstream.operators.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.stream.DoubleStream;

/**
 * What this machine can do at best, measured through the engine that the model runs on: the floor
 * that a benchmark's figures are held against.
 */
public final class MachineRates {
  private static final int ROUNDS = 5;
  private static final int COPIED_FLOATS = 32 << 20;

  private MachineRates() {}

  /**
   * Floating-point operations a second, a multiplication and an addition counted as two, of the
   * products {@code (rows, in) x (in, out)} and back; the best of some rounds, and of the ways that
   * there are to make them.
   */
  public static double operations(int rows, int in, int out, Precision precision) {
    try (NDManager manager = FocusGraph.engine().newBaseManager(Device.cpu());
        FocusGraph graph = new FocusGraph(manager)) {
      NDArray type = manager.create(new long[] {precision.torchType()});
      List<NDArray> arrays =
          List.of(
              manager.randomNormal(new Shape(rows, in)),
              manager.randomNormal(new Shape(out, in)).mul(1 / Math.sqrt(in)),
              manager.randomNormal(new Shape(in, out)).mul(1 / Math.sqrt(out)));
      List<NDArray> cast = List.of(graph.run(manager, "cast", arrays, type));
      double plain = products(graph, manager, cast, rows, in, out);
      if (!GraphArchive.oneDnn(precision)) {
        return plain;
      }
      NDArray count = manager.create(new long[] {rows});
      List<NDArray> packed = List.of(graph.run(manager, "pack", cast, count));
      return Math.max(plain, products(graph, manager, packed, rows, in, out));
    }
  }

  private static double products(
      FocusGraph graph, NDManager manager, List<NDArray> arrays, int rows, int in, int out) {
    double once = 4.0 * rows * in * out;
    int times = (int) Math.max(1, Math.min(1000, 4e9 / once));
    NDArray count = manager.create(new long[] {times});
    return best(
        () -> {
          try (NDManager scratch = manager.newSubManager()) {
            graph.run(scratch, "products", arrays, count);
          }
          return times * once;
        });
  }

  /** Bytes a second that are read, as many being written, of arrays far larger than any cache. */
  public static double bytes() {
    try (NDManager manager = FocusGraph.engine().newBaseManager(Device.cpu());
        FocusGraph graph = new FocusGraph(manager)) {
      List<NDArray> arrays =
          List.of(manager.zeros(new Shape(COPIED_FLOATS)), manager.zeros(new Shape(COPIED_FLOATS)));
      NDArray count = manager.create(new long[] {4});
      return best(
          () -> {
            graph.run(manager, "copies", arrays, count)[0].close();
            return 4.0 * COPIED_FLOATS * Float.BYTES;
          });
    }
  }

  /** Does something and says how much it was. */
  private interface Round {
    double run();
  }

  private static double best(Round round) {
    round.run();
    return DoubleStream.generate(
            () -> {
              long began = System.nanoTime();
              double amount = round.run();
              return amount / ((System.nanoTime() - began) / 1e9);
            })
        .limit(ROUNDS)
        .max()
        .orElseThrow();
  }
}
