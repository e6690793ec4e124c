package io.focusstream.operators.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;
import io.focusstream.operators.model.checkpoint.FocusSettings;
import io.focusstream.operators.model.checkpoint.ModelConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Weights that learn, by the same graph: the base by next-token prediction, or the added
 * projections beside a frozen base (FocusLLM §3.4), or both together. Master weights and both
 * moments of AdamW are float32; products run in the given precision. One thread at a time.
 *
 * <p>Legend: B rows, S sequence, C chunks, T tokens of a chunk, Q questions, A answer steps.
 */
public final class TrainableModel implements AutoCloseable {

  /** Which weights learn; the others are frozen. */
  public enum Part {
    /** All but the added projections. */
    BASE,
    /** The added projections only. */
    ADDED,
    /** All weights together, chunk states included: they carry gradients too. */
    ALL
  }

  /**
   * AdamW's settings.
   *
   * @param beta1 decay of the first moment
   * @param beta2 decay of the second moment
   * @param epsilon added to the root of the second moment
   * @param weightDecay on matrices, embeddings excepted
   * @param largestNorm gradients are scaled so that their common norm is at most this
   * @param momentum where above 0, matrices take orthogonal steps with this decay of the momentum
   *     instead (Muon, arXiv 2502.16982); embeddings and norms stay with AdamW
   */
  public record Optimizer(
      double beta1,
      double beta2,
      double epsilon,
      double weightDecay,
      double largestNorm,
      double momentum) {
    /** AdamW throughout. */
    public static final Optimizer ADAMW = new Optimizer(0.9, 0.95, 1e-8, 0.1, 1.0, 0);

    /** Orthogonal steps for matrices. */
    public static final Optimizer MUON = new Optimizer(0.9, 0.95, 1e-8, 0.1, 1.0, 0.95);
  }

  /**
   * What a pass gives.
   *
   * @param loss weighted mean of the tokens' cross entropies, nats
   * @param weight the sum of the weights
   * @param right weighted part of the tokens that were predicted right, in [0, 1]
   * @param exact one number a question: 1 where all its tokens were right; empty for plain
   *     sequences
   */
  public record Result(double loss, double weight, double right, float[] exact) {}

  /**
   * A memory and its questions; see {@code train_candidates} and {@code train_local} in the graph's
   * source.
   *
   * @param chunks (C) rows of token ids
   * @param prompts (Q) rows: begin token, question, answer but for its last token
   * @param promptLast (Q) index of the question's last token in its prompt
   * @param locals (Q) rows: begin token, tail, question, answer but for its last token
   * @param localLast (Q) index of the question's last token in its local context
   * @param targets (Q) rows of A token ids
   * @param weights (Q) rows of A weights, 0 = not supervised
   * @param distance (C) how many chunks ago each was, for {@link
   *     FocusSettings.CandidatePositions#RECENCY}; null where they follow one another
   */
  public record MemoryBatch(
      List<int[]> chunks,
      List<int[]> prompts,
      int[] promptLast,
      List<int[]> locals,
      int[] localLast,
      int[][] targets,
      float[][] weights,
      int[] distance) {}

  private final NDManager manager;
  private final FocusGraph graph;
  private final ModelConfig config;
  private final Precision precision;
  private final Map<String, NDArray> master = new LinkedHashMap<>();
  private final List<String> learning = new ArrayList<>();
  private final List<NDArray> first = new ArrayList<>();
  private final List<NDArray> second = new ArrayList<>();
  private final NDArray shape;
  private final NDArray constants;
  private final NDArray frequencies;
  private final NDArray decays;

  /**
   * A model whose given part learns.
   *
   * @param weights by checkpoint name, float32, shapes as {@link ModelWeights#shape}; all of {@link
   *     ModelWeights#names}
   */
  public TrainableModel(
      ModelConfig config,
      Map<String, float[]> weights,
      Part part,
      Device device,
      Precision precision) {
    this.manager = FocusGraph.engine().newBaseManager(device);
    this.graph = new FocusGraph(manager);
    this.config = config;
    this.precision = precision;
    List<Long> decay = new ArrayList<>();
    for (String name : ModelWeights.names(config)) {
      if (master.containsKey(name)) {
        continue;
      }
      float[] values = weights.get(name);
      if (values == null) {
        throw new IllegalArgumentException("no weight is given for " + name);
      }
      Shape wanted = ModelWeights.shape(config, name);
      if (values.length != wanted.size()) {
        throw new IllegalArgumentException(
            "%s has %d numbers; expected %s".formatted(name, values.length, wanted));
      }
      NDArray array = manager.create(values, wanted);
      master.put(name, array);
      if (part == Part.ALL || name.contains("beacon") == (part == Part.ADDED)) {
        array.setRequiresGradient(true);
        learning.add(name);
        first.add(manager.zeros(wanted));
        second.add(manager.zeros(wanted));
        decay.add(wanted.dimension() == 2 && !name.contains("embed") ? 1L : 0L);
      }
    }
    this.shape = FocusModel.shape(manager, config);
    this.constants = manager.create(new double[] {config.rmsNormEpsilon()});
    this.frequencies = manager.create(RotaryFrequencies.of(config));
    this.decays = manager.create(decay.stream().mapToLong(Long::longValue).toArray());
  }

  /** The model's shape and settings. */
  public ModelConfig config() {
    return config;
  }

  /**
   * Loss of plain sequences and its gradients.
   *
   * @param tokens (B) rows of S token ids
   * @param weights (B) rows of S weights of predicting each token from those before it
   */
  public Result sequences(int[][] tokens, float[][] weights) {
    return pass(
        scratch ->
            graph.train(
                scratch,
                "lm_loss",
                inOrder(),
                shape,
                constants,
                frequencies,
                scratch.create(new long[] {precision.torchType()}),
                FocusModel.tokens(scratch, List.of(tokens), tokens[0].length),
                scratch.create(weights)));
  }

  /**
   * Loss of what chunks propose and its gradients. {@link Result#exact} has four numbers: tokens
   * that were said rightly, all that were to be said, abstentions rightly, all of those; of
   * questions, not of the chunks' own text.
   *
   * @param abstain the token of a chunk that has nothing to say
   */
  public Result proposals(ProposalRows rows, int abstain) {
    ProposalLayout layout = ProposalLayout.of(rows);
    return pass(
        scratch ->
            graph.train(
                scratch,
                "proposal_loss",
                inOrder(),
                shape,
                constants,
                frequencies,
                scratch.create(new long[] {precision.torchType()}),
                longs(scratch, layout.tokens()),
                longs(scratch, layout.positions()),
                longs(scratch, layout.groups()),
                longs(scratch, layout.whose()),
                longs(scratch, layout.columns()).reshape(layout.whose().length, layout.groups()[1]),
                scratch.create(new long[] {layout.moved() ? 1 : 0}),
                longs(scratch, layout.targets()),
                scratch.create(layout.weights()),
                scratch.create(new long[] {abstain})));
  }

  /**
   * Loss of questions over a memory and its gradients.
   *
   * @param noise whether chunk states get a little noise, of the size of int8 rounding
   */
  public Result memory(MemoryBatch batch, StateNoise noise) {
    return pass(
        scratch -> {
          int count = batch.chunks().size();
          int steps = batch.targets()[0].length;
          NDArray chunks = rows(scratch, batch.chunks());
          NDArray lengths =
              scratch.create(batch.chunks().stream().mapToLong(c -> c.length).toArray());
          NDArray[] states = run(scratch, "train_prefill", chunks);
          if (noise == StateNoise.INT8) {
            states[0] = graph.train(scratch, "int8_noise", states[0])[0];
            states[1] = graph.train(scratch, "int8_noise", states[1])[0];
          }
          NDArray[] candidates =
              run(
                  scratch,
                  "train_candidates",
                  states[0],
                  states[1],
                  lengths,
                  rows(scratch, batch.prompts()),
                  longs(scratch, batch.promptLast()),
                  scratch.create(new long[] {steps}));
          return run(
              scratch,
              "train_local",
              candidates[0],
              candidates[1],
              scratch.create(positions(batch, count)),
              scratch.create(new double[] {FocusModel.localStart(config.focus(), count)}),
              rows(scratch, batch.locals()),
              longs(scratch, batch.localLast()),
              FocusModel.tokens(scratch, List.of(batch.targets()), steps),
              scratch.create(batch.weights()));
        });
  }

  private float[] positions(MemoryBatch batch, int count) {
    boolean recency =
        config.focus().candidatePositions() == FocusSettings.CandidatePositions.RECENCY;
    return recency && batch.distance() != null
        ? FocusModel.recencyPositions(config.focus(), batch.distance())
        : FocusModel.candidatePositions(config.focus(), count);
  }

  /** Whether chunk states are disturbed while learning, as quantising will disturb them. */
  public enum StateNoise {
    /** Left as they are. */
    NONE,
    /** Uniform, half a step of int8 to each side. */
    INT8
  }

  private interface Forward {
    NDArray[] run(NDManager scratch);
  }

  private Result pass(Forward forward) {
    try (NDManager scratch = manager.newSubManager();
        GradientCollector collector = FocusGraph.engine().newGradientCollector()) {
      NDArray[] out = forward.run(scratch);
      float weight = out[1].getFloat();
      if (!(weight > 0)) {
        throw new IllegalArgumentException("no token of the batch is supervised");
      }
      NDArray loss = out[0].div(weight);
      collector.backward(loss);
      return new Result(
          loss.getFloat(),
          weight,
          out[2].getFloat() / weight,
          out.length > 3 ? out[3].toFloatArray() : new float[0]);
    }
  }

  private List<NDArray> inOrder() {
    List<NDArray> arranged = new ArrayList<>();
    for (String name : ModelWeights.names(config)) {
      arranged.add(master.get(name));
    }
    return arranged;
  }

  private NDArray[] run(NDManager scratch, String method, Object... more) {
    List<NDArray> arranged = inOrder();
    if (precision != Precision.FLOAT32) {
      List<NDArray> matrices = new ArrayList<>();
      for (int i = ModelWeights.LEADING - 1; i < arranged.size(); i++) {
        if (arranged.get(i).getShape().dimension() == 2) {
          matrices.add(arranged.get(i));
        }
      }
      NDArray type = scratch.create(new long[] {precision.torchType()});
      NDArray[] cast = graph.train(scratch, "cast", matrices, type);
      int next = 0;
      for (int i = ModelWeights.LEADING - 1; i < arranged.size(); i++) {
        if (arranged.get(i).getShape().dimension() == 2) {
          arranged.set(i, cast[next++]);
        }
      }
    }
    Object[] all = new Object[4 + more.length];
    all[0] = arranged;
    all[1] = shape;
    all[2] = constants;
    all[3] = frequencies;
    System.arraycopy(more, 0, all, 4, more.length);
    return graph.train(scratch, method, all);
  }

  private static NDArray rows(NDManager scratch, List<int[]> rows) {
    return FocusModel.tokens(
        scratch, rows, rows.stream().mapToInt(r -> r.length).max().orElseThrow());
  }

  private static NDArray longs(NDManager scratch, int[] values) {
    long[] wide = new long[values.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = values[i];
    }
    return scratch.create(wide);
  }

  /** The gradient of a weight that learns; all zero where nothing reached it. */
  public float[] gradient(String name) {
    try (NDArray gradient = gradientOf(master.get(name))) {
      return gradient.toFloatArray();
    }
  }

  private NDArray gradientOf(NDArray weight) {
    PtNDArray gradient = JniUtils.getGradient((PtNDArray) weight);
    return gradient != null ? gradient : manager.zeros(weight.getShape(), DataType.FLOAT32);
  }

  /**
   * One step with the gradients that have gathered, which are cleared.
   *
   * @param step from 1
   * @return the gradients' common norm before clipping
   */
  public double step(Optimizer settings, double learningRate, long step) {
    try (NDManager scratch = manager.newSubManager()) {
      List<NDArray> parameters = new ArrayList<>();
      List<NDArray> gradients = new ArrayList<>();
      for (String name : learning) {
        NDArray weight = master.get(name);
        parameters.add(weight);
        NDArray gradient = gradientOf(weight);
        gradient.attach(scratch);
        gradients.add(gradient);
      }
      NDArray scalars =
          scratch.create(
              new double[] {
                learningRate,
                settings.beta1(),
                settings.beta2(),
                settings.epsilon(),
                settings.weightDecay(),
                step,
                settings.largestNorm(),
                settings.momentum()
              });
      float norm =
          graph.run(scratch, "adamw", parameters, gradients, first, second, decays, scalars)[0]
              .getFloat();
      for (NDArray weight : parameters) {
        JniUtils.zeroGrad((PtNDArray) weight);
      }
      return norm;
    }
  }

  /** Names of the weights that learn, in the order of the optimizer. */
  public List<String> learning() {
    return List.copyOf(learning);
  }

  /** All weights, by checkpoint name. */
  public Map<String, float[]> weights() {
    Map<String, float[]> all = new LinkedHashMap<>();
    master.forEach((name, array) -> all.put(name, array.toFloatArray()));
    return all;
  }

  /** Both moments of the weights that learn, for a checkpoint that resumes: {@code first.NAME} … */
  public Map<String, float[]> moments() {
    Map<String, float[]> all = new LinkedHashMap<>();
    for (int i = 0; i < learning.size(); i++) {
      all.put("first." + learning.get(i), first.get(i).toFloatArray());
      all.put("second." + learning.get(i), second.get(i).toFloatArray());
    }
    return all;
  }

  /** Puts moments back that {@link #moments()} gave. */
  public void restoreMoments(Map<String, float[]> moments) {
    for (int i = 0; i < learning.size(); i++) {
      first.get(i).set(moments.get("first." + learning.get(i)));
      second.get(i).set(moments.get("second." + learning.get(i)));
    }
  }

  @Override
  public void close() {
    graph.close();
    manager.close();
  }
}
