package io.focusstream.jobs.kafka;

import io.focusstream.schemas.Event;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;

/**
 * Kafka records to events. Poison records go to the side output {@link DeadLetters#TAG} and are
 * counted as {@value DeadLetters#METRIC}; they never fail the job.
 *
 * <p>Not keyed. Operator state (union list): topic, partition and the offset after the last record
 * that was read, so that {@value #NEXT_OFFSET} is right from the first moment after a restore,
 * before any record comes.
 */
public final class ParseEvents extends ProcessFunction<RawRecord, Event>
    implements CheckpointedFunction {
  private static final long serialVersionUID = 1L;

  /** Counter: records that were read. Scope: this operator. */
  public static final String METRIC = "parsedEvents";

  /**
   * Gauge: the offset after the last record that was read. Scope: this operator, then {@code
   * topic.<topic>.partition.<partition>}.
   */
  public static final String NEXT_OFFSET = "nextOffset";

  private final EventParser parser;
  private transient Counter parsed;
  private transient Counter deadLetters;
  private transient Map<String, Map<Integer, NextOffset>> nextOffsets;
  private transient ListState<Tuple3<String, Integer, Long>> state;

  public ParseEvents(EventParser parser) {
    this.parser = Objects.requireNonNull(parser, "parser");
  }

  /** The name of a partition's {@value #NEXT_OFFSET}, with its groups. */
  public static String nextOffsetMetric(String topic, int partition) {
    return "topic." + topic + ".partition." + partition + "." + NEXT_OFFSET;
  }

  @Override
  public void initializeState(FunctionInitializationContext context) throws Exception {
    nextOffsets = new HashMap<>();
    state =
        context
            .getOperatorStateStore()
            .getUnionListState(
                new ListStateDescriptor<>(
                    "next-offsets", Types.TUPLE(Types.STRING, Types.INT, Types.LONG)));
    for (Tuple3<String, Integer, Long> entry : state.get()) {
      NextOffset next = nextOffset(entry.f0, entry.f1);
      next.value = Math.max(next.value, entry.f2);
    }
  }

  @Override
  public void snapshotState(FunctionSnapshotContext context) throws Exception {
    state.clear();
    for (Map.Entry<String, Map<Integer, NextOffset>> topic : nextOffsets.entrySet()) {
      for (Map.Entry<Integer, NextOffset> partition : topic.getValue().entrySet()) {
        state.add(Tuple3.of(topic.getKey(), partition.getKey(), partition.getValue().value));
      }
    }
  }

  @Override
  public void open(OpenContext context) {
    parsed = getRuntimeContext().getMetricGroup().counter(METRIC);
    deadLetters = getRuntimeContext().getMetricGroup().counter(DeadLetters.METRIC);
  }

  @Override
  public void processElement(RawRecord record, Context context, Collector<Event> out) {
    nextOffset(record.topic(), record.partition()).value = record.offset() + 1;
    Event event;
    try {
      event = parser.parse(record);
    } catch (IllegalArgumentException e) {
      deadLetters.inc();
      context.output(DeadLetters.TAG, record.deadLetter(e.getMessage()));
      return;
    }
    parsed.inc();
    out.collect(event);
  }

  private NextOffset nextOffset(String topic, int partition) {
    return nextOffsets
        .computeIfAbsent(topic, name -> new HashMap<>())
        .computeIfAbsent(
            partition,
            number -> {
              NextOffset next = new NextOffset();
              getRuntimeContext()
                  .getMetricGroup()
                  .addGroup("topic", topic)
                  .addGroup("partition", Integer.toString(number))
                  .gauge(NEXT_OFFSET, next);
              return next;
            });
  }

  /** Written by the task's thread, read by reporters. */
  private static final class NextOffset implements Gauge<Long> {
    private volatile long value;

    @Override
    public Long getValue() {
      return value;
    }
  }
}
