package io.focusstream.schemas;

import java.util.List;
import java.util.Objects;

/**
 * What one of several streams answered; fields as in {@link Answer}.
 *
 * @param evidence at most the place that it attended to most
 */
public record StreamAnswer(
    String stream,
    AnswerStatus status,
    String text,
    String error,
    List<Evidence> evidence,
    Usage usage,
    double confidence) {
  public StreamAnswer {
    Limits.requireName("stream", stream, Limits.MAX_STREAM_CHARS);
    Objects.requireNonNull(status, "status");
    text = Surrogates.replaceLone(Objects.requireNonNull(text, "text"));
    error = error == null ? null : Limits.cutMessage(error);
    evidence = List.copyOf(evidence);
    Objects.requireNonNull(usage, "usage");
    Limits.requireShare("confidence", confidence);
  }

  /** A stream's answer, with the first of its evidence. */
  public static StreamAnswer of(Answer answer) {
    return new StreamAnswer(
        answer.stream(),
        answer.status(),
        answer.text(),
        answer.error(),
        answer.evidence().subList(0, Math.min(1, answer.evidence().size())),
        answer.usage(),
        answer.confidence());
  }
}
