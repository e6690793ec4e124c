package io.focusstream.operators.config;

import java.util.Locale;

/** Where condensed chunks are kept; see {@link KvOptions#PERSIST}. */
public enum KvPersist {
  /** In keyed state. */
  STATE,
  /** In the engine's memory only, made when a chunk is sealed. */
  DEVICE,
  /** Nowhere: made again from tokens for each question. */
  NONE;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
