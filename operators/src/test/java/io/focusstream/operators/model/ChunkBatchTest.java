package io.focusstream.operators.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Chunks side by side, whatever their states are kept in and however many there are. */
class ChunkBatchTest extends ProposalFixture {
  private static final float ROUNDING = 2e-5f;

  /** As a chunk is kept that was condensed, in int8. */
  private FocusModel.States rounded(NDManager owner, int[] chunk) {
    FocusModel.Quantised batch = model.prefillQuantised(owner, List.of(chunk));
    return model.take(owner, batch.states(), 0, chunk.length);
  }

  /** The numbers that int8 states stand for: all their tokens as an excerpt. */
  private FocusModel.States numbers(NDManager owner, FocusModel.States rounded) {
    return model.excerpt(owner, rounded, IntStream.range(0, rounded.tokens()).toArray());
  }

  /** Odds and proposals after each of the steps, chunk after chunk. */
  private List<float[]> said(List<FocusModel.States> states, int[][] steps) {
    List<float[]> all = new ArrayList<>();
    try (NDManager own = model.newManager()) {
      ChunkBatch batch = new ChunkBatch(model, own, states, steps[0].length);
      NDArray how = own.create(new long[] {ABSTAIN, 0});
      for (int[] step : steps) {
        NDArray tokens = FocusModel.tokens(own, List.of(step), step.length);
        NDArray[] out = batch.run(own, "propose", tokens, step.length, step.length, how);
        assertEquals(states.size(), out[1].getShape().get(1));
        all.add(out[1].toFloatArray());
        all.add(finite(out[0].toFloatArray()));
      }
    }
    return all;
  }

  private static float[] finite(float[] scores) {
    float[] all = scores.clone();
    for (int i = 0; i < all.length; i++) {
      all[i] = Float.isFinite(all[i]) ? all[i] : 0;
    }
    return all;
  }

  private static void assertSame(List<float[]> expected, List<float[]> actual) {
    assertEquals(expected.size(), actual.size());
    for (int i = 0; i < expected.size(); i++) {
      assertArrayEquals(expected.get(i), actual.get(i), ROUNDING, "array " + i);
    }
  }

  @Test
  void int8IsReadAsTheNumbersItStandsFor() {
    int[][] steps = {PROMPT, {11}, {12, 13}, {14, 15, 16, 17}, {18}};
    try (NDManager own = model.newManager()) {
      List<FocusModel.States> rounded = chunks(7).stream().map(c -> rounded(own, c)).toList();
      List<FocusModel.States> numbers = rounded.stream().map(s -> numbers(own, s)).toList();
      assertTrue(rounded.get(0).int8());
      assertFalse(numbers.get(0).int8());
      List<float[]> expected = said(numbers, steps);

      assertSame(expected, said(rounded, steps));
      // some of either kind: all become numbers
      List<FocusModel.States> mixed = new ArrayList<>(rounded);
      mixed.set(3, numbers.get(3));
      assertSame(expected, said(mixed, steps));
    }
  }

  /** So long that a batch's numbers don't fit into what is widened at once. */
  @Test
  void longChunksAreWidenedSomeAtATime() {
    int[][] steps = {PROMPT, {11}, {12, 13, 14}};
    try (NDManager own = model.newManager()) {
      List<FocusModel.States> rounded = new ArrayList<>();
      for (int i = 0; i < 11; i++) {
        rounded.add(rounded(own, tokens(i, 4000 - 31 * i)));
      }
      List<FocusModel.States> numbers = rounded.stream().map(s -> numbers(own, s)).toList();
      assertSame(said(numbers, steps), said(rounded, steps));
    }
  }

  /** So many rows that a batch is continued in parts. */
  @Test
  void manyRowsAreContinuedInParts() {
    int[][] steps = {tokens(77, 60), {11}};
    try (NDManager own = model.newManager()) {
      List<FocusModel.States> states = chunks(90).stream().map(c -> rounded(own, c)).toList();
      List<float[]> whole = said(states, steps);
      for (int i = 0; i < states.size(); i += 30) {
        List<float[]> part = said(states.subList(i, i + 30), steps);
        for (int step = 0; step < whole.size(); step++) {
          int each = whole.get(step).length / states.size();
          float[] same = Arrays.copyOfRange(whole.get(step), i * each, (i + 30) * each);
          assertArrayEquals(same, part.get(step), ROUNDING);
        }
      }
    }
  }

  /** As on a processor that has bfloat16: states are numbers, batches run side by side. */
  @Test
  void bfloat16SaysWhatFloat32Says() {
    int count = 70;
    AnswerDecoder.Step[] wanted = new AnswerDecoder.Step[3];
    try (AnswerDecoder decoder = begin(chunks(count), PROMPT, tokens(99, 30))) {
      wanted[0] = decoder.first();
      wanted[1] = decoder.next(11);
      wanted[2] = decoder.next(12);
    }
    try (FocusModel other = new FocusModel(checkpoint, Device.cpu(), Precision.BFLOAT16);
        NDManager own = other.newManager();
        ProposalDecoder decoder = other.propose(PROMPT, tokens(99, 30), 20)) {
      assertFalse(other.readsInt8());
      List<FocusModel.States> states = new ArrayList<>();
      for (int[] chunk : chunks(count)) {
        FocusModel.Quantised batch = other.prefillQuantised(own, List.of(chunk));
        states.add(other.take(own, batch.states(), 0, chunk.length));
        assertFalse(states.get(states.size() - 1).int8());
      }
      for (int from = 0; from < count; from += other.chunksABatch(count)) {
        decoder.add(states.subList(from, Math.min(count, from + other.chunksABatch(count))));
      }
      assertArrayEquals(wanted[0].relevance(), decoder.first().relevance(), 0.05f);
      assertArrayEquals(wanted[1].relevance(), decoder.next(11).relevance(), 0.05f);
      assertArrayEquals(wanted[2].relevance(), decoder.next(12).relevance(), 0.05f);
    }
  }

  @Test
  void moreThanABatchHasIsRefused() {
    try (NDManager own = model.newManager()) {
      List<FocusModel.States> some =
          List.of(states(tokens(1, 12)), states(tokens(2, 15)), states(tokens(3, 9)));
      List<FocusModel.States> many = new ArrayList<>();
      while (many.size() <= ChunkBatch.MOST_CHUNKS + ChunkBatch.MOST_BESIDE) {
        many.addAll(some);
      }
      IllegalArgumentException refused =
          assertThrows(IllegalArgumentException.class, () -> new ChunkBatch(model, own, many, 4));
      assertTrue(refused.getMessage().contains("1 to 256"), refused.getMessage());
    }
  }
}
