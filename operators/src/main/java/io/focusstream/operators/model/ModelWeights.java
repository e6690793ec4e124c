package io.focusstream.operators.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.focusstream.operators.model.checkpoint.CandidateProjection;
import io.focusstream.operators.model.checkpoint.CheckpointFolder;
import io.focusstream.operators.model.checkpoint.FocusSettings;
import io.focusstream.operators.model.checkpoint.ModelConfig;
import io.focusstream.operators.model.checkpoint.TensorView;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A checkpoint's weights, in the graph's order and on a device. */
public final class ModelWeights {
  private static final Logger LOG = LoggerFactory.getLogger(ModelWeights.class);

  /** Weights before the first layer: embedding, final norm, head. */
  public static final int LEADING = 3;

  /** Weights a layer. */
  public static final int PER_LAYER = 13;

  /** About so many rows has a product; the library may choose a matrix's layout by it. */
  static final int ROWS_OF_A_PRODUCT = 256;

  private ModelWeights() {}

  /**
   * Names in the graph's order; a tied head has the embedding's name.
   *
   * @param config the model's shape
   */
  public static List<String> names(ModelConfig config) {
    List<String> names = new ArrayList<>();
    names.add("model.embed_tokens.weight");
    names.add("model.norm.weight");
    names.add(config.tiedEmbeddings() ? "model.embed_tokens.weight" : "lm_head.weight");
    for (int layer = 0; layer < config.layers(); layer++) {
      String prefix = "model.layers." + layer + ".";
      names.add(prefix + "input_layernorm.weight");
      for (CandidateProjection projection : CandidateProjection.values()) {
        names.add(projection.frozenWeight(layer));
      }
      names.add(prefix + "post_attention_layernorm.weight");
      names.add(prefix + "mlp.gate_proj.weight");
      names.add(prefix + "mlp.up_proj.weight");
      names.add(prefix + "mlp.down_proj.weight");
      for (CandidateProjection projection : CandidateProjection.values()) {
        names.add(projection.candidateWeight(layer));
      }
    }
    return names;
  }

  /** The shape of a weight, as in the checkpoint: matrices are (out, in). */
  public static Shape shape(ModelConfig config, String name) {
    long hidden = config.hiddenSize();
    long wide = (long) config.heads() * config.headDim();
    long narrow = (long) config.keyValueHeads() * config.headDim();
    if (name.contains("norm")) {
      return new Shape(hidden);
    }
    if (name.contains("embed_tokens") || name.contains("lm_head")) {
      return new Shape(config.vocabularySize(), hidden);
    }
    if (name.contains("q_proj")) {
      return new Shape(wide, hidden);
    }
    if (name.contains("k_proj") || name.contains("v_proj")) {
      return new Shape(narrow, hidden);
    }
    if (name.contains("o_proj")) {
      return new Shape(hidden, wide);
    }
    if (name.contains("down_proj")) {
      return new Shape(hidden, config.intermediateSize());
    }
    return new Shape(config.intermediateSize(), hidden);
  }

  /** How many numbers a weight has. */
  public static int size(ModelConfig config, String name) {
    return Math.toIntExact(shape(config, name).size());
  }

  /**
   * The weights as inference reads them: products over the same numbers are one; on a CPU matrices
   * are laid out as oneDNN reads them, where it has products of that type. The given ones are
   * closed.
   *
   * @param manager owner of the arrays, on their device
   * @param shape the graph's {@code cfg}
   */
  static FocusGraph.Tensors fuse(
      NDManager manager,
      FocusGraph graph,
      FocusGraph.Tensors weights,
      NDArray shape,
      Precision precision) {
    List<NDArray> fused = List.of(graph.run(manager, "fuse", weights, shape));
    weights.close();
    weights.arrays().forEach(NDArray::close);
    if (!manager.getDevice().isGpu() && GraphArchive.oneDnn(precision)) {
      List<NDArray> plain = fused;
      try (NDArray rows = manager.create(new long[] {ROWS_OF_A_PRODUCT})) {
        fused = List.of(graph.run(manager, "pack", plain, rows));
      }
      plain.forEach(NDArray::close);
    }
    return new FocusGraph.Tensors(fused);
  }

  /**
   * Loads a checkpoint. Added projections that it lacks are the frozen ones, with a warning: such a
   * model runs, but its candidates have never learnt to carry anything.
   *
   * @param manager owner of the arrays
   */
  public static FocusGraph.Tensors load(
      NDManager manager, FocusGraph graph, CheckpointFolder folder, Precision precision) {
    ModelConfig config = folder.config();
    if (config.projectionBias() || config.outputBias() || config.queryKeyNorm()) {
      throw new IllegalArgumentException(
          folder.directory()
              + ": "
              + config.modelType()
              + " with projection biases or query/key norms is not supported yet; use a LLaMA or"
              + " Mistral checkpoint");
    }
    if (config.ropeScaling().isPresent()) {
      LOG.info("{} scales its rotary frequencies: {}", folder.name(), config.ropeScaling().get());
    }
    List<String> missing = folder.missingCandidateProjections();
    // proposals need none
    if (!missing.isEmpty() && config.focus().readout() == FocusSettings.Readout.DECODER) {
      LOG.warn(
          "{} has no {} ({} added projections are missing): they start as copies of the frozen ones;"
              + " train them with `focus train projections`",
          folder.name(),
          missing.get(0),
          missing.size());
    }
    return arrange(
        manager,
        graph,
        config,
        precision,
        name -> {
          String stored = folder.has(name) ? name : name.replace("beacon_", "");
          TensorView view = folder.tensor(stored);
          return manager.create(view.toFloats(), new Shape(view.shape()));
        });
  }

  /** Arranges float32 arrays, given by name, in the graph's order and casts the matrices. */
  public static FocusGraph.Tensors arrange(
      NDManager manager,
      FocusGraph graph,
      ModelConfig config,
      Precision precision,
      Function<String, NDArray> byName) {
    List<NDArray> all = new ArrayList<>();
    for (String name : names(config)) {
      all.add(
          name.equals("model.embed_tokens.weight") && !all.isEmpty()
              ? all.get(0)
              : byName.apply(name));
    }
    if (precision == Precision.FLOAT32) {
      return new FocusGraph.Tensors(all);
    }
    List<NDArray> matrices = new ArrayList<>();
    for (int i = 2; i < all.size(); i++) {
      if (all.get(i).getShape().dimension() == 2) {
        matrices.add(all.get(i));
      }
    }
    NDArray[] cast;
    try (NDArray type = manager.create(new long[] {precision.torchType()})) {
      cast = graph.run(manager, "cast", matrices, type);
    }
    int next = 0;
    List<NDArray> arranged = new ArrayList<>(all.subList(0, 2));
    for (int i = 2; i < all.size(); i++) {
      NDArray one = all.get(i);
      if (one.getShape().dimension() == 2) {
        arranged.add(cast[next++]);
        if (one != all.get(0)) {
          one.close();
        }
      } else {
        arranged.add(one);
      }
    }
    return new FocusGraph.Tensors(arranged);
  }
}
