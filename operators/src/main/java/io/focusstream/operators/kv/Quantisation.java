package io.focusstream.operators.kv;

import java.util.Optional;

/** How the numbers of a chunk state are stored. The code is what is written; it never changes. */
public enum Quantisation {
  /** 4 bytes a number; exact. */
  FLOAT32(1, 32, 0),
  /** 2 bytes a number; within 2^-8 of it, relative (rounded to nearest, ties to even). */
  BF16(2, 16, 0),
  /**
   * 1 byte a number and one float16 scale for each token, head, layer, of keys and of values:
   * {@code x ≈ scale * q} with q in [-127, 127]; within half a scale of it, the scale being about
   * 1/127 of the largest number in the row.
   */
  INT8(3, 8, 2),
  /**
   * 4 bits a number, two a byte, the earlier one in the low bits, and a float16 scale as for {@link
   * #INT8}: {@code x ≈ scale * q} with q in [-7, 7], stored as q + 8; within half a scale of it,
   * the scale being about 1/7 of the largest number in the row.
   */
  INT4(4, 4, 2);

  private final int code;
  private final int elementBits;
  private final int scaleBytes;

  Quantisation(int code, int elementBits, int scaleBytes) {
    this.code = code;
    this.elementBits = elementBits;
    this.scaleBytes = scaleBytes;
  }

  /** The stored code. */
  public int code() {
    return code;
  }

  /** Bytes of one row of {@code headDim} numbers, its scale not counted. */
  public int rowBytes(int headDim) {
    return (headDim * elementBits + 7) / 8;
  }

  /** Bytes of the scale of one row of {@code headDim} numbers; 0 where there is none. */
  public int scaleBytes() {
    return scaleBytes;
  }

  /** Bytes of one token's keys and values in one layer, scales with them. */
  public int tokenBytes(int kvHeads, int headDim) {
    return 2 * kvHeads * (rowBytes(headDim) + scaleBytes);
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
