package io.focusstream.jobs.kafka;

import io.focusstream.schemas.Query;
import io.focusstream.schemas.QueryCodec;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.metrics.Counter;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;

/**
 * Kafka records to questions. Poison records go to the side output {@link DeadLetters#TAG} and are
 * counted as {@value DeadLetters#METRIC}; they never fail the job. Not keyed, no state.
 */
public final class ParseQueries extends ProcessFunction<RawRecord, Query> {
  private static final long serialVersionUID = 1L;

  private transient Counter deadLetters;

  /** The question's own time, or the record's where it can't be read. */
  public static long timestampMillis(RawRecord record) {
    try {
      return decode(record).timestampMillis();
    } catch (IllegalArgumentException e) {
      return record.timestampMillisOrZero();
    }
  }

  private static Query decode(RawRecord record) {
    return QueryCodec.decode(record.value(), record.position(), record.timestampMillisOrZero());
  }

  @Override
  public void open(OpenContext context) {
    deadLetters = getRuntimeContext().getMetricGroup().counter(DeadLetters.METRIC);
  }

  @Override
  public void processElement(RawRecord record, Context context, Collector<Query> out) {
    Query query;
    try {
      query = decode(record);
    } catch (IllegalArgumentException e) {
      deadLetters.inc();
      context.output(DeadLetters.TAG, record.deadLetter(e.getMessage()));
      return;
    }
    out.collect(query);
  }
}
