package io.focusstream.jobs.training;

import io.focusstream.operators.model.ModelWeights;
import io.focusstream.operators.model.checkpoint.ModelConfig;
import io.focusstream.operators.model.checkpoint.Safetensors;
import io.focusstream.operators.model.checkpoint.SafetensorsWriter;
import io.focusstream.operators.model.checkpoint.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A run's checkpoint folder: {@code model.safetensors}, float32 under Hugging Face's names, and
 * {@code optimizer.safetensors} with AdamW's moments, the step and the seconds spent. Each is
 * written beside and moved into place; the model first, so that a stop between the two costs a
 * little, never the run.
 */
public final class TrainingCheckpoint {
  private static final String MODEL = "model.safetensors";
  private static final String OPTIMIZER = "optimizer.safetensors";

  /**
   * Where a run stands.
   *
   * @param weights by name
   * @param moments by name; empty for a run that has not begun
   * @param step steps taken
   * @param seconds time spent
   */
  public record State(
      Map<String, float[]> weights, Map<String, float[]> moments, long step, double seconds) {}

  private TrainingCheckpoint() {}

  /** A run to resume from this folder, or null where it holds none. */
  public static State resume(Path folder) throws IOException {
    if (!Files.exists(folder.resolve(OPTIMIZER))) {
      return null;
    }
    Map<String, float[]> moments;
    long step;
    double seconds;
    try (Safetensors file = Safetensors.open(folder.resolve(OPTIMIZER))) {
      moments = floats(file);
      step = Long.parseLong(file.metadata().get("step"));
      seconds = Double.parseDouble(file.metadata().get("seconds"));
    }
    return new State(weights(folder), moments, step, seconds);
  }

  /** The weights of a checkpoint folder, float32. */
  public static Map<String, float[]> weights(Path folder) throws IOException {
    try (Safetensors file = Safetensors.open(folder.resolve(MODEL))) {
      return floats(file);
    }
  }

  /**
   * The mean of several checkpoints' weights, which is often better than each of them (arXiv
   * 2203.05482).
   *
   * @param folders of one model's, at least one
   * @throws IllegalArgumentException where they don't have the same weights
   */
  public static Map<String, float[]> mean(List<Path> folders) throws IOException {
    Map<String, float[]> mean = weights(folders.get(0));
    for (Path folder : folders.subList(1, folders.size())) {
      Map<String, float[]> other = weights(folder);
      if (!other.keySet().equals(mean.keySet())) {
        throw new IllegalArgumentException(
            folder + " has other weights than " + folders.get(0) + "; give runs of one model");
      }
      for (Map.Entry<String, float[]> sum : mean.entrySet()) {
        float[] more = other.get(sum.getKey());
        if (more.length != sum.getValue().length) {
          throw new IllegalArgumentException(
              sum.getKey() + " is larger or smaller in " + folder + "; give runs of one model");
        }
        for (int i = 0; i < more.length; i++) {
          sum.getValue()[i] += more[i];
        }
      }
    }
    for (float[] sum : mean.values()) {
      for (int i = 0; i < sum.length; i++) {
        sum[i] /= folders.size();
      }
    }
    return mean;
  }

  private static Map<String, float[]> floats(Safetensors file) {
    Map<String, float[]> all = new LinkedHashMap<>();
    for (String name : file.names()) {
      all.put(name, file.tensor(name).toFloats());
    }
    return all;
  }

  /** Writes a checkpoint. */
  public static void save(Path folder, ModelConfig config, State state) throws IOException {
    Files.createDirectories(folder);
    writeModel(folder.resolve(MODEL), config, state.weights(), TensorType.F32);
    SafetensorsWriter optimizer = new SafetensorsWriter();
    optimizer.metadata("step", Long.toString(state.step()));
    optimizer.metadata("seconds", Double.toString(state.seconds()));
    state.moments().forEach((name, v) -> optimizer.floats(name, TensorType.F32, v, v.length));
    optimizer.write(folder.resolve(OPTIMIZER));
  }

  /** Writes weights under Hugging Face's names. */
  public static void writeModel(
      Path file, ModelConfig config, Map<String, float[]> weights, TensorType type)
      throws IOException {
    SafetensorsWriter writer = new SafetensorsWriter();
    writer.metadata("format", "pt");
    weights.forEach(
        (name, values) ->
            writer.floats(name, type, values, ModelWeights.shape(config, name).getShape()));
    writer.write(file);
  }

  /** Adds the added projections that are missing, as copies of the frozen ones. */
  public static Map<String, float[]> withAdded(ModelConfig config, Map<String, float[]> weights) {
    Map<String, float[]> all = new LinkedHashMap<>(weights);
    for (String name : ModelWeights.names(config)) {
      if (name.contains("beacon_")) {
        all.computeIfAbsent(name, n -> weights.get(n.replace("beacon_", "")).clone());
      }
    }
    return all;
  }
}
