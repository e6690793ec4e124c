package io.focusstream.operators.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class PackedProductsTest {
  private static final int IN = 48;
  private static final int OUT = 80;

  private static NDArray[] packed(FocusGraph graph, NDManager manager, List<NDArray> arrays) {
    return graph.run(manager, "pack", arrays, manager.create(new long[] {256}));
  }

  private static float[] product(FocusGraph graph, NDManager manager, NDArray x, NDArray w) {
    return graph.run(manager, "product", x, w)[0].toFloatArray();
  }

  @Test
  void aPackedMatrixGivesTheSameProductsForAnyRows() {
    Assumptions.assumeTrue(GraphArchive.oneDnn(), "no oneDNN for this processor");
    try (NDManager manager = FocusGraph.engine().newBaseManager(Device.cpu());
        FocusGraph graph = new FocusGraph(manager)) {
      NDArray embedding = manager.randomNormal(new Shape(3, IN));
      NDArray norm = manager.randomNormal(new Shape(IN));
      NDArray matrix = manager.randomNormal(new Shape(OUT, IN));
      NDArray[] out = packed(graph, manager, List.of(embedding, norm, matrix));

      assertArrayEquals(embedding.toFloatArray(), out[0].toFloatArray(), "stays as it is");
      assertArrayEquals(norm.toFloatArray(), out[1].toFloatArray(), "stays as it is");
      for (int rows : new int[] {1, 2, 7, 64, 300}) {
        NDArray x = manager.randomNormal(new Shape(rows, IN));
        assertArrayEquals(
            product(graph, manager, x, matrix),
            product(graph, manager, x, out[2]),
            1e-4f,
            rows + " rows");
      }
    }
  }

  /** As the library's own product does, which asks the same processor, but for the last digit. */
  @Test
  void bfloat16MatricesArePackedWhereTheProcessorHasIt() {
    Assumptions.assumeTrue(
        GraphArchive.oneDnn(Precision.BFLOAT16), "no bfloat16 products in this processor");
    try (NDManager manager = FocusGraph.engine().newBaseManager(Device.cpu());
        FocusGraph graph = new FocusGraph(manager)) {
      NDArray bfloat16 = manager.create(new long[] {15});
      NDArray float32 = manager.create(new long[] {6});
      NDArray matrix =
          graph
              .run(manager, "cast", List.of(manager.randomNormal(new Shape(OUT, IN))), bfloat16)[0];
      NDArray packed = packed(graph, manager, List.of(matrix, matrix))[1];
      for (int rows : new int[] {1, 2, 7, 64, 300}) {
        NDArray x =
            graph
                .run(manager, "cast", List.of(manager.randomNormal(new Shape(rows, IN))), bfloat16)[
                0];
        List<NDArray> both =
            List.of(
                graph.run(manager, "product", x, matrix)[0],
                graph.run(manager, "product", x, packed)[0]);
        NDArray[] wide = graph.run(manager, "cast", both, float32);
        assertArrayEquals(
            wide[0].toFloatArray(), wide[1].toFloatArray(), 0.15f, rows + " rows, values of 7");
      }
    }
  }

  @Test
  void theGraphLoadsWhereOneDnnIsMissingAndThenPackingCopies() {
    byte[] archive = GraphArchive.pack(false);
    assertFalse(new String(archive, StandardCharsets.UTF_8).contains("mkldnn._"));
    assertTrue(new String(GraphArchive.pack(true), StandardCharsets.UTF_8).contains("mkldnn._"));
    try (NDManager manager = FocusGraph.engine().newBaseManager(Device.cpu());
        FocusGraph graph = new FocusGraph(manager, archive)) {
      NDArray matrix = manager.randomNormal(new Shape(OUT, IN));
      NDArray x = manager.randomNormal(new Shape(5, IN));
      NDArray[] out = packed(graph, manager, List.of(matrix, matrix));

      assertEquals(new Shape(OUT, IN), out[1].getShape());
      assertArrayEquals(product(graph, manager, x, matrix), product(graph, manager, x, out[1]), 0f);
    }
  }
}
