package io.focusstream.jobs.local;

import java.util.Map;
import java.util.OptionalDouble;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.DoubleBinaryOperator;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ConfigurationUtils;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Meter;
import org.apache.flink.metrics.Metric;
import org.apache.flink.metrics.MetricConfig;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.reporter.MetricReporter;
import org.apache.flink.metrics.reporter.MetricReporterFactory;

/**
 * Flink's metrics, read from inside the JVM. Flink makes its reporters itself, by name, so that
 * what they hear of is kept per process.
 */
public final class MetricTap implements MetricReporter {
  /** By the last part of their identifiers: there are thousands, and a few are asked for often. */
  private static final Map<String, Map<Metric, Named>> METRICS = new ConcurrentHashMap<>();

  /** Made by {@link Factory} only. */
  private MetricTap() {}

  /** Has a cluster report here. */
  static void configure(Configuration configuration) {
    configuration.addAll(
        ConfigurationUtils.createConfiguration(
            properties("metrics.reporter.tap.factory.class", Factory.class.getName())));
  }

  /**
   * The sum of a metric (counter, gauge or a meter's count) over all operators and subtasks that
   * have it; empty where none has.
   *
   * @param name the metric's name, for example {@code numRecordsIn}, or with its groups {@code
   *     KafkaSourceReader.topic.events.partition.0.currentOffset}
   * @param operatorName of these operators only; {@code null} takes all
   */
  public static OptionalDouble sum(String name, String operatorName) {
    return reduce(name, operatorName, Double::sum);
  }

  /** As {@link #sum(String, String)} over all operators, but the largest. */
  public static OptionalDouble max(String name) {
    return reduce(name, null, Math::max);
  }

  private static OptionalDouble reduce(
      String name, String operatorName, DoubleBinaryOperator operator) {
    return METRICS.getOrDefault(lastPart(name), Map.of()).entrySet().stream()
        .filter(entry -> entry.getValue().is(name, operatorName))
        .map(entry -> value(entry.getKey()))
        .flatMapToDouble(OptionalDouble::stream)
        .reduce(operator);
  }

  private static OptionalDouble value(Metric metric) {
    if (metric instanceof Counter counter) {
      return OptionalDouble.of(counter.getCount());
    }
    if (metric instanceof Meter meter) {
      return OptionalDouble.of(meter.getCount());
    }
    if (metric instanceof Gauge<?> gauge && gauge.getValue() instanceof Number number) {
      return OptionalDouble.of(number.doubleValue());
    }
    return OptionalDouble.empty();
  }

  @Override
  public void open(MetricConfig config) {
    METRICS.clear();
  }

  @Override
  public void close() {
    METRICS.clear();
  }

  @Override
  public void notifyOfAddedMetric(Metric metric, String name, MetricGroup group) {
    String identifier = group.getMetricIdentifier(name);
    METRICS
        .computeIfAbsent(lastPart(identifier), part -> new ConcurrentHashMap<>())
        .put(metric, new Named(name, identifier, Map.copyOf(group.getAllVariables())));
  }

  @Override
  public void notifyOfRemovedMetric(Metric metric, String name, MetricGroup group) {
    METRICS
        .getOrDefault(lastPart(group.getMetricIdentifier(name)), new ConcurrentHashMap<>())
        .remove(metric);
  }

  private static String lastPart(String name) {
    return name.substring(name.lastIndexOf('.') + 1);
  }

  private static Properties properties(String key, String value) {
    Properties p = new Properties();
    p.setProperty(key, value);
    return p;
  }

  private record Named(String name, String identifier, Map<String, String> variables) {
    boolean is(String wanted, String operatorName) {
      return (name.equals(wanted) || identifier.endsWith("." + wanted))
          && (operatorName == null || operatorName.equals(variables.get("<operator_name>")));
    }
  }

  /** Found by Flink through {@code META-INF/services}. */
  public static final class Factory implements MetricReporterFactory {
    @Override
    public MetricReporter createMetricReporter(Properties properties) {
      return new MetricTap();
    }
  }
}
