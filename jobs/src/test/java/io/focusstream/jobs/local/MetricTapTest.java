package io.focusstream.jobs.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.apache.flink.metrics.MetricConfig;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.SimpleCounter;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.junit.jupiter.api.Test;

class MetricTapTest {
  private static MetricGroup group(String scope, String operator) {
    return new UnregisteredMetricsGroup() {
      @Override
      public String getMetricIdentifier(String name) {
        return scope + "." + name;
      }

      @Override
      public Map<String, String> getAllVariables() {
        return Map.of("<operator_name>", operator);
      }
    };
  }

  @Test
  void metricsAreFoundByTheirNameOrByTheirGroupsToo() {
    MetricTap tap = (MetricTap) new MetricTap.Factory().createMetricReporter(null);
    tap.open(new MetricConfig());
    SimpleCounter one = new SimpleCounter();
    SimpleCounter two = new SimpleCounter();
    SimpleCounter other = new SimpleCounter();
    one.inc(3);
    two.inc(4);
    other.inc(50);
    tap.notifyOfAddedMetric(one, "nextOffset", group("host.job.topic.a.partition.0", "read"));
    tap.notifyOfAddedMetric(two, "nextOffset", group("host.job.topic.b.partition.0", "read"));
    tap.notifyOfAddedMetric(other, "offset", group("host.job", "focus"));

    assertEquals(7, MetricTap.sum("nextOffset", "read").orElseThrow());
    assertEquals(4, MetricTap.max("nextOffset").orElseThrow());
    assertEquals(3, MetricTap.sum("topic.a.partition.0.nextOffset", null).orElseThrow());
    assertTrue(MetricTap.sum("nextOffset", "focus").isEmpty());
    assertEquals(50, MetricTap.sum("offset", null).orElseThrow(), "no part of another's name");

    tap.notifyOfRemovedMetric(two, "nextOffset", group("host.job.topic.b.partition.0", "read"));
    assertEquals(3, MetricTap.sum("nextOffset", "read").orElseThrow());
    tap.close();
    assertTrue(MetricTap.sum("nextOffset", null).isEmpty());
  }
}
