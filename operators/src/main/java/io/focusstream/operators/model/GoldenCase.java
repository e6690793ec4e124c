package io.focusstream.operators.model;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import io.focusstream.operators.model.checkpoint.CandidateProjection;
import io.focusstream.operators.model.checkpoint.CheckpointFolder;
import io.focusstream.operators.model.checkpoint.FocusSettings;
import io.focusstream.operators.model.checkpoint.ModelConfig;
import io.focusstream.operators.model.checkpoint.Safetensors;
import io.focusstream.operators.model.checkpoint.TensorView;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Compares a checkpoint with what the FocusLLM reference (leezythu/FocusLLM) printed for it: a
 * folder with {@code expected.safetensors}, laid out as {@code
 * operators/src/test/resources/golden/README.md} says. Inference cases hold logits, tokens,
 * candidates and chunk states; training cases a loss and gradients.
 *
 * <p>The reference's rules are applied here, in one place: inputs below 4,096 tokens have no
 * memory; the dynamic prompt is the last min(512, chunk size, local window) tokens of the local
 * context; the begin token is put before both; candidates stand at positions 0..k-1.
 */
public final class GoldenCase {
  private static final int SHORTEST_WITH_MEMORY = 4096;
  private static final int LONGEST_PROMPT = 512;

  /**
   * One comparison.
   *
   * @param what for example {@code logits}
   * @param largest largest difference found; NaN fails
   * @param limit largest that passes
   * @param unit {@code absolute}, {@code relative} or {@code tokens}
   */
  public record Difference(String what, double largest, double limit, String unit) {
    /** Whether it passes. */
    public boolean passes() {
      return largest <= limit;
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%-24s %.3g (%s, limit %.0e) %s",
          what,
          largest,
          unit,
          limit,
          passes() ? "ok" : "FAIL");
    }
  }

  private GoldenCase() {}

  /**
   * Runs a case in float32 on the CPU.
   *
   * @param checkpoint the folder to load
   * @param golden the folder with {@code expected.safetensors}
   * @return what was compared, never empty
   */
  public static List<Difference> compare(Path checkpoint, Path golden) throws IOException {
    try (CheckpointFolder folder = CheckpointFolder.open(checkpoint);
        Safetensors expected = Safetensors.open(golden.resolve("expected.safetensors"))) {
      return expected.names().contains("loss")
          ? compareTraining(folder, expected)
          : compareInference(folder, expected);
    }
  }

  private static List<Difference> compareInference(CheckpointFolder folder, Safetensors expected) {
    FocusSettings settings = folder.config().focus();
    int[] ids = ints(expected.tensor("input_ids"));
    int[] wanted = ints(expected.tensor("generated_ids"));
    TensorView logitsView = expected.tensor("logits");
    float[] logits = logitsView.toFloats();
    int vocabulary = (int) logitsView.shape()[1];
    int memory = ids.length < SHORTEST_WITH_MEMORY ? 0 : ids.length - settings.localWindow();
    int[] local = Arrays.copyOfRange(ids, memory, ids.length);
    int[] prompt = prompt(folder.config(), local, settings.localWindow());
    List<int[]> chunks = cut(Arrays.copyOf(ids, memory), settings.chunkSize());
    double logitDifference = 0;
    double candidateDifference = 0;
    double stateDifference = 0;
    int otherTokens = 0;
    boolean candidates = false;
    boolean states = false;
    try (FocusModel model = new FocusModel(folder, Device.cpu(), Precision.FLOAT32);
        NDManager scratch = model.newManager();
        ParallelDecoder decoder =
            model.ask(
                prompt,
                new ParallelDecoder.Local(begun(folder.config(), local), 0, 0),
                wanted.length,
                FocusSettings.LocalMode.EXACT)) {
      List<FocusModel.States> memoryStates = condense(model, scratch, chunks);
      int together = model.chunksABatch(chunks.size());
      for (int from = 0; from < chunks.size(); from += together) {
        decoder.add(memoryStates.subList(from, Math.min(chunks.size(), from + together)));
      }
      int token = -1;
      for (int step = 0; step < wanted.length; step++) {
        ParallelDecoder.Step got = step == 0 ? decoder.first() : decoder.next(token);
        logitDifference =
            Math.max(
                logitDifference,
                largest(
                    got.logits(),
                    Arrays.copyOfRange(logits, step * vocabulary, (step + 1) * vocabulary)));
        token = TokenChoice.likeliest(got.logits());
        if (token != wanted[step]) {
          otherTokens++;
        }
        if (expected.names().contains("step" + step + ".candidates.0.key")) {
          candidates = true;
          candidateDifference =
              Math.max(candidateDifference, candidates(folder.config(), decoder, expected, step));
        }
        for (int chunk = 0; step == 0 && chunk < chunks.size(); chunk++) {
          if (expected.names().contains("step0.chunk" + chunk + ".0.key")) {
            states = true;
            stateDifference =
                Math.max(
                    stateDifference, states(folder.config(), scratch, decoder, expected, chunk));
          }
        }
      }
    }
    List<Difference> all = new ArrayList<>();
    all.add(new Difference("logits", logitDifference, 1e-4, "absolute"));
    all.add(new Difference("greedy tokens", otherTokens, 0, "tokens that differ"));
    if (candidates) {
      all.add(new Difference("candidates", candidateDifference, 1e-4, "absolute"));
    }
    if (states) {
      all.add(new Difference("chunk states", stateDifference, 1e-4, "absolute"));
    }
    return all;
  }

  private static List<FocusModel.States> condense(
      FocusModel model, NDManager scratch, List<int[]> chunks) {
    List<FocusModel.States> all = new ArrayList<>();
    for (int from = 0; from < chunks.size(); from += 8) {
      List<int[]> part = chunks.subList(from, Math.min(chunks.size(), from + 8));
      FocusModel.States batch = model.prefill(scratch, part);
      for (int i = 0; i < part.size(); i++) {
        all.add(
            new FocusModel.States(
                batch.keys().get(":, {}, :, 0:{}", i, part.get(i).length),
                batch.values().get(":, {}, :, 0:{}", i, part.get(i).length)));
      }
    }
    return all;
  }

  // ours (L, C, G, D), theirs a layer (G, C, D)
  private static double candidates(
      ModelConfig config, ParallelDecoder decoder, Safetensors expected, int step) {
    double largest = 0;
    for (int layer = 0; layer < config.layers(); layer++) {
      String prefix = "step" + step + ".candidates." + layer;
      largest =
          Math.max(
              largest,
              largest(
                  decoder.candidates().keys().get(layer).transpose(1, 0, 2).toFloatArray(),
                  expected.tensor(prefix + ".key").toFloats()));
      largest =
          Math.max(
              largest,
              largest(
                  decoder.candidates().values().get(layer).transpose(1, 0, 2).toFloatArray(),
                  expected.tensor(prefix + ".value").toFloats()));
    }
    return largest;
  }

  private static double states(
      ModelConfig config,
      NDManager scratch,
      ParallelDecoder decoder,
      Safetensors expected,
      int chunk) {
    FocusModel.States ours = decoder.ordinary(scratch, chunk);
    double largest = 0;
    for (int layer = 0; layer < config.layers(); layer++) {
      String prefix = "step0.chunk" + chunk + "." + layer;
      TensorView key = expected.tensor(prefix + ".key");
      float[] rotated =
          rotated(
              key.toFloats(), (int) key.shape()[1], config.headDim(), RotaryFrequencies.of(config));
      largest = Math.max(largest, largest(ours.keys().get(layer).toFloatArray(), rotated));
      largest =
          Math.max(
              largest,
              largest(
                  ours.values().get(layer).toFloatArray(),
                  expected.tensor(prefix + ".value").toFloats()));
    }
    return largest;
  }

  // theirs are before rotary embedding, ours after: (G, T, D), positions from 0
  private static float[] rotated(float[] keys, int tokens, int size, float[] frequencies) {
    float[] out = new float[keys.length];
    int half = size / 2;
    for (int row = 0; row < keys.length / size; row++) {
      for (int i = 0; i < half; i++) {
        float angle = (row % tokens) * frequencies[i];
        double cos = Math.cos(angle);
        double sin = Math.sin(angle);
        float a = keys[row * size + i];
        float b = keys[row * size + half + i];
        out[row * size + i] = (float) (a * cos - b * sin);
        out[row * size + half + i] = (float) (b * cos + a * sin);
      }
    }
    return out;
  }

  private static List<Difference> compareTraining(CheckpointFolder folder, Safetensors expected) {
    Map<String, String> facts = expected.metadata();
    int[] ids = ints(expected.tensor("input_ids"));
    int start = Integer.parseInt(facts.get("local_query_start"));
    int size = Integer.parseInt(facts.get("local_size"));
    int chunkSize = Integer.parseInt(facts.get("chunk_size"));
    int memory = Integer.parseInt(facts.get("memory_tokens"));
    int label = Integer.parseInt(facts.get("label"));
    int[] local = Arrays.copyOfRange(ids, start, start + size);
    int longest = Math.min(LONGEST_PROMPT, Math.min(chunkSize, size));
    int[] prompt =
        begun(
            folder.config(),
            Arrays.copyOfRange(local, Math.max(0, local.length - longest), local.length));
    int[] begunLocal = begun(folder.config(), local);
    Map<String, float[]> weights = new LinkedHashMap<>();
    for (String name : ModelWeights.names(folder.config())) {
      weights.put(
          name, folder.tensor(folder.has(name) ? name : name.replace("beacon_", "")).toFloats());
    }
    try (TrainableModel model =
        new TrainableModel(
            folder.config(), weights, TrainableModel.Part.ADDED, Device.cpu(), Precision.FLOAT32)) {
      TrainableModel.Result result =
          model.memory(
              new TrainableModel.MemoryBatch(
                  cut(Arrays.copyOf(ids, memory), chunkSize),
                  List.of(prompt),
                  new int[] {prompt.length - 1},
                  List.of(begunLocal),
                  new int[] {begunLocal.length - 1},
                  new int[][] {{label}},
                  new float[][] {{1}},
                  null),
              TrainableModel.StateNoise.NONE);
      double gradients = 0;
      int compared = 0;
      for (int layer = 0; layer < folder.config().layers(); layer++) {
        for (CandidateProjection projection : CandidateProjection.values()) {
          String name = projection.candidateWeight(layer);
          float[] got = model.gradient(name);
          if (expected.names().contains("grad." + name)) {
            float[] wanted = expected.tensor("grad." + name).toFloats();
            gradients = Math.max(gradients, relative(got, wanted));
            compared++;
          } else {
            gradients = Math.max(gradients, norm(got));
          }
        }
      }
      if (compared == 0) {
        throw new IllegalArgumentException("the case holds no gradients");
      }
      double loss = expected.tensor("loss").toFloats()[0];
      return List.of(
          new Difference("loss", Math.abs(result.loss() - loss), 1e-4, "absolute"),
          new Difference("gradients (" + compared + ")", gradients, 1e-3, "relative"));
    }
  }

  private static int[] prompt(ModelConfig config, int[] local, int window) {
    int longest = Math.min(LONGEST_PROMPT, Math.min(config.focus().chunkSize(), window));
    return begun(
        config, Arrays.copyOfRange(local, Math.max(0, local.length - longest), local.length));
  }

  private static int[] begun(ModelConfig config, int[] tokens) {
    if (tokens[0] == config.beginToken()) {
      return tokens;
    }
    int[] all = new int[tokens.length + 1];
    all[0] = config.beginToken();
    System.arraycopy(tokens, 0, all, 1, tokens.length);
    return all;
  }

  private static List<int[]> cut(int[] memory, int size) {
    List<int[]> chunks = new ArrayList<>();
    for (int from = 0; from < memory.length; from += size) {
      chunks.add(Arrays.copyOfRange(memory, from, Math.min(memory.length, from + size)));
    }
    return chunks;
  }

  private static int[] ints(TensorView view) {
    return Arrays.stream(view.toLongs()).mapToInt(Math::toIntExact).toArray();
  }

  // NaN stays NaN: Math.max hands it on, and no comparison lets it pass
  private static double largest(float[] got, float[] wanted) {
    if (got.length != wanted.length) {
      throw new IllegalArgumentException(
          "got %d numbers; expected %d".formatted(got.length, wanted.length));
    }
    double largest = 0;
    for (int i = 0; i < got.length; i++) {
      largest = Math.max(largest, Math.abs((double) got[i] - wanted[i]));
    }
    return largest;
  }

  private static double relative(float[] got, float[] wanted) {
    float[] difference = new float[got.length];
    for (int i = 0; i < got.length; i++) {
      difference[i] = got[i] - wanted[i];
    }
    return norm(difference) / norm(wanted);
  }

  private static double norm(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += (double) value * value;
    }
    return Math.sqrt(sum);
  }
}
