package io.focusstream.operators.text;

/** What a token's id may be; a damaged file's could be anything, and arrays are as long as it. */
final class TokenIds {
  /** One more than the largest id: as many as a model's {@code vocab_size} may be. */
  static final int MOST = 1 << 22;

  private TokenIds() {}

  static int checked(String token, long id) {
    if (id < 0 || id >= MOST) {
      throw new IllegalArgumentException(
          "the id of token '" + token + "' must be in [0, " + MOST + "); got " + id);
    }
    return (int) id;
  }
}
