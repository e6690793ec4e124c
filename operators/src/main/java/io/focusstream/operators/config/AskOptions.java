package io.focusstream.operators.config;

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

  /** Most tokens of an answer where the question doesn't say. */
  public static final ConfigOption<Integer> MAX_ANSWER_TOKENS =
      ConfigOptions.key("focus.ask.max-answer-tokens")
          .intType()
          .defaultValue(32)
          .withDescription(
              "Most tokens of an answer, in [1, 4096]: the default for questions that don't say, and a"
                  + " cap for those that do.");

  private AskOptions() {}
}
