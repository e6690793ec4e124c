package io.focusstream.schemas;

/** What became of a question. The codes are persisted and never change; JSON has the names. */
public enum AnswerStatus {
  /** The model answered. */
  OK(1),
  /** The model read the stream and says that the answer isn't in it. */
  NOT_FOUND(2),
  /** The stream has no events, so the model wasn't asked. */
  NO_DATA(3),
  /** The question breaks a limit, which {@link Answer#error()} names; the model wasn't asked. */
  REJECTED(4),
  /** The engine could not answer; {@link Answer#error()} says why. */
  FAILED(5),
  /** The question's deadline passed before its answer was there. */
  EXPIRED(6),
  /** The question was cancelled: it gets no further answer. */
  CANCELLED(7),
  /**
   * The first tokens of an answer that is still being made; {@link Answer#sequence()} counts them.
   */
  PARTIAL(8);

  private final int code;

  AnswerStatus(int code) {
    this.code = code;
  }

  /** The persisted code. */
  public int code() {
    return code;
  }

  /**
   * The status of a persisted code.
   *
   * @throws IllegalArgumentException where no status has it
   */
  public static AnswerStatus ofCode(int code) {
    for (AnswerStatus status : values()) {
      if (status.code == code) {
        return status;
      }
    }
    throw new IllegalArgumentException(
        "answer status code " + code + " is unknown; this version knows 1 to " + values().length);
  }
}
