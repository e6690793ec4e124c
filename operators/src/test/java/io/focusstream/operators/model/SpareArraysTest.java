package io.focusstream.operators.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Memory that goes from one question to the next. */
class SpareArraysTest extends ProposalFixture {
  private static final int INT8 = 1;
  private static final int FLOAT32 = 6;

  private final List<NDArray> made = new ArrayList<>();
  private final SpareArrays spares =
      new SpareArrays(
          (numbers, type) -> {
            NDArray array = manager.create(new float[Math.toIntExact(numbers)]);
            made.add(array);
            return array;
          });

  @Test
  void whatIsGivenBackIsTakenAgainWhereItFits() {
    spares.mostBytes(4_000);
    SpareArrays.Spare first = spares.take(100, FLOAT32);
    assertEquals(400, first.bytes());
    spares.giveBack(first);
    assertEquals(400, spares.idleBytes());
    assertNotSame(first, spares.take(100, INT8), "of another type");
    assertNotSame(first, spares.take(101, FLOAT32), "too small");
    assertNotSame(first, spares.take(79, FLOAT32), "much too large");
    assertSame(first, spares.take(80, FLOAT32));
    assertEquals(0, spares.idleBytes());
    assertThrows(IllegalArgumentException.class, () -> spares.take(1, 7));
  }

  @Test
  void theSmallestThatFitsIsTaken() {
    spares.mostBytes(4_000);
    List<SpareArrays.Spare> all =
        IntStream.of(112, 104, 120).mapToObj(n -> spares.take(n, FLOAT32)).toList();
    all.forEach(spares::giveBack);
    assertSame(all.get(1), spares.take(100, FLOAT32));
    assertSame(all.get(0), spares.take(100, FLOAT32));
  }

  @Test
  void nothingIsKeptBeyondTheBoundAndTheOldestGoesFirst() {
    SpareArrays.Spare none = spares.take(10, FLOAT32);
    spares.giveBack(none);
    assertEquals(0, spares.idleBytes(), "0 keeps nothing");
    assertTrue(made.get(0).isReleased());
    spares.mostBytes(1_000);
    SpareArrays.Spare a = spares.take(100, FLOAT32);
    SpareArrays.Spare b = spares.take(120, FLOAT32);
    spares.giveBack(a);
    spares.giveBack(b);
    assertEquals(880, spares.idleBytes());
    // 880 idle and 600 in use would be more than 1,000
    SpareArrays.Spare c = spares.take(150, FLOAT32);
    assertTrue(a.array().isReleased());
    assertTrue(b.array().isReleased());
    assertEquals(0, spares.idleBytes());
    // more than the bound is given, and not kept
    SpareArrays.Spare large = spares.take(900, FLOAT32);
    spares.giveBack(c);
    assertEquals(0, spares.idleBytes());
    spares.giveBack(large);
    assertTrue(large.array().isReleased());
    spares.giveBack(spares.take(100, FLOAT32));
    spares.free();
    assertEquals(0, spares.idleBytes());
    assertTrue(made.stream().allMatch(NDArray::isReleased));
  }

  /** What another question left in the memory doesn't show, in whatever order they come. */
  @Test
  void questionsOverMemoryOfOthersSayWhatTheySayOverTheirOwn() {
    List<float[]> expected = new ArrayList<>();
    int[] counts = {60, 50, 33, 64, 40};
    for (int round = 0; round < 2; round++) {
      model.keepSpare(round == 0 ? 0 : 1L << 30);
      long idle = 0;
      for (int i = 0; i < counts.length; i++) {
        List<int[]> some = chunks(70).subList(i, i + counts[i]);
        try (AnswerDecoder decoder = begin(some, PROMPT, tokens(99, 20))) {
          decoder.first();
          if (i == 2) {
            decoder.keep(new int[] {1, 30});
          }
          assertTrue(model.gatherer().spares().usedBytes() > 0, "it lies in such memory");
          float[] logits = decoder.next(11).logits();
          if (round == 0) {
            expected.add(logits);
          } else {
            assertArrayEquals(expected.get(i), logits, 1e-6f);
          }
        }
        assertEquals(0, model.gatherer().spares().usedBytes(), "all is given back");
        if (round == 1) {
          assertTrue(
              model.gatherer().spares().idleBytes() >= idle
                  && model.gatherer().spares().idleBytes() > 0);
          idle = model.gatherer().spares().idleBytes();
        }
      }
    }
    model.keepSpare(0);
  }
}
