package io.focusstream.operators.engine;

import java.util.ArrayDeque;
import java.util.List;

/** The sizes of an engine's last batches. Safe for use by many threads. */
public final class RecentBatches {
  private final ArrayDeque<BatchSize> sizes = new ArrayDeque<>();
  private final int most;

  /**
   * @param most batches that are remembered, at least 1
   * @throws IllegalArgumentException where it is less
   */
  public RecentBatches(int most) {
    if (most < 1) {
      throw new IllegalArgumentException("most must be at least 1; got " + most);
    }
    this.most = most;
  }

  /** One more batch; the oldest is forgotten where there are too many. */
  public synchronized void add(BatchSize size) {
    if (sizes.size() == most) {
      sizes.remove();
    }
    sizes.add(size);
  }

  /** A copy, oldest first. */
  public synchronized List<BatchSize> sizes() {
    return List.copyOf(sizes);
  }
}
