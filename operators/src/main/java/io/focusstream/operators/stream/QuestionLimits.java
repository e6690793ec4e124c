package io.focusstream.operators.stream;

import io.focusstream.operators.config.AskOptions;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerStatus;

/** The answers that questions get without the model. */
final class QuestionLimits {
  private QuestionLimits() {}

  /** For a question that is longer than the model may be asked. */
  static Answer tooLong(String id, String stream, int tokens, int maxTokens) {
    return Answer.withoutModel(
        id,
        stream,
        AnswerStatus.REJECTED,
        String.format(
            "the question has %d tokens as the model reads it; at most %d are taken. Ask more briefly,"
                + " or raise %s",
            tokens, maxTokens, AskOptions.MAX_QUESTION_TOKENS.key()));
  }

  /** For a question that wants a longer answer than the job gives. */
  static Answer tooManyAnswerTokens(String id, String stream, int tokens, int maxTokens) {
    return Answer.withoutModel(
        id,
        stream,
        AnswerStatus.REJECTED,
        String.format(
            "the question wants up to %d answer tokens (maxAnswerTokens); at most %d are given. Want"
                + " fewer, or raise %s",
            tokens, maxTokens, AskOptions.MAX_ANSWER_TOKENS.key()));
  }

  /** For a question to a stream without events. */
  static Answer noData(String id, String stream) {
    return Answer.withoutModel(
        id,
        stream,
        AnswerStatus.NO_DATA,
        String.format(
            "stream '%s' has no events. Check the stream's name, or ask again when events have arrived",
            stream));
  }

  /** For a question to a stream with too many open ones. */
  static Answer tooMany(String id, String stream, int pending) {
    return Answer.withoutModel(
        id,
        stream,
        AnswerStatus.REJECTED,
        String.format(
            "stream '%s' has %d questions that wait, as many as it may (%s). Ask again later",
            stream, pending, AskOptions.MAX_PENDING.key()));
  }

  /** For a standing question to a stream with too many. */
  static Answer tooManyStanding(String id, String stream, int standing) {
    return Answer.withoutModel(
        id,
        stream,
        AnswerStatus.REJECTED,
        String.format(
            "stream '%s' has %d standing questions, as many as it may (%s). Cancel one, or raise the"
                + " option",
            stream, standing, AskOptions.MAX_STANDING.key()));
  }

  /** For a question whose time is over. */
  static Answer expired(String id, String stream, long millis) {
    return Answer.withoutModel(
        id,
        stream,
        AnswerStatus.EXPIRED,
        String.format(
            "no answer within the deadline of %d ms. Give it more time (deadlineMillis of the question,"
                + " %s), or ask when there is less to do",
            millis, AskOptions.DEADLINE.key()));
  }

  /** For a part of a question over several streams whose id is open in one of them already. */
  static Answer openAlready(String id, String stream) {
    return Answer.withoutModel(
        id,
        stream,
        AnswerStatus.REJECTED,
        String.format(
            "stream '%s' has an open question '%s' already. Ask under another id", stream, id));
  }

  /** For the question that was cancelled. */
  static Answer cancelled(String id, String stream) {
    return Answer.withoutModel(
        id, stream, AnswerStatus.CANCELLED, "cancelled on request; ask again under another id");
  }

  /** For a cancellation of nothing. */
  static Answer nothingToCancel(String id, String stream) {
    return Answer.withoutModel(
        id,
        stream,
        AnswerStatus.REJECTED,
        String.format(
            "stream '%s' has no open or standing question '%s' to cancel; it may be answered already",
            stream, id));
  }

  /** For a question that the engine could not answer. */
  static Answer failed(String id, String stream, int attempts, Throwable cause) {
    String message = cause.getMessage() == null ? cause.toString() : cause.getMessage();
    return Answer.withoutModel(
        id,
        stream,
        AnswerStatus.FAILED,
        String.format(
            "the engine failed %d times, last with: %s. Ask again; if it stays so, see the task"
                + " manager's log",
            attempts, message));
  }
}
