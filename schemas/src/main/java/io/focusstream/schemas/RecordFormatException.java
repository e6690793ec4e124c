package io.focusstream.schemas;

import java.util.Optional;

/** Bytes that aren't the record they should be. The message names the field and the value. */
public final class RecordFormatException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final transient Answer answer;

  public RecordFormatException(String message) {
    this(message, null);
  }

  public RecordFormatException(String message, Throwable cause) {
    this(message, cause, null);
  }

  /**
   * Of a question that can be read so far that it is known who asked what.
   *
   * @param answer what the asker gets to hear; {@code null} for nothing
   */
  RecordFormatException(String message, Throwable cause, Answer answer) {
    super(message, cause);
    this.answer = answer;
  }

  /**
   * What the asker gets to hear, of status {@link AnswerStatus#REJECTED}; empty where the record
   * isn't a question, or doesn't say which and of what.
   */
  public Optional<Answer> answer() {
    return Optional.ofNullable(answer);
  }
}
