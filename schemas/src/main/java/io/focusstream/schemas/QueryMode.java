package io.focusstream.schemas;

import java.util.Locale;

/**
 * What a query wants. The codes are persisted and never change; JSON has the names in lower case.
 */
public enum QueryMode {
  /** One answer, over what the stream holds. */
  ASK(0),
  /**
   * An answer now, and a further one whenever a new chunk of the stream gives another; until it is
   * cancelled. A standing question with the same id is replaced.
   */
  STANDING(1),
  /** No further answers to the question with this id. */
  CANCEL(2),
  /** What is known of the stream, without the model: sizes, times, standing questions. */
  DESCRIBE(3);

  private final int code;

  QueryMode(int code) {
    this.code = code;
  }

  /** The persisted code. */
  public int code() {
    return code;
  }

  /** Whether a query of this mode asks the model something. */
  public boolean hasQuestion() {
    return this == ASK || this == STANDING;
  }

  /**
   * The mode of a persisted code.
   *
   * @throws IllegalArgumentException where no mode has it
   */
  public static QueryMode ofCode(int code) {
    for (QueryMode mode : values()) {
      if (mode.code == code) {
        return mode;
      }
    }
    throw new IllegalArgumentException(
        "query mode code "
            + code
            + " is unknown; this version knows 0 to "
            + (values().length - 1));
  }

  /** As JSON has it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
