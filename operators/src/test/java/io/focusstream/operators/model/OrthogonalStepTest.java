package io.focusstream.operators.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code orthogonal} in the graph makes of a gradient. */
class OrthogonalStepTest {
  @ParameterizedTest
  @CsvSource({"16,48", "48,16", "32,32"})
  void allDirectionsCountAboutAlike(int rows, int columns) {
    SplittableRandom random = new SplittableRandom(1);
    float[] numbers = new float[rows * columns];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = (float) (1e-3 * random.nextGaussian());
    }
    try (NDManager manager = FocusGraph.engine().newBaseManager(Device.cpu());
        FocusGraph graph = new FocusGraph(manager)) {
      NDArray gradient = manager.create(numbers, new Shape(rows, columns));
      NDArray step = graph.run(manager, "orthogonal", gradient)[0];
      assertEquals(gradient.getShape(), step.getShape());
      // the squares of the singular values sum to the squares of the numbers
      int least = Math.min(rows, columns);
      assertEquals(least, step.square().sum().getFloat(), 0.35 * least);
      // and it goes where the gradient goes: their product sums up the gradient's singular values,
      // at least its norm
      double along = step.mul(gradient).sum().getFloat();
      assertTrue(along > gradient.norm().getFloat(), "along the gradient " + along);
    }
  }
}
