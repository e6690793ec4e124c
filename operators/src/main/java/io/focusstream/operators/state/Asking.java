package io.focusstream.operators.state;

import java.util.Objects;

/**
 * How a question is asked, beside its text.
 *
 * @param group names the question over several streams that this is one stream's part of; empty for
 *     a question of one stream
 * @param prefix not null: the question is for all streams of a key group whose names begin so
 * @param partial whether the answer's tokens are wanted as they come
 */
public record Asking(String group, String prefix, boolean partial) {
  /** Of one stream, answered in one piece. */
  public static final Asking PLAIN = new Asking("", null, false);

  public Asking {
    Objects.requireNonNull(group, "group");
  }

  /** As one stream's part. */
  public Asking ofOneStream() {
    return new Asking(group, null, partial);
  }
}
