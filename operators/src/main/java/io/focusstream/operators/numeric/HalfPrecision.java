package io.focusstream.operators.numeric;

/**
 * The two 16-bit floating-point formats, as bit patterns in a {@code short}. Rounding is to
 * nearest, ties to even; NaN stays NaN, values beyond the largest become infinite.
 *
 * <ul>
 *   <li><b>bfloat16</b>: sign, 8 exponent bits, 7 fraction bits: the upper half of a float32.
 *   <li><b>float16</b> (IEEE 754 binary16): sign, 5 exponent bits, 10 fraction bits; largest 65504.
 * </ul>
 */
public final class HalfPrecision {
  /** The largest finite float16. */
  public static final float FLOAT16_MAX = 65504f;

  /** The smallest positive float16, a subnormal. */
  public static final float FLOAT16_MIN = 0x1.0p-24f;

  private HalfPrecision() {}

  /** The float32 of a bfloat16 bit pattern; exact. */
  public static float fromBfloat16(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  /** The nearest bfloat16's bit pattern. */
  public static short toBfloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if ((bits & 0x7fffffff) > 0x7f800000) {
      return (short) (bits >>> 16 | 0x40);
    }
    return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
  }

  /** The float32 of a float16 bit pattern; exact. */
  public static float fromFloat16(short bits) {
    int sign = (bits & 0x8000) << 16;
    int exponent = bits >>> 10 & 0x1f;
    int fraction = bits & 0x3ff;
    if (exponent == 0x1f) {
      return Float.intBitsToFloat(sign | 0x7f800000 | fraction << 13);
    }
    if (exponent == 0) {
      float magnitude = fraction * FLOAT16_MIN;
      return sign == 0 ? magnitude : -magnitude;
    }
    return Float.intBitsToFloat(sign | exponent + 112 << 23 | fraction << 13);
  }

  /** The nearest float16's bit pattern. */
  public static short toFloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = bits >>> 16 & 0x8000;
    int magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) {
      return (short) (sign | 0x7e00);
    }
    if (magnitude >= 0x477ff000) { // 65520 and above round to infinity
      return (short) (sign | 0x7c00);
    }
    if (magnitude < 0x38800000) { // below 2^-14: subnormal, a multiple of 2^-24
      float scaled = Float.intBitsToFloat(magnitude) * 0x1.0p24f;
      return (short) (sign | (int) Math.rint(scaled));
    }
    int rounded = magnitude + 0xfff + (magnitude >>> 13 & 1);
    return (short) (sign | rounded - 0x38000000 >>> 13);
  }
}
