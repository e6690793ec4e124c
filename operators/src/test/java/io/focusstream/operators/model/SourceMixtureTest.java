package io.focusstream.operators.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class SourceMixtureTest {
  @Test
  void oneSourceAloneIsWhatItSays() {
    SourceMixture mixture = new SourceMixture(1);
    assertEquals(-3, mixture.next(new double[] {-3}), 1e-12);
    assertEquals(-1, mixture.next(new double[] {-1}), 1e-12);
  }

  @Test
  void theNewestBeginsWithHalfAndTheOthersShareTheRestByAge() {
    double likely = Math.log(0.5);
    double not = Double.NEGATIVE_INFINITY;
    assertEquals(0.5 * 0.5, probability(not, not, likely), 1e-12);
    assertEquals(0.5 * 2 / 3 * 0.5, probability(not, likely, not), 1e-12);
    assertEquals(0.5 / 3 * 0.5, probability(likely, not, not), 1e-12);
  }

  private static double probability(double... logarithms) {
    return Math.exp(new SourceMixture(3).next(logarithms));
  }

  /** Tokens that are sure by one source cost what it takes to find that source, not more. */
  @Test
  void whoKnowsTheTextIsFoundAndLeftAgain() {
    SourceMixture mixture = new SourceMixture(500);
    double[] one = new double[500];
    double[] another = new double[500];
    for (int i = 0; i < 500; i++) {
      one[i] = i == 3 ? Math.log(0.9) : Math.log(0.01);
      another[i] = i == 499 ? Math.log(0.9) : Math.log(0.01);
    }
    double all = 0;
    for (int i = 0; i < 20; i++) {
      all += mixture.next(one);
    }
    assertTrue(mixture.next(one) > Math.log(0.85), "found");
    assertTrue(all > 20 * Math.log(0.9) - 12, "what finding it cost: " + all);
    for (int i = 0; i < 4; i++) {
      mixture.next(another);
    }
    assertTrue(mixture.next(another) > Math.log(0.8), "left again");
  }
}
