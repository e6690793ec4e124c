package io.focusstream.jobs.topology;

import io.focusstream.jobs.kafka.RawRecord;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkOutput;

/**
 * A partition's watermark: behind its newest time by a bounded amount, and where it has given
 * nothing for a while, behind the clock. So the last question of a quiet topic is answered too,
 * which no watermark that waits for a later record could do. The time during which the source was
 * blocked by back-pressure doesn't count as quiet.
 */
final class ClockedWatermarks implements WatermarkGenerator<RawRecord> {
  private final long outOfOrdernessMillis;
  private final Duration idleAfter;
  private final LongSupplier activeNanos;
  private final LongSupplier clockMillis;
  private long newest = Long.MIN_VALUE;
  private long watermark = Long.MIN_VALUE;
  private long lastRecordNanos;

  /**
   * @param activeNanos stands still while the source is blocked
   * @param clockMillis milliseconds since the epoch
   */
  ClockedWatermarks(
      Duration outOfOrderness,
      Duration idleAfter,
      LongSupplier activeNanos,
      LongSupplier clockMillis) {
    this.outOfOrdernessMillis = outOfOrderness.toMillis();
    this.idleAfter = idleAfter;
    this.activeNanos = activeNanos;
    this.clockMillis = clockMillis;
    this.lastRecordNanos = activeNanos.getAsLong();
  }

  @Override
  public void onEvent(RawRecord record, long timestampMillis, WatermarkOutput output) {
    newest = Math.max(newest, timestampMillis);
    lastRecordNanos = activeNanos.getAsLong();
  }

  @Override
  public void onPeriodicEmit(WatermarkOutput output) {
    boolean idle = activeNanos.getAsLong() - lastRecordNanos >= idleAfter.toNanos();
    if (idle) {
      advance(clockMillis.getAsLong() - idleAfter.toMillis() - outOfOrdernessMillis);
    } else if (newest != Long.MIN_VALUE) {
      advance(newest - outOfOrdernessMillis - 1);
    }
    if (watermark != Long.MIN_VALUE) {
      output.emitWatermark(new Watermark(watermark));
    }
  }

  private void advance(long to) {
    watermark = Math.max(watermark, to);
  }
}
