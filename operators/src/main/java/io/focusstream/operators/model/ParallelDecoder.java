package io.focusstream.operators.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.focusstream.operators.model.checkpoint.FocusSettings;
import io.focusstream.operators.model.checkpoint.ModelConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/**
 * One question being answered (FocusLLM §3.2, §3.3): each step continues every chunk with the
 * newest token, whose candidates the frozen decoder reads before the local context.
 *
 * <p>{@code exact} runs the whole local context again over each step's candidates, as the reference
 * does; {@code incremental} keeps its keys and values, so that earlier tokens keep what they saw.
 * The first step is the same in both.
 *
 * <p>Owns its buffers; the one who began the question closes it.
 */
public final class ParallelDecoder implements AnswerDecoder {
  /**
   * The local context.
   *
   * @param tokens token ids with the begin token
   * @param tailFrom index of its first tail token
   * @param tailTo index after its last tail token
   */
  public record Local(int[] tokens, int tailFrom, int tailTo) {}

  private final FocusModel model;
  private final NDManager manager;
  private final FocusSettings.LocalMode mode;
  private final List<ChunkBatch> batches = new ArrayList<>();
  private final int maxTokens;
  private final int tailFrom;
  private final int tailTo;
  private NDArray candidatePositions;
  private NDArray localStart;
  private int chunkCount;
  // the chunks that still take part, ascending; null for all
  private int[] kept;
  private final NDArray noCandidates;
  private final NDArray localKeys;
  private final NDArray localValues;
  private NDArray candidateKeys;
  private NDArray candidateValues;
  private int[] fresh;
  private int[] local;
  private int localRun;

  ParallelDecoder(
      FocusModel model, int[] prompt, Local local, int maxTokens, FocusSettings.LocalMode mode) {
    if (prompt.length == 0 || local.tokens().length == 0) {
      throw new IllegalArgumentException("prompt and local context must not be empty");
    }
    this.model = model;
    this.mode = mode;
    this.manager = model.newManager();
    this.maxTokens = maxTokens;
    this.tailFrom = local.tailFrom();
    this.tailTo = local.tailTo();
    ModelConfig config = model.config();
    Shape room =
        new Shape(
            config.layers(),
            config.keyValueHeads(),
            local.tokens().length + maxTokens,
            config.headDim());
    localKeys = manager.zeros(room);
    localValues = manager.zeros(room);
    noCandidates =
        manager.create(
            new Shape(config.layers(), 0, config.keyValueHeads(), config.headDim()),
            DataType.FLOAT32);
    this.candidateKeys = noCandidates;
    this.candidateValues = noCandidates;
    this.fresh = prompt.clone();
    this.local = local.tokens().clone();
  }

  @Override
  public void add(List<FocusModel.States> states) {
    if (candidatePositions != null) {
      throw new IllegalStateException("chunks can't be added after the first step");
    }
    int room = fresh.length + Math.min(maxTokens, ChunkBatch.ROOM_STEP);
    batches.add(new ChunkBatch(model, manager, states, room));
    chunkCount += states.size();
  }

  /** Over the prompt and the local context as they were given. */
  @Override
  public Step first() {
    FocusSettings settings = model.config().focus();
    candidatePositions = manager.create(FocusModel.candidatePositions(settings, chunkCount));
    localStart = manager.create(new double[] {FocusModel.localStart(settings, chunkCount)});
    return run();
  }

  /**
   * A further step.
   *
   * @param token the token chosen from the last step's logits; joins every chunk and the local
   *     context
   */
  @Override
  public Step next(int token) {
    fresh = new int[] {fresh[fresh.length - 1], token};
    local = Arrays.copyOf(local, local.length + 1);
    local[local.length - 1] = token;
    return run();
  }

  /**
   * From the next step on only these chunks take part: the others get no candidates and no
   * attention. What a further token costs is then in proportion to their number, not to the
   * history.
   *
   * @param chunks indices, ascending, at least one; once a question
   */
  @Override
  public void keep(int[] chunks) {
    if (kept != null || candidatePositions == null || chunks.length == 0) {
      throw new IllegalStateException("chunks are chosen once, after the first step, at least one");
    }
    List<ChunkBatch> left = ChunkBatch.keep(batches, chunks);
    batches.clear();
    batches.addAll(left);
    float[] positions = candidatePositions.toFloatArray();
    float[] selected = new float[chunks.length];
    for (int i = 0; i < chunks.length; i++) {
      selected[i] = positions[chunks[i]];
    }
    candidatePositions.close();
    candidatePositions = manager.create(selected);
    kept = chunks.clone();
  }

  /** Attention over the chunks that take part, as attention over all. */
  private float[] overAll(float[] attention) {
    if (kept == null) {
      return attention;
    }
    int layers = attention.length / (kept.length + 1);
    float[] all = new float[layers * (chunkCount + 1)];
    for (int layer = 0; layer < layers; layer++) {
      int from = layer * (kept.length + 1);
      int to = layer * (chunkCount + 1);
      for (int i = 0; i < kept.length; i++) {
        all[to + kept[i]] = attention[from + i];
      }
      all[to + chunkCount] = attention[from + kept.length];
    }
    return all;
  }

  private Step run() {
    try (NDManager scratch = manager.newSubManager()) {
      NDArray newTokens = FocusModel.tokens(scratch, List.of(fresh), fresh.length);
      if (!batches.isEmpty()) {
        NDList allKeys = new NDList();
        NDList allValues = new NDList();
        List<Supplier<NDArray[]>> work = new ArrayList<>();
        for (ChunkBatch batch : batches) {
          work.add(() -> batch.run(scratch, "condense", newTokens, fresh.length, fresh.length - 1));
        }
        for (NDArray[] candidates : model.sideBySide(work)) {
          allKeys.add(candidates[0]);
          allValues.add(candidates[1]);
        }
        candidateKeys = keep(candidateKeys, NDArrays.concat(allKeys, 1));
        candidateValues = keep(candidateValues, NDArrays.concat(allValues, 1));
      }
      int past = mode == FocusSettings.LocalMode.EXACT ? 0 : localRun;
      int[] part = Arrays.copyOfRange(local, past, local.length);
      NDArray[] out =
          model.run(
              scratch,
              "decode",
              candidateKeys,
              candidateValues,
              candidatePositions,
              localKeys,
              localValues,
              scratch.create(new long[] {past, tailFrom, tailTo}),
              localStart,
              FocusModel.tokens(scratch, List.of(part), part.length));
      localRun = local.length;
      return new Step(out[0].toFloatArray(), overAll(out[1].toFloatArray()), null);
    }
  }

  private NDArray keep(NDArray old, NDArray fresh) {
    if (old != noCandidates) {
      old.close();
    }
    fresh.attach(manager);
    return fresh;
  }

  /**
   * The last step's candidates, for comparison with the reference.
   *
   * @return keys before rotary embedding, values; each (L, C, G, D)
   */
  FocusModel.States candidates() {
    return new FocusModel.States(candidateKeys, candidateValues);
  }

  /**
   * A chunk's ordinary states followed by those of the prompt so far, for comparison with the
   * reference.
   *
   * @return keys after rotary embedding, values; each (L, G, chunk tokens + prompt tokens, D)
   */
  FocusModel.States ordinary(NDManager owner, int chunk) {
    int row = chunk;
    for (ChunkBatch batch : batches) {
      if (row < batch.size()) {
        return batch.ordinary(owner, row);
      }
      row -= batch.size();
    }
    throw new IllegalArgumentException("no chunk " + chunk);
  }

  @Override
  public int chunks() {
    return chunkCount;
  }

  @Override
  public void close() {
    batches.forEach(ChunkBatch::release);
    manager.close();
  }
}
