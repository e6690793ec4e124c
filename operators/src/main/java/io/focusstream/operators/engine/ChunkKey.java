package io.focusstream.operators.engine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * What a chunk <em>is</em>: the first 128 bits of SHA-256 over its token ids (little-endian int32).
 * The hot tier is keyed by it, so that equal chunks share one entry whatever stream they are in.
 *
 * @param high bits 127..64
 * @param low bits 63..0
 */
public record ChunkKey(long high, long low) {

  /** The key of a chunk with these token ids. */
  public static ChunkKey of(int[] tokens) {
    ByteBuffer bytes = ByteBuffer.allocate(tokens.length * 4).order(ByteOrder.LITTLE_ENDIAN);
    for (int token : tokens) {
      bytes.putInt(token);
    }
    try {
      ByteBuffer digest =
          ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(bytes.array()));
      return new ChunkKey(digest.getLong(), digest.getLong());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  @Override
  public String toString() {
    return String.format("%016x%016x", high, low);
  }
}
