package io.focusstream.schemas;

import java.util.Objects;

/**
 * One event of a stream: a log line, a conversation turn.
 *
 * @param stream the stream that it belongs to; the key of all state
 * @param role in a conversation, who said it, for example {@code user}: letters, digits, {@code _ -
 *     .}, at most {@value Limits#MAX_ROLE_CHARS}; empty for an event that nobody said
 * @param text what happened; may be empty, at most {@link Limits#MAX_TEXT_CHARS} characters; lone
 *     surrogates become U+FFFD
 * @param timestampMillis when, in milliseconds since 1970-01-01 UTC
 * @param position where in Kafka it was read; not part of its JSON form
 */
public record Event(
    String stream, String role, String text, long timestampMillis, SourcePosition position) {
  public Event {
    Limits.requireName("stream", stream, Limits.MAX_STREAM_CHARS);
    Limits.requireRole(role);
    Limits.requireLength("text", text, Limits.MAX_TEXT_CHARS);
    text = Surrogates.replaceLone(text);
    Limits.requireRange("timestampMillis", timestampMillis, 0, Long.MAX_VALUE);
    Objects.requireNonNull(position, "position");
  }

  /** An event that nobody said. */
  public Event(String stream, String text, long timestampMillis, SourcePosition position) {
    this(stream, "", text, timestampMillis, position);
  }
}
