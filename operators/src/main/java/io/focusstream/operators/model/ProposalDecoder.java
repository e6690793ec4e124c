package io.focusstream.operators.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.focusstream.operators.model.checkpoint.ModelConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * One question being answered by proposals. As in FocusLLM (§3.2) every chunk is continued with the
 * question and the answer so far, all in parallel; but where there the frozen decoder reads one
 * candidate token a chunk (§3.3), here each chunk, and the tail as the newest of them, says in one
 * token what it would say next, or that it has nothing to say. {@link ProposalWeights} says how
 * much each counts; where none has anything to say, the model speaks that saw no chunk at all. A
 * step takes the likeliest token of the step before it for the one that was said.
 *
 * <p>What it costs: one row a chunk for a further token where candidates need two, and a product
 * with the head for each chunk. What it gives up: two chunks never meet in a layer; what one knows
 * reaches another only by what was said.
 */
public final class ProposalDecoder implements AnswerDecoder {
  // What a chunk weighs less than that of the heaviest one changes no answer.
  private static final double NEGLIGIBLE = 1e-5;

  private final FocusModel model;
  private final NDManager manager;
  private final int[] tail;
  private final int maxTokens;
  private final NDArray abstain;
  private final NDArray noCandidates;
  private final NDArray noPositions;
  private final NDArray start;
  private final NDArray ownKeys;
  private final NDArray ownValues;
  private final List<ChunkBatch> batches = new ArrayList<>();
  private int[] fresh;
  private int ownRun;
  private int chunkCount;
  private boolean begun;
  // the chunks that still take part, ascending; null for all
  private int[] kept;
  // of each chunk and of the tail: its part in the last step's likeliest token; null before
  private double[] spoke;

  ProposalDecoder(FocusModel model, int[] prompt, int[] tail, int maxTokens) {
    if (prompt.length == 0) {
      throw new IllegalArgumentException("the prompt must not be empty");
    }
    this.model = model;
    this.manager = model.newManager();
    this.tail = tail.clone();
    this.maxTokens = maxTokens;
    this.fresh = prompt.clone();
    ModelConfig config = model.config();
    abstain = manager.create(new long[] {config.focus().abstainToken()});
    int layers = config.layers();
    int heads = config.keyValueHeads();
    noCandidates = manager.create(new Shape(layers, 0, heads, config.headDim()), DataType.FLOAT32);
    noPositions = manager.create(new float[0]);
    start = manager.create(new double[] {0});
    Shape room = new Shape(layers, heads, prompt.length + maxTokens, config.headDim());
    ownKeys = manager.zeros(room);
    ownValues = manager.zeros(room);
  }

  @Override
  public void add(List<FocusModel.States> states) {
    if (begun) {
      throw new IllegalStateException("chunks can't be added after the first step");
    }
    batches.add(batch(states));
    chunkCount += states.size();
  }

  private ChunkBatch batch(List<FocusModel.States> states) {
    return new ChunkBatch(
        model, manager, states, fresh.length + Math.min(maxTokens, ChunkBatch.ROOM_STEP));
  }

  @Override
  public Step first() {
    begun = true;
    if (tail.length > 0) {
      try (NDManager scratch = manager.newSubManager()) {
        FocusModel.States whole = model.prefill(scratch, List.of(tail));
        batches.add(batch(List.of(model.take(scratch, whole, 0, tail.length))));
      }
    }
    return run();
  }

  @Override
  public Step next(int token) {
    fresh = new int[] {token};
    return run();
  }

  @Override
  public void keep(int[] chunks) {
    if (kept != null || !begun || chunks.length == 0) {
      throw new IllegalStateException("chunks are chosen once, after the first step, at least one");
    }
    int[] sources = chunks;
    if (tail.length > 0) {
      sources = Arrays.copyOf(chunks, chunks.length + 1);
      sources[chunks.length] = chunkCount;
    }
    List<ChunkBatch> left = ChunkBatch.keep(batches, sources);
    batches.clear();
    batches.addAll(left);
    kept = chunks.clone();
  }

  private Step run() {
    try (NDManager scratch = manager.newSubManager()) {
      NDArray newTokens = FocusModel.tokens(scratch, List.of(fresh), fresh.length);
      List<Supplier<NDArray[]>> work = new ArrayList<>();
      for (ChunkBatch batch : batches) {
        work.add(
            () -> batch.run(scratch, "propose", newTokens, fresh.length, fresh.length, abstain));
      }
      List<NDArray> proposals = new ArrayList<>();
      List<float[]> odds = new ArrayList<>();
      for (NDArray[] proposed : model.runAll(work)) {
        proposals.add(proposed[0]);
        odds.add(proposed[1].toFloatArray());
      }
      NDArray alone =
          model
              .run(
                  scratch,
                  "decode",
                  noCandidates,
                  noCandidates,
                  noPositions,
                  ownKeys,
                  ownValues,
                  scratch.create(new long[] {ownRun, 0, 0}),
                  start,
                  newTokens)[0];
      ownRun += fresh.length;
      return agree(scratch, proposals, join(odds), alone);
    }
  }

  private Step agree(NDManager scratch, List<NDArray> proposals, float[] logOdds, NDArray alone) {
    ProposalWeights weights =
        spoke == null
            ? ProposalWeights.first(logOdds)
            : ProposalWeights.further(
                logOdds,
                IntStream.range(0, logOdds.length).mapToDouble(i -> spoke[column(i)]).toArray());
    double heaviest = Arrays.stream(weights.parts()).max().orElse(0);
    int[] counting = new int[logOdds.length];
    int count = 0;
    for (int i = 0; i < logOdds.length; i++) {
      if (weights.parts()[i] > heaviest * NEGLIGIBLE) {
        counting[count++] = i;
      }
    }
    long[] rows = new long[count];
    float[] shift = new float[count];
    for (int i = 0; i < count; i++) {
      rows[i] = counting[i];
      shift[i] = (float) (Math.log(weights.parts()[counting[i]]) - logOdds[counting[i]]);
    }
    NDArray[] out =
        model.agree(
            scratch,
            proposals,
            scratch.create(rows),
            scratch.create(shift),
            alone,
            scratch.create(new double[] {Math.log(Math.max(weights.none(), 1e-30))}));
    float[] shares = count == 0 ? new float[0] : out[1].toFloatArray();
    float[] parts = new float[chunkCount + 1];
    for (int i = 0; i < count; i++) {
      parts[column(counting[i])] = shares[i];
    }
    spoke = IntStream.range(0, parts.length).mapToDouble(i -> parts[i]).toArray();
    float[] relevance = new float[chunkCount];
    for (int i = 0; i < logOdds.length; i++) {
      if (column(i) < chunkCount) {
        relevance[column(i)] = (float) (1 / (1 + Math.exp(-logOdds[i])));
      }
    }
    return new Step(out[0].toFloatArray(), parts, relevance);
  }

  // Of a source that takes part: its chunk's index, or the tail's, which is behind all chunks.
  private int column(int source) {
    if (kept == null) {
      return source;
    }
    return source < kept.length ? kept[source] : chunkCount;
  }

  private static float[] join(List<float[]> parts) {
    float[] all = new float[parts.stream().mapToInt(part -> part.length).sum()];
    int at = 0;
    for (float[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }

  @Override
  public int chunks() {
    return chunkCount;
  }

  @Override
  public void close() {
    manager.close();
  }
}
