package io.focusstream.jobs.kafka;

import io.focusstream.operators.stream.PrepareQuestions;
import io.focusstream.operators.stream.StreamTypes;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.Query;
import io.focusstream.schemas.QueryCodec;
import io.focusstream.schemas.RecordFormatException;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.metrics.Counter;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/**
 * Kafka records to questions. Poison records go to the side output {@link DeadLetters#TAG} and are
 * counted as {@value DeadLetters#METRIC}; they never fail the job. One that says who asks what, and
 * has a value that can't be taken, is no dead letter: its answer goes to {@link #REJECTED}, and is
 * counted as {@value PrepareQuestions#REJECTED_METRIC}. Not keyed, no state.
 */
public final class ParseQueries extends ProcessFunction<RawRecord, Query> {
  private static final long serialVersionUID = 1L;

  /** Side output of the answers to questions with a value that can't be taken. */
  public static final OutputTag<Answer> REJECTED =
      new OutputTag<>("rejected-records", StreamTypes.ANSWER);

  private transient Counter deadLetters;
  private transient Counter rejected;

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
    rejected = getRuntimeContext().getMetricGroup().counter(PrepareQuestions.REJECTED_METRIC);
  }

  @Override
  public void processElement(RawRecord record, Context context, Collector<Query> out) {
    Query query;
    try {
      query = decode(record);
    } catch (RecordFormatException e) {
      if (e.answer().isPresent()) {
        rejected.inc();
        context.output(REJECTED, e.answer().get());
        return;
      }
      deadLetters.inc();
      context.output(DeadLetters.TAG, record.deadLetter(e.getMessage()));
      return;
    }
    out.collect(query);
  }
}
