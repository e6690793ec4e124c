package io.focusstream.operators.config;

import java.time.Duration;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;

/** Limits of a question and its answer. */
public final class AskOptions {
  /** Most tokens of a laid-out question. */
  public static final ConfigOption<Integer> MAX_QUESTION_TOKENS =
      ConfigOptions.key("focus.ask.max-question-tokens")
          .intType()
          .defaultValue(128)
          .withDescription(
              "Most tokens of a question as the model reads it, in [4, 4096]. It is the dynamic prompt"
                  + " that every chunk is continued with, so it decides what a question costs. Longer"
                  + " questions are answered with REJECTED.");

  /** Most tokens of an answer. */
  public static final ConfigOption<Integer> MAX_ANSWER_TOKENS =
      ConfigOptions.key("focus.ask.max-answer-tokens")
          .intType()
          .defaultValue(32)
          .withDescription(
              "Most tokens of an answer, in [1, 4096]: what questions get that don't say, and the most"
                  + " that others may want. Those that want more are answered with REJECTED.");

  /** Which events of its stream a question sees. */
  public static final ConfigOption<Consistency> CONSISTENCY =
      ConfigOptions.key("focus.ask.consistency")
          .enumType(Consistency.class)
          .defaultValue(Consistency.ARRIVAL)
          .withDescription(
              "Which events of its stream a question sees. `arrival`: those that reached the operator"
                  + " before it; it is answered at once. `event-time`: those whose time is not after its"
                  + " own, in the order of their times; it waits for the watermark, and another run over"
                  + " the same topics gives the same answers. Events that come after the watermark has"
                  + " passed their time are late: they join the stream as they come, and are counted.");

  /** How far event times may go back. */
  public static final ConfigOption<Duration> OUT_OF_ORDERNESS =
      ConfigOptions.key("focus.ask.event-time.out-of-orderness")
          .durationType()
          .defaultValue(Duration.ofSeconds(1))
          .withDescription(
              "Event time only: how far behind the newest time of its partition an event may be and still"
                  + " be in time. An answer waits that long.");

  /** When a partition without records stops holding the others up. */
  public static final ConfigOption<Duration> IDLE_AFTER =
      ConfigOptions.key("focus.ask.event-time.idle-after")
          .durationType()
          .defaultValue(Duration.ofSeconds(2))
          .withDescription(
              "Event time only: a partition that gave no record for that long, back-pressure aside, holds"
                  + " no question up: its watermark follows the clock from then on.");

  /** Deadline of questions that give none. */
  public static final ConfigOption<Duration> DEADLINE =
      ConfigOptions.key("focus.ask.deadline")
          .durationType()
          .defaultValue(Duration.ZERO)
          .withDescription(
              "Longest time from a question's arrival to its answer, up to 1 d, where the question"
                  + " gives none; then it is answered with EXPIRED. 0 s: any time.");

  /** Most questions of a stream that wait. */
  public static final ConfigOption<Integer> MAX_PENDING =
      ConfigOptions.key("focus.ask.max-pending")
          .intType()
          .defaultValue(256)
          .withDescription(
              "Most questions of one stream that are accepted, or wait for their time, and are not"
                  + " answered, in [1, 65536]. Further ones are answered with REJECTED.");

  /** Most standing questions of a stream. */
  public static final ConfigOption<Integer> MAX_STANDING =
      ConfigOptions.key("focus.ask.max-standing")
          .intType()
          .defaultValue(16)
          .withDescription(
              "Most standing questions of one stream, in [0, 1024]: each is asked of every new chunk."
                  + " Further ones are answered with REJECTED.");

  /** Most streams that a question by prefix is asked of. */
  public static final ConfigOption<Integer> MAX_STREAMS =
      ConfigOptions.key("focus.ask.max-streams")
          .intType()
          .defaultValue(256)
          .withDescription(
              "Most streams of one subtask that a question by prefix is asked of, or described by"
                  + " `focus streams`, in [1, 1000]. Where more match it is answered with REJECTED and"
                  + " none is asked.");

  /** Most chunks that a question is asked of. */
  public static final ConfigOption<Integer> PREFILTER_CHUNKS =
      ConfigOptions.key("focus.ask.prefilter-chunks")
          .intType()
          .defaultValue(0)
          .withDescription(
              "Most chunks that a question is asked of, in [0, 1000000]: those that share most words with"
                  + " it, rare words before common ones, newer chunks before older. 0: all chunks. Cheap"
                  + " and blind to meaning: for streams of millions of tokens whose questions name what"
                  + " they are about.");

  private AskOptions() {}
}
