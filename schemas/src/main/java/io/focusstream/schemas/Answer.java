package io.focusstream.schemas;

import java.util.List;
import java.util.Objects;

/**
 * The answer to a question.
 *
 * @param id the question's id
 * @param update 0 for a question's answer; for a standing question the number of its further
 *     answers so far, from 1: id and update together name an answer
 * @param sequence of a question whose tokens are wanted as they come: for a partial answer the
 *     number of its tokens, from 1; one more for the answer itself, which ends it. 0 for all
 *     others. Id, update and sequence together name a record, and one that comes twice says the
 *     same twice
 * @param stream the stream that was asked; of several, what was asked for ({@link
 *     StreamSelection#shown()})
 * @param status what became of the question
 * @param text the answer's text; empty unless the status is {@link AnswerStatus#OK}, {@link
 *     AnswerStatus#NOT_FOUND} or {@link AnswerStatus#PARTIAL}
 * @param error why there is no answer, with the remedy; {@code null} where there is one. Longer
 *     ones are cut to {@link Limits#MAX_MESSAGE_CHARS} characters
 * @param evidence what the answer attended to most, largest weight first
 * @param usage what it was answered over
 * @param timings where the time went; {@link Timings#NONE} with event-time consistency, whose
 *     answers are the same bytes after each replay
 * @param confidence geometric mean of the answer tokens' probabilities, in [0, 1]
 * @param modelFingerprint identity of the model; empty where none was asked
 * @param streams where several streams were asked, what each answered, the best first, whose text
 *     and evidence the answer has; empty otherwise
 */
public record Answer(
    String id,
    int update,
    int sequence,
    String stream,
    AnswerStatus status,
    String text,
    String error,
    List<Evidence> evidence,
    Usage usage,
    Timings timings,
    double confidence,
    String modelFingerprint,
    List<StreamAnswer> streams) {
  public Answer {
    Limits.requireName("id", id, Limits.MAX_ID_CHARS);
    Limits.requireName("stream", stream, Limits.MAX_STREAM_CHARS);
    Limits.requireRange("update", update, 0, Integer.MAX_VALUE);
    Limits.requireRange("sequence", sequence, 0, Integer.MAX_VALUE);
    Objects.requireNonNull(status, "status");
    text = Surrogates.replaceLone(Objects.requireNonNull(text, "text"));
    error = error == null ? null : Limits.cutMessage(error);
    evidence = List.copyOf(evidence);
    Objects.requireNonNull(usage, "usage");
    Objects.requireNonNull(timings, "timings");
    Limits.requireShare("confidence", confidence);
    Objects.requireNonNull(modelFingerprint, "modelFingerprint");
    streams = List.copyOf(streams);
  }

  /** An answer of one stream, in one piece. */
  public Answer(
      String id,
      int update,
      String stream,
      AnswerStatus status,
      String text,
      String error,
      List<Evidence> evidence,
      Usage usage,
      Timings timings,
      double confidence,
      String modelFingerprint) {
    this(
        id,
        update,
        0,
        stream,
        status,
        text,
        error,
        evidence,
        usage,
        timings,
        confidence,
        modelFingerprint,
        List.of());
  }

  /** Whether this is the answer, and nothing of it comes after. */
  public boolean isFinal() {
    return status != AnswerStatus.PARTIAL;
  }

  /** The same answer, as the one that ends a number of partial ones. */
  public Answer withSequence(int number) {
    return with(update, number, status, text);
  }

  /** The first tokens of an answer. */
  public static Answer partial(String id, int sequence, String stream, String text) {
    return withoutModel(id, stream, AnswerStatus.PARTIAL, null)
        .with(0, sequence, AnswerStatus.PARTIAL, text);
  }

  /** The same answer as a further one of a standing question. */
  public Answer withUpdate(int number) {
    return with(number, sequence, status, text);
  }

  private Answer with(int newUpdate, int newSequence, AnswerStatus newStatus, String newText) {
    return new Answer(
        id,
        newUpdate,
        newSequence,
        stream,
        newStatus,
        newText,
        error,
        evidence,
        usage,
        timings,
        confidence,
        modelFingerprint,
        streams);
  }

  /** An answer without the model's help: no data, rejected or failed. */
  public static Answer withoutModel(String id, String stream, AnswerStatus status, String error) {
    return new Answer(
        id, 0, stream, status, "", error, List.of(), Usage.NONE, Timings.NONE, 0.0, "");
  }
}
