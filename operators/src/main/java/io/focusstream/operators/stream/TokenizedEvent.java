package io.focusstream.operators.stream;

import io.focusstream.schemas.SourcePosition;
import java.util.Arrays;
import java.util.Objects;
import org.apache.flink.api.common.typeinfo.TypeInfo;

/**
 * One event of a stream as token ids, on its way to the keyed operator.
 *
 * @param stream the stream's name: the key
 * @param tokens token ids of the event's text (see {@code text.EventText}); not to be changed
 * @param timestampMillis when it happened, milliseconds since the epoch
 * @param position where it was read
 */
@TypeInfo(TokenizedEventSerializer.TypeFactory.class)
public record TokenizedEvent(
    String stream, int[] tokens, long timestampMillis, SourcePosition position) {
  public TokenizedEvent {
    Objects.requireNonNull(stream, "stream");
    Objects.requireNonNull(tokens, "tokens");
    Objects.requireNonNull(position, "position");
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TokenizedEvent that
        && stream.equals(that.stream)
        && Arrays.equals(tokens, that.tokens)
        && timestampMillis == that.timestampMillis
        && position.equals(that.position);
  }

  @Override
  public int hashCode() {
    return Objects.hash(stream, Arrays.hashCode(tokens), timestampMillis, position);
  }

  /** Names the event without its text. */
  @Override
  public String toString() {
    return "event of " + stream + " at " + position + ", " + tokens.length + " tokens";
  }
}
