package io.focusstream.operators.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.focusstream.operators.text.Chunker.Piece;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChunkerTest {
  private final Chunker chunker = new Chunker(16, 32);

  @Test
  void nothingIsCutWhileTheTailFitsTheWindow() {
    assertEquals(new Chunker.Plan(List.of(), 0, 0), chunker.plan(new int[] {16, 16}));
  }

  @Test
  void aChunkEndsBeforeTheEventThatDoesNotFit() {
    assertEquals(
        new Chunker.Plan(List.of(List.of(new Piece(0, 0, 10, true))), 1, 0),
        chunker.plan(new int[] {10, 7, 16}));
  }

  @Test
  void anEventLongerThanAChunkFillsChunksUp() {
    assertEquals(
        new Chunker.Plan(
            List.of(
                List.of(new Piece(0, 0, 10, true), new Piece(1, 0, 6, false)),
                List.of(new Piece(1, 6, 22, false))),
            1,
            22),
        chunker.plan(new int[] {10, 40, 8}));
  }

  @Test
  void aWindowSmallerThanAChunkIsRefused() {
    assertEquals(
        "window-tokens must be at least chunk-tokens; got 15 and 16",
        assertThrows(IllegalArgumentException.class, () -> new Chunker(16, 15)).getMessage());
  }
}
