package io.focusstream.operators.state;

import io.focusstream.schemas.SourcePosition;
import java.util.Arrays;
import java.util.Objects;

/**
 * An event, or what is left of a split one, that is in no chunk yet.
 *
 * @param tokens token ids; not to be changed
 * @param timestampMillis when it happened, milliseconds since the epoch
 * @param position where it was read
 */
public record TailEvent(int[] tokens, long timestampMillis, SourcePosition position) {
  public TailEvent {
    Objects.requireNonNull(tokens, "tokens");
    Objects.requireNonNull(position, "position");
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TailEvent that
        && Arrays.equals(tokens, that.tokens)
        && timestampMillis == that.timestampMillis
        && position.equals(that.position);
  }

  @Override
  public int hashCode() {
    return Objects.hash(Arrays.hashCode(tokens), timestampMillis, position);
  }

  /** Names the event without its text. */
  @Override
  public String toString() {
    return "event at " + position + ", " + tokens.length + " tokens";
  }
}
