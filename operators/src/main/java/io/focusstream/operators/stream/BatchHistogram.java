package io.focusstream.operators.stream;

import io.focusstream.operators.engine.BatchSize;
import io.focusstream.operators.engine.CondensingEngine;
import java.util.List;
import java.util.function.ToLongFunction;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.HistogramStatistics;
import org.apache.flink.runtime.metrics.DescriptiveStatisticsHistogram;

/**
 * A histogram of what the engine remembers of its last batches: it is the engine that counts, and
 * all subtasks that share it show the same. For any thread.
 */
final class BatchHistogram implements Histogram {
  private final CondensingEngine engine;
  private final ToLongFunction<BatchSize> size;

  BatchHistogram(CondensingEngine engine, ToLongFunction<BatchSize> size) {
    this.engine = engine;
    this.size = size;
  }

  /**
   * Never called: the engine's batches are what it shows.
   *
   * @throws UnsupportedOperationException always
   */
  @Override
  public void update(long value) {
    throw new UnsupportedOperationException("the engine's batches are counted by the engine");
  }

  @Override
  public long getCount() {
    return engine.stats().condensedBatches();
  }

  @Override
  public HistogramStatistics getStatistics() {
    List<BatchSize> batches = engine.recentBatches();
    DescriptiveStatisticsHistogram sizes =
        new DescriptiveStatisticsHistogram(Math.max(1, batches.size()));
    batches.forEach(batch -> sizes.update(size.applyAsLong(batch)));
    return sizes.getStatistics();
  }
}
