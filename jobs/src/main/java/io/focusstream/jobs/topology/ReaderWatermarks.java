package io.focusstream.jobs.topology;

import io.focusstream.jobs.kafka.RawRecord;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkGeneratorSupplier;
import org.apache.flink.api.common.eventtime.WatermarkOutput;

/**
 * Makes the watermarks of a source's reader: {@link ClockedWatermarks} for each partition.
 *
 * <p>Before those Flink asks for the ones of the reader's own output. They go past the partitions'
 * minimum, so a clock there would make late whatever the partitions have still to give. All that
 * these say is that nobody need wait for a reader that has no partition.
 */
final class ReaderWatermarks implements WatermarkGeneratorSupplier<RawRecord> {
  private static final long serialVersionUID = 1L;

  /** A reader gets its partitions when the broker has named them, which takes a while. */
  static final Duration NO_PARTITION_AFTER = Duration.ofSeconds(10);

  private final Duration outOfOrderness;
  private final Duration idleAfter;
  private transient boolean ownOutputHasThem;

  ReaderWatermarks(Duration outOfOrderness, Duration idleAfter) {
    this.outOfOrderness = outOfOrderness;
    this.idleAfter = idleAfter;
  }

  @Override
  public WatermarkGenerator<RawRecord> createWatermarkGenerator(Context context) {
    LongSupplier activeNanos = context.getInputActivityClock()::relativeTimeNanos;
    if (!ownOutputHasThem) {
      ownOutputHasThem = true;
      return new WithoutPartition(activeNanos);
    }
    return new ClockedWatermarks(outOfOrderness, idleAfter, activeNanos, System::currentTimeMillis);
  }

  /** Flink heeds it only while no partition has given a watermark. */
  private static final class WithoutPartition implements WatermarkGenerator<RawRecord> {
    private final LongSupplier activeNanos;
    private final long beginNanos;

    WithoutPartition(LongSupplier activeNanos) {
      this.activeNanos = activeNanos;
      this.beginNanos = activeNanos.getAsLong();
    }

    @Override
    public void onEvent(RawRecord record, long timestampMillis, WatermarkOutput output) {
      // records come through their partition's output
    }

    @Override
    public void onPeriodicEmit(WatermarkOutput output) {
      if (activeNanos.getAsLong() - beginNanos >= NO_PARTITION_AFTER.toNanos()) {
        output.markIdle();
      }
    }
  }
}
