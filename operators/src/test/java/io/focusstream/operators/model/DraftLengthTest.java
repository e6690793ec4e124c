package io.focusstream.operators.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class DraftLengthTest {
  private final DraftLength length = new DraftLength();

  private int next(int speaks) {
    return length.next(speaks, 1, 1);
  }

  @Test
  void whatIsSaidIsFollowedTwiceAsFar() {
    int[] wanted = {4, 8, 16, 16};
    for (int tokens : wanted) {
      assertEquals(tokens, next(7));
      length.drafted();
      length.used();
    }
    length.missed();
    assertEquals(DraftLength.FIRST, next(7));
  }

  @Test
  void whatLiesInMemoryTogetherIsBounded() {
    assertEquals(3, length.next(0, 1, DraftLength.MOST_BYTES / 3));
    assertEquals(1, length.next(0, 1, DraftLength.MOST_BYTES * 5));
  }

  @Test
  void whoHadALittlePartIsNotFollowed() {
    double least = DraftLength.LEAST_PART;
    assertEquals(1, length.next(5, least * 0.99, 1));
    assertEquals(DraftLength.FIRST, length.next(5, least, 1));
  }

  /** Of 200 steps in which nothing drafted is said few have a draft, whoever speaks. */
  @Test
  void nothingIsDraftedForLongWhereNothingOfItIsSaid() {
    for (boolean oneSpeaker : new boolean[] {true, false}) {
      DraftLength fresh = new DraftLength();
      int drafts = 0;
      for (int step = 0; step < 200; step++) {
        if (fresh.next(oneSpeaker ? 3 : step % 5, 1, 1) > 1) {
          drafts++;
          fresh.drafted();
          fresh.missed();
        }
      }
      assertTrue(drafts >= 2 && drafts <= (oneSpeaker ? 8 : 2), drafts + " drafts");
    }
  }

  @Test
  void whoSpeaksForAWhileIsFollowedAgain() {
    for (int i = 0; i < 2; i++) {
      assertEquals(DraftLength.FIRST, next(1));
      length.drafted();
      length.missed();
    }
    int pause = 0;
    while (next(2) == 1) {
      pause++;
    }
    assertEquals(4, pause);
    length.drafted();
    length.used();
    assertTrue(next(2) > 1, "it was of use");
  }
}
