package io.focusstream.operators.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ProposalWeightsTest {
  private static float[] odds(double... odds) {
    float[] logs = new float[odds.length];
    for (int i = 0; i < logs.length; i++) {
      logs[i] = (float) Math.log(odds[i]);
    }
    return logs;
  }

  @Test
  void theNewestThatIsSureBegins() {
    ProposalWeights weights = ProposalWeights.first(odds(400, 30, 0.01, 60, 0.02));
    assertTrue(weights.parts()[3] > 0.95, Arrays.toString(weights.parts()));
    assertTrue(weights.none() < 0.01);
  }

  @Test
  void oneThatIsSureOutweighsNewerOnesThatAreNot() {
    ProposalWeights weights = ProposalWeights.first(odds(0.01, 50, 0.5, 0.9));
    assertTrue(weights.parts()[1] > 0.8, Arrays.toString(weights.parts()));
  }

  @Test
  void manyThatAreALittleUnsureAreNoVoiceTogether() {
    float[] unsure = new float[4000];
    Arrays.fill(unsure, (float) Math.log(0.005));
    assertTrue(ProposalWeights.first(unsure).none() > 0.85);

    unsure[17] = (float) Math.log(40);
    ProposalWeights one = ProposalWeights.first(unsure);
    assertTrue(one.parts()[17] > 0.9, "" + one.parts()[17]);
  }

  @Test
  void withoutSourcesTheModelSpeaksAlone() {
    assertEquals(1, ProposalWeights.first(new float[0]).none());
    assertEquals(1, ProposalWeights.further(new float[0], new double[0]).none());
  }

  @Test
  void whoSpokeGoesOnUnlessItHasNothingToSay() {
    double[] spoke = {0, 0.99, 0, 0.01};
    ProposalWeights goesOn = ProposalWeights.further(odds(1, 20, 0.1, 60), spoke);
    assertTrue(goesOn.parts()[1] > 0.85, Arrays.toString(goesOn.parts()));

    ProposalWeights handsOver = ProposalWeights.further(odds(0.001, 0.001, 0.001, 200), spoke);
    assertTrue(handsOver.parts()[3] > 0.95, Arrays.toString(handsOver.parts()));

    ProposalWeights ends = ProposalWeights.further(odds(0.001, 0.001, 0.001, 0.001), spoke);
    assertTrue(ends.none() > 0.85, "" + ends.none());
  }

  @Test
  void partsSumToOne() {
    SplittableRandom random = new SplittableRandom(5);
    for (int i = 0; i < 200; i++) {
      int count = random.nextInt(50);
      float[] logs = new float[count];
      double[] spoke = new double[count];
      for (int j = 0; j < count; j++) {
        logs[j] = (float) (random.nextDouble() * 60 - 40);
        spoke[j] = random.nextDouble() / count;
      }
      for (ProposalWeights weights :
          new ProposalWeights[] {
            ProposalWeights.first(logs), ProposalWeights.further(logs, spoke)
          }) {
        assertEquals(1, weights.none() + Arrays.stream(weights.parts()).sum(), 1e-9);
      }
    }
  }
}
