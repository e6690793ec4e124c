package io.focusstream.operators.config;

import java.util.Locale;

/** Which events of its stream a question sees; see {@link AskOptions#CONSISTENCY}. */
public enum Consistency {
  /** Those that reached the operator before it. */
  ARRIVAL,
  /** Those that happened up to the question's own time, in the order of their times. */
  EVENT_TIME;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
