package io.focusstream.operators.model;

import io.focusstream.operators.model.checkpoint.ModelConfig;

/** Rotary embedding's frequencies (Su et al., arXiv 2104.09864), with LLaMA 3's scaling. */
public final class RotaryFrequencies {
  private RotaryFrequencies() {}

  /** One frequency for each pair of a head's dimensions: headDim / 2 numbers. */
  public static float[] of(ModelConfig config) {
    float[] frequencies = new float[config.headDim() / 2];
    for (int i = 0; i < frequencies.length; i++) {
      float exponent = 2f * i / config.headDim();
      double frequency = 1.0 / (float) Math.pow(config.ropeTheta(), exponent);
      frequencies[i] =
          config.ropeScaling().map(s -> scale(s, frequency)).orElse(frequency).floatValue();
    }
    return frequencies;
  }

  // Long waves are slowed by the factor, short ones kept, those between interpolated.
  private static double scale(ModelConfig.RopeScaling scaling, double frequency) {
    double wave = 2 * Math.PI / frequency;
    double longest = scaling.originalMaxPositions() / scaling.lowFrequencyFactor();
    double shortest = scaling.originalMaxPositions() / scaling.highFrequencyFactor();
    if (wave < shortest) {
      return frequency;
    }
    if (wave > longest) {
      return frequency / scaling.factor();
    }
    double smooth =
        (scaling.originalMaxPositions() / wave - scaling.lowFrequencyFactor())
            / (scaling.highFrequencyFactor() - scaling.lowFrequencyFactor());
    return (1 - smooth) * frequency / scaling.factor() + smooth * frequency;
  }
}
