package io.focusstream.jobs.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.junit.jupiter.api.Test;

class ClockedWatermarksTest {
  private final AtomicLong activeNanos = new AtomicLong();
  private final AtomicLong clockMillis = new AtomicLong(100_000);
  private final ClockedWatermarks watermarks =
      new ClockedWatermarks(
          Duration.ofMillis(50), Duration.ofMillis(200), activeNanos::get, clockMillis::get);
  private long emitted = Long.MIN_VALUE;
  private final WatermarkOutput output =
      new WatermarkOutput() {
        @Override
        public void emitWatermark(Watermark watermark) {
          emitted = watermark.getTimestamp();
        }

        @Override
        public void markIdle() {}

        @Override
        public void markActive() {}
      };

  private void pass(long millis) {
    activeNanos.addAndGet(millis * 1_000_000);
    clockMillis.addAndGet(millis);
    watermarks.onPeriodicEmit(output);
  }

  private void event(long timestampMillis) {
    watermarks.onEvent(null, timestampMillis, output);
  }

  @Test
  void itStaysBehindTheNewestRecord() {
    pass(10);
    assertEquals(Long.MIN_VALUE, emitted);
    event(5_000);
    event(4_000);
    pass(10);
    assertEquals(4_949, emitted);
  }

  @Test
  void aQuietPartitionFollowsTheClock() {
    event(100_000);
    pass(199);
    assertEquals(99_949, emitted);
    pass(1);
    assertEquals(100_200 - 250, emitted);
    pass(51);
    assertEquals(100_001, emitted);
  }

  @Test
  void itNeverGoesBack() {
    event(100_000);
    pass(1_000);
    long quiet = emitted;
    event(90_000);
    pass(10);
    assertEquals(quiet, emitted);
  }

  @Test
  void timeInBackPressureIsNotQuiet() {
    event(5_000);
    clockMillis.addAndGet(60_000);
    pass(10);
    assertEquals(4_949, emitted);
  }
}
