package io.focusstream.jobs.kafka;

import io.focusstream.schemas.Event;
import java.util.Objects;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.metrics.Counter;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;

/**
 * Kafka records to events. Poison records go to the side output {@link DeadLetters#TAG} and are
 * counted as {@value DeadLetters#METRIC}; they never fail the job. Not keyed, no state.
 */
public final class ParseEvents extends ProcessFunction<RawRecord, Event> {
  private static final long serialVersionUID = 1L;

  /** Counter: records that were read. Scope: this operator. */
  public static final String METRIC = "parsedEvents";

  private final EventParser parser;
  private transient Counter parsed;
  private transient Counter deadLetters;

  public ParseEvents(EventParser parser) {
    this.parser = Objects.requireNonNull(parser, "parser");
  }

  @Override
  public void open(OpenContext context) {
    parsed = getRuntimeContext().getMetricGroup().counter(METRIC);
    deadLetters = getRuntimeContext().getMetricGroup().counter(DeadLetters.METRIC);
  }

  @Override
  public void processElement(RawRecord record, Context context, Collector<Event> out) {
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
}
