package io.focusstream.operators.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.operators.testing.FakeEngine;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.Metric;
import org.junit.jupiter.api.Test;

/** Every metric that has a name is registered, and every one that is registered is written down. */
class FocusMetricsTest {
  private static final Path PAGE = Path.of("../docs/metrics.md");

  /** The names of all metrics of the operator. */
  static List<String> names() throws IllegalAccessException {
    List<String> names = new ArrayList<>();
    for (Field field : FocusMetrics.class.getFields()) {
      if (Modifier.isStatic(field.getModifiers()) && !field.getName().equals("GROUP")) {
        names.add((String) field.get(null));
      }
    }
    return names;
  }

  private static String kind(Metric metric) {
    return metric instanceof Counter
        ? "counter"
        : metric instanceof Histogram ? "histogram" : metric instanceof Gauge ? "gauge" : "?";
  }

  @Test
  void allAreRegisteredUnderTheirGroup() throws Exception {
    try (FocusHarness harness = FocusHarness.start(SettingsFixture.small(), FakeEngine.manual())) {
      assertTrue(harness.metrics().keySet().containsAll(names()), harness.metrics().toString());
    }
  }

  @Test
  void thePageNamesAllWithTheirKind() throws Exception {
    Set<String> rows = new TreeSet<>();
    try (FocusHarness harness = FocusHarness.start(SettingsFixture.small(), FakeEngine.manual())) {
      for (String name : names()) {
        rows.add("| `" + name + "` | " + kind(harness.metrics().get(name)) + " |");
      }
    }
    Set<String> written = new TreeSet<>();
    for (String line : Files.readAllLines(PAGE)) {
      if (line.startsWith("| `")) {
        written.add(line.substring(0, line.indexOf("|", line.indexOf("|", 2) + 1) + 1));
      }
    }
    assertEquals(rows, written);
  }
}
