package io.focusstream.operators.numeric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class HalfPrecisionTest {
  @Test
  void everyFloat16SurvivesTheWayToFloatAndBack() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      float value = HalfPrecision.fromFloat16((short) bits);
      if (Float.isNaN(value)) {
        assertTrue(Float.isNaN(HalfPrecision.fromFloat16(HalfPrecision.toFloat16(value))));
      } else {
        assertEquals((short) bits, HalfPrecision.toFloat16(value), "float16 " + bits);
      }
    }
  }

  @Test
  void everyBfloat16SurvivesTheWayToFloatAndBack() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      float value = HalfPrecision.fromBfloat16((short) bits);
      if (Float.isNaN(value)) {
        assertTrue(Float.isNaN(HalfPrecision.fromBfloat16(HalfPrecision.toBfloat16(value))));
      } else {
        assertEquals((short) bits, HalfPrecision.toBfloat16(value), "bfloat16 " + bits);
      }
    }
  }

  @Test
  void roundsToTheNearestAndTiesToEven() {
    assertEquals(1f, HalfPrecision.fromFloat16(HalfPrecision.toFloat16(1f + 0x1.0p-11f)));
    assertEquals(
        1f + 0x1.0p-9f, HalfPrecision.fromFloat16(HalfPrecision.toFloat16(1f + 3 * 0x1.0p-11f)));
    assertEquals(1f, HalfPrecision.fromBfloat16(HalfPrecision.toBfloat16(1f + 0x1.0p-8f)));
    assertEquals(
        1f + 0x1.0p-6f, HalfPrecision.fromBfloat16(HalfPrecision.toBfloat16(1f + 3 * 0x1.0p-8f)));
    assertEquals(65504f, HalfPrecision.fromFloat16(HalfPrecision.toFloat16(65519f)));
    assertEquals(
        Float.POSITIVE_INFINITY, HalfPrecision.fromFloat16(HalfPrecision.toFloat16(65520f)));
    assertEquals(0f, HalfPrecision.fromFloat16(HalfPrecision.toFloat16(0x1.0p-25f)));
  }

  @Test
  void noFloat16IsNearerThanTheOneChosen() {
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 200_000; i++) {
      float value = (float) Math.scalb(random.nextDouble() * 2 - 1, random.nextInt(-26, 16));
      short bits = HalfPrecision.toFloat16(value);
      float error = Math.abs(HalfPrecision.fromFloat16(bits) - value);
      for (int neighbour : new int[] {bits - 1, bits + 1}) {
        float other = HalfPrecision.fromFloat16((short) neighbour);
        if (Float.isFinite(other)) {
          assertTrue(error <= Math.abs(other - value), "float16 of " + value);
        }
      }
    }
  }
}
