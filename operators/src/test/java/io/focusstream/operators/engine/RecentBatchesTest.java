package io.focusstream.operators.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class RecentBatchesTest {
  @Test
  void theOldestIsForgottenFirst() {
    RecentBatches recent = new RecentBatches(2);
    assertEquals(List.of(), recent.sizes());
    for (int chunks = 1; chunks <= 3; chunks++) {
      recent.add(new BatchSize(chunks, 100 * chunks));
    }
    assertEquals(List.of(new BatchSize(2, 200), new BatchSize(3, 300)), recent.sizes());
  }

  @Test
  void nothingToRememberIsRefused() {
    assertEquals(
        "most must be at least 1; got 0",
        assertThrows(IllegalArgumentException.class, () -> new RecentBatches(0)).getMessage());
  }
}
