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
public final class ParallelDecoder implements AutoCloseable {
  /** Chunks a batch: enough to fill the processor, few enough to stay near its caches. */
  public static final int CHUNKS_A_BATCH = 64;

  // Each step reads all columns of a chunk, those without a token too: room is made as it is
  // needed.
  private static final int ROOM_STEP = 16;

  /**
   * What a step gives.
   *
   * @param logits (V)
   * @param attention (L, C + 1), row after row: the part of the last token's attention that went to
   *     each candidate, and to the tail token that got most; mean over heads
   */
  public record Step(float[] logits, float[] attention) {}

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
  private final List<Batch> batches = new ArrayList<>();
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

  // T columns of chunks, then room for the prompt.
  private final class Batch {
    NDArray keys;
    NDArray values;
    NDArray lengths;
    final int tokens;
    int prompt;
    int room;

    Batch(List<FocusModel.States> states, int room) {
      this.room = room;
      long[] length = states.stream().mapToLong(s -> s.keys().getShape().get(2)).toArray();
      tokens = (int) Arrays.stream(length).max().orElseThrow();
      keys =
          model.gather(
              manager, states.stream().map(FocusModel.States::keys).toList(), tokens, room);
      values =
          model.gather(
              manager, states.stream().map(FocusModel.States::values).toList(), tokens, room);
      lengths = manager.create(length);
    }

    /** Leaves out all rows but these. */
    void keep(int[] rows) {
      try (NDArray picked = manager.create(Arrays.stream(rows).mapToLong(row -> row).toArray())) {
        NDArray[] kept = model.pick(manager, List.of(keys, values, lengths), picked);
        close();
        keys = kept[0];
        values = kept[1];
        lengths = kept[2];
      }
    }

    void close() {
      keys.close();
      values.close();
      lengths.close();
    }

    NDArray[] extend(NDManager owner, NDArray newTokens, int count) {
      if (prompt + count > room) {
        NDArray[] grown = model.grow(manager, List.of(keys, values), ROOM_STEP);
        keys.close();
        values.close();
        keys = grown[0];
        values = grown[1];
        room += ROOM_STEP;
      }
      try (NDArray span = owner.create(new long[] {tokens, prompt})) {
        NDArray[] candidates = model.run(owner, "condense", keys, values, lengths, span, newTokens);
        prompt += count - 1;
        return candidates;
      }
    }
  }

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

  /**
   * Puts the next chunks beside those already there; all before {@link #first()}.
   *
   * @param states (L, G, T_i, D) each, oldest first, at most {@link #CHUNKS_A_BATCH}; copied
   */
  public void add(List<FocusModel.States> states) {
    if (candidatePositions != null) {
      throw new IllegalStateException("chunks can't be added after the first step");
    }
    if (states.isEmpty() || states.size() > CHUNKS_A_BATCH) {
      throw new IllegalArgumentException(
          "a batch has 1 to %d chunks; got %d".formatted(CHUNKS_A_BATCH, states.size()));
    }
    batches.add(new Batch(states, fresh.length + Math.min(maxTokens, ROOM_STEP)));
    chunkCount += states.size();
  }

  /** The first step: over the prompt and the local context as they were given. */
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
  public void keep(int[] chunks) {
    if (kept != null || candidatePositions == null || chunks.length == 0) {
      throw new IllegalStateException("chunks are chosen once, after the first step, at least one");
    }
    int at = 0;
    int from = 0;
    List<Batch> left = new ArrayList<>();
    for (Batch batch : batches) {
      int size = Math.toIntExact(batch.lengths.getShape().get(0));
      int first = at;
      while (at < chunks.length && chunks[at] < from + size) {
        at++;
      }
      int base = from;
      if (at == first) {
        batch.close();
      } else {
        if (at - first < size) {
          batch.keep(Arrays.stream(chunks, first, at).map(chunk -> chunk - base).toArray());
        }
        left.add(batch);
      }
      from += size;
    }
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
        for (Batch batch : batches) {
          work.add(() -> batch.extend(scratch, newTokens, fresh.length));
        }
        for (NDArray[] candidates : model.runAll(work)) {
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
      return new Step(out[0].toFloatArray(), overAll(out[1].toFloatArray()));
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
    Batch batch = batches.get(chunk / CHUNKS_A_BATCH);
    int row = chunk % CHUNKS_A_BATCH;
    long length = batch.lengths.getLong(row);
    NDArray[] both = new NDArray[2];
    for (int i = 0; i < 2; i++) {
      NDArray all = i == 0 ? batch.keys : batch.values;
      NDArray one = all.get(":, {}", row);
      both[i] =
          one.get(":, :, 0:{}", length)
              .concat(one.get(":, :, {}:{}", batch.tokens, batch.tokens + batch.prompt), 2);
      both[i].attach(owner);
    }
    return new FocusModel.States(both[0], both[1]);
  }

  /** Chunks of the question. */
  public int chunks() {
    return chunkCount;
  }

  @Override
  public void close() {
    manager.close();
  }
}
