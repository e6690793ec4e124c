package io.focusstream.jobs.kafka;

/** How the values of an event topic are written. */
public enum EventFormat {
  /**
   * The value is the event's text in UTF-8 (bytes that aren't become U+FFFD: a log line with one
   * Latin-1 letter is still worth reading), the key names the stream.
   */
  RAW,
  /** The value is JSON as {@code event.schema.json} describes it. */
  JSON
}
