package io.focusstream.operators.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.focusstream.operators.model.checkpoint.FocusSettings;
import io.focusstream.operators.model.checkpoint.FocusSettings.CandidatePositions;
import org.junit.jupiter.api.Test;

class CandidatePositionsTest {
  private static FocusSettings settings(CandidatePositions positions) {
    FocusSettings d = FocusSettings.DEFAULT;
    return new FocusSettings(
        d.localWindow(),
        d.chunkSize(),
        d.candidateProjections(),
        positions,
        16,
        d.local(),
        d.readout(),
        d.abstainToken());
  }

  @Test
  void eachWayOfPlacingCandidates() {
    assertArrayEquals(
        new float[] {0, 1, 2, 3},
        FocusModel.candidatePositions(settings(CandidatePositions.SEQUENTIAL), 4));
    assertArrayEquals(
        new float[] {4, 8, 12, 16},
        FocusModel.candidatePositions(settings(CandidatePositions.SPREAD), 4));
    assertArrayEquals(
        new float[] {0, 0, 0, 0},
        FocusModel.candidatePositions(settings(CandidatePositions.SHARED), 4));
    assertArrayEquals(
        new float[] {12, 16 - 2 * (float) (Math.log(3) / Math.log(2)), 14, 16},
        FocusModel.candidatePositions(settings(CandidatePositions.RECENCY), 4),
        1e-5f);
  }

  /** By recency the newest stand where they stood, whatever came before them. */
  @Test
  void recencyDoesNotMoveTheNewest() {
    FocusSettings recency = settings(CandidatePositions.RECENCY);
    float[] few = FocusModel.candidatePositions(recency, 3);
    float[] many = FocusModel.candidatePositions(recency, 5000);
    for (int i = 1; i <= 3; i++) {
      assertEquals(few[few.length - i], many[many.length - i]);
    }
    assertEquals(0, many[0]);
    assertEquals(17, FocusModel.localStart(recency, 5000));
  }
}
