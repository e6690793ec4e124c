package io.focusstream.jobs.training;

import io.focusstream.operators.model.checkpoint.ModelConfig;
import io.focusstream.operators.model.checkpoint.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes fresh weights with induction heads built in, for a trainer outside Java ({@code
 * jobs/src/main/python/train.py}). Needs no native library. Arguments: {@code CONFIG SEED OUT}.
 */
public final class FreshWeights {
  private FreshWeights() {}

  /** Runs; see the class. */
  public static void main(String[] args) throws IOException {
    if (args.length != 3) {
      throw new IllegalArgumentException(
          "give CONFIG SEED OUT: a config.json, a number, a folder; got " + args.length);
    }
    Path file = Path.of(args[0]);
    ModelConfig config = ModelConfig.parse(file.toString(), Files.readString(file));
    Path out = Path.of(args[2]);
    Files.createDirectories(out);
    TrainingCheckpoint.writeModel(
        out.resolve("model.safetensors"),
        config,
        InductionInit.weights(config, Long.parseLong(args[1])),
        TensorType.F32);
  }
}
