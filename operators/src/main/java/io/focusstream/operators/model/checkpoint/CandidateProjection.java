package io.focusstream.operators.model.checkpoint;

import java.util.Locale;

/**
 * The attention projections that a candidate token may have copies of (FocusLLM §3.2): query, key,
 * value, output.
 */
public enum CandidateProjection {
  Q,
  K,
  V,
  O;

  /**
   * The letter in config.json and in tensor names: {@code q}, {@code k}, {@code v} or {@code o}.
   */
  public String letter() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The added weight's name in the published checkpoints, for a layer counted from 0. */
  public String candidateWeight(int layer) {
    return "model.layers." + layer + ".self_attn.beacon_" + letter() + "_proj.weight";
  }

  /** The frozen weight's name, for a layer counted from 0. */
  public String frozenWeight(int layer) {
    return "model.layers." + layer + ".self_attn." + letter() + "_proj.weight";
  }
}
