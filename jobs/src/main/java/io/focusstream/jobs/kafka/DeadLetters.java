package io.focusstream.jobs.kafka;

import io.focusstream.operators.stream.StreamTypes;
import io.focusstream.schemas.DeadLetter;
import org.apache.flink.util.OutputTag;

/** The side output of records that could not be read, and its metric. */
public final class DeadLetters {
  /** Side output of both parsers. */
  public static final OutputTag<DeadLetter> TAG =
      new OutputTag<>("dead-letters", StreamTypes.DEAD_LETTER);

  /** Counter: records that could not be read. Scope: the parsing operator. */
  public static final String METRIC = "deadLetters";

  private DeadLetters() {}
}
