package io.focusstream.operators.kv;

import java.util.Optional;

/** How the numbers of a chunk state are stored. The code is what is written; it never changes. */
public enum Quantisation {
  /** 4 bytes a number; exact. */
  FLOAT32(1, 4, 0),
  /** 2 bytes a number; within 2^-8 of it, relative (rounded to nearest, ties to even). */
  BF16(2, 2, 0),
  /**
   * 1 byte a number and one float16 scale for each token, head, layer, of keys and of values:
   * {@code x ≈ scale * q} with q in [-127, 127]; within half a scale of it, the scale being about
   * 1/127 of the largest number in the row.
   */
  INT8(3, 1, 2);

  private final int code;
  private final int elementBytes;
  private final int scaleBytes;

  Quantisation(int code, int elementBytes, int scaleBytes) {
    this.code = code;
    this.elementBytes = elementBytes;
    this.scaleBytes = scaleBytes;
  }

  /** The stored code. */
  public int code() {
    return code;
  }

  /** Bytes of one number. */
  public int elementBytes() {
    return elementBytes;
  }

  /** Bytes of the scale of one row of {@code headDim} numbers; 0 where there is none. */
  public int scaleBytes() {
    return scaleBytes;
  }

  /** Bytes of one token's keys and values in one layer, scales with them. */
  public int tokenBytes(int kvHeads, int headDim) {
    return 2 * kvHeads * (headDim * elementBytes + scaleBytes);
  }

  /** The quantisation of this code; empty for an unknown one. */
  public static Optional<Quantisation> ofCode(int code) {
    for (Quantisation quantisation : values()) {
      if (quantisation.code == code) {
        return Optional.of(quantisation);
      }
    }
    return Optional.empty();
  }
}
