package io.focusstream.operators.kv;

/**
 * A 128-bit identity: a model's fingerprint or a chunk's content key.
 *
 * @param high bits 127..64
 * @param low bits 63..0
 */
public record Id128(long high, long low) {

  /**
   * Reads what {@link #toString()} writes.
   *
   * @param hex exactly 32 hex digits
   */
  public static Id128 ofHex(String hex) {
    if (!hex.matches("[0-9a-fA-F]{32}")) {
      throw new IllegalArgumentException("an identity must be 32 hex digits; got '" + hex + "'");
    }
    return new Id128(
        Long.parseUnsignedLong(hex.substring(0, 16), 16),
        Long.parseUnsignedLong(hex.substring(16), 16));
  }

  /** 32 lower-case hex digits. */
  @Override
  public String toString() {
    return String.format("%016x%016x", high, low);
  }
}
