package io.focusstream.operators.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Rounding a batch's keys to int8 in the graph: 8 layers, 8 chunks of 256 tokens, 2 heads of 32. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
public class QuantiseBenchmark {
  private NDManager manager;
  private FocusGraph graph;
  private NDArray states;

  @Setup
  public void open() {
    manager = FocusGraph.engine().newBaseManager(Device.cpu());
    graph = new FocusGraph(manager);
    states = manager.randomNormal(new Shape(8, 8, 2, 256, 32));
  }

  @TearDown
  public void close() {
    graph.close();
    manager.close();
  }

  @Benchmark
  public int quantise() {
    try (NDManager scratch = manager.newSubManager()) {
      return graph.run(scratch, "quantise", states).length;
    }
  }
}
