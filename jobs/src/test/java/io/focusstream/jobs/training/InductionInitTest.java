package io.focusstream.jobs.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import io.focusstream.operators.model.Precision;
import io.focusstream.operators.model.TrainableModel;
import io.focusstream.operators.model.checkpoint.ModelConfig;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class InductionInitTest {

  private static ModelConfig config() throws IOException {
    try (InputStream in =
        ModelConfig.class.getResourceAsStream("/io/focusstream/models/small/config.json")) {
      return ModelConfig.parse("small", new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  @Test
  void copiesRandomRepeatsBeforeItsFirstStep() throws IOException {
    ModelConfig config = config();
    Map<String, float[]> weights =
        TrainingCheckpoint.withAdded(config, InductionInit.weights(config, 1));
    int[][] tokens = new int[8][64];
    float[][] supervised = new float[8][64];
    SplittableRandom random = new SplittableRandom(3);
    for (int row = 0; row < tokens.length; row++) {
      for (int i = 0; i < 64; i++) {
        tokens[row][i] =
            i < 32 ? 8 + random.nextInt(config.vocabularySize() - 8) : tokens[row][i - 32];
        supervised[row][i] = i < 36 ? 0 : 1;
      }
    }
    try (TrainableModel model =
        new TrainableModel(
            config, weights, TrainableModel.Part.BASE, Device.cpu(), Precision.FLOAT32)) {
      TrainableModel.Result result = model.sequences(tokens, supervised);

      // by chance it would be 0.0002
      assertTrue(result.right() > 0.3, () -> "copied " + result.right());
    }
  }

  @Test
  void theSameSeedGivesTheSameWeights() throws IOException {
    Map<String, float[]> one = InductionInit.weights(config(), 7);
    Map<String, float[]> two = InductionInit.weights(config(), 7);

    one.forEach((name, values) -> assertArrayEquals(values, two.get(name), name));
  }
}
