package io.focusstream.jobs.training.data;

import java.util.List;

/** Ways to ask, most common ones more than once. */
final class QuestionForms {
  /** What is the field {@code {f}} of the thing {@code {k}}. */
  static final List<String> FIELD_OF_KEY =
      List.of(
          "What is the {f} of {k}?",
          "What is the {f} of {k}?",
          "what is the {f} of {k}",
          "What was the {f} of {k}?",
          "What is the {f} for {k}?",
          "{f} of {k}",
          "{f} of {k}?",
          "{f} for {k}",
          "{k} {f}",
          "{k} {f}?",
          "{k} {f}=",
          "{k} {f}:",
          "{f} {k}",
          "{f} {k}?",
          "Which {f} has {k}?",
          "Which {f} does {k} have?",
          "what {f} does {k} have",
          "What {f} did {k} have?",
          "what's the {f} of {k}?",
          "What is {k}'s {f}?",
          "tell me the {f} of {k}",
          "Tell me the {f} for {k}.",
          "give me the {f} of {k}",
          "find the {f} of {k}",
          "show {f} for {k}",
          "get {f} of {k}",
          "look up the {f} of {k}",
          "I need the {f} of {k}",
          "which {f} was logged for {k}?",
          "What {f} was reported for {k}?",
          "{k}: what is the {f}?",
          "For {k}, what is the {f}?",
          "for {k} what was the {f}",
          "Can you tell me the {f} of {k}?",
          "Do you know the {f} of {k}?",
          "what {f} for {k}",
          "Which {f} is given for {k}?",
          "Name the {f} of {k}.",
          "{k} has which {f}?",
          "{k} -> {f}",
          "the {f} of {k}",
          "the {f} of {k} is",
          "The {f} for {k} is",
          "what is {f} of {k}",
          "What {f} belongs to {k}?",
          "Say the {f} of {k}.");

  /** Which {@code {n}} has the value {@code {v}} in the field {@code {f}}. */
  static final List<String> KEY_OF_FIELD =
      List.of(
          "Which {n} has {f} {v}?",
          "which {n} had {f} {v}",
          "{n} with {f} {v}",
          "What {n} has {f} {v}?",
          "find the {n} with {f} {v}",
          "Which {n} was it that had {f} {v}?",
          "{f} {v} is of which {n}?",
          "whose {f} is {v}",
          "{n} where {f} is {v}",
          "{f}={v} {n}",
          "which {n} has {v}",
          "{v} {n}?");

  /** What the field is now, of something that is set again and again. */
  static final List<String> LATEST =
      List.of(
          "What is the current {f} of {k}?",
          "current {f} of {k}",
          "latest {f} of {k}",
          "{k} {f} now",
          "What is the latest {f} of {k}?",
          "what is {k}'s {f} now",
          "last {f} of {k}",
          "the {f} of {k} now",
          "What is the last {f} of {k}?",
          "most recent {f} of {k}",
          "what {f} does {k} have now?");

  /** The line that mentions the thing. */
  static final List<String> LINE_WITH =
      List.of(
          "line with {k}",
          "show the line about {k}",
          "which line mentions {k}",
          "Show the line with {k}.",
          "find the line with {k}",
          "What does the line about {k} say?",
          "line about {k}",
          "grep {k}");

  /** All values of one thing, or of several. */
  static final List<String> ALL_VALUES =
      List.of(
          "What are all the special magic numbers for {k} mentioned in the provided text?",
          "What are all the special magic numbers for {k} mentioned in the provided text?",
          "What are all the special magic numbers for {k}?",
          "all magic numbers for {k}");

  /** All variables that a value reaches. */
  static final List<String> ASSIGNED =
      List.of(
          "Find all variables that are assigned the value {k} in the text above.",
          "Find all variables that are assigned the value {k} in the text above.",
          "Which variables are assigned the value {k}?");

  private QuestionForms() {}
}
