package io.focusstream.jobs.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.focusstream.jobs.kafka.RawRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkGeneratorSupplier;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.util.clock.ManualClock;
import org.apache.flink.util.clock.RelativeClock;
import org.junit.jupiter.api.Test;

class ReaderWatermarksTest {
  private final ManualClock clock = new ManualClock();
  private final List<String> said = new ArrayList<>();
  private final ReaderWatermarks watermarks =
      new ReaderWatermarks(Duration.ofMillis(50), Duration.ofMillis(200));

  private final WatermarkOutput output =
      new WatermarkOutput() {
        @Override
        public void emitWatermark(Watermark watermark) {
          said.add("watermark");
        }

        @Override
        public void markIdle() {
          said.add("idle");
        }

        @Override
        public void markActive() {
          said.add("active");
        }
      };

  private WatermarkGenerator<RawRecord> make() {
    return watermarks.createWatermarkGenerator(
        new WatermarkGeneratorSupplier.Context() {
          @Override
          public MetricGroup getMetricGroup() {
            return new UnregisteredMetricsGroup();
          }

          @Override
          public RelativeClock getInputActivityClock() {
            return clock;
          }
        });
  }

  @Test
  void theReadersOwnOutputNeverFollowsTheClock() {
    WatermarkGenerator<RawRecord> own = make();
    clock.advanceTime(ReaderWatermarks.NO_PARTITION_AFTER.toMillis() - 1, TimeUnit.MILLISECONDS);
    own.onPeriodicEmit(output);
    assertEquals(List.of(), said);
    clock.advanceTime(1, TimeUnit.MILLISECONDS);
    own.onPeriodicEmit(output);
    assertEquals(List.of("idle"), said);
  }

  @Test
  void eachPartitionDoes() {
    make();
    for (int partition = 0; partition < 2; partition++) {
      WatermarkGenerator<RawRecord> own = assertInstanceOf(ClockedWatermarks.class, make());
      clock.advanceTime(200, TimeUnit.MILLISECONDS);
      own.onPeriodicEmit(output);
    }
    assertEquals(List.of("watermark", "watermark"), said);
  }
}
