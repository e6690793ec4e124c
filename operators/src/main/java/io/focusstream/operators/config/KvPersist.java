package io.focusstream.operators.config;

import java.util.Locale;

/** Where condensed chunks are kept; see {@link KvOptions#PERSIST}. */
public enum KvPersist {
  /** In keyed state. */
  STATE,
  /** Nowhere but in the engine's memory. */
  NONE;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
