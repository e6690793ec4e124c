package io.focusstream.operators.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.focusstream.operators.model.checkpoint.CheckpointFolder;
import io.focusstream.operators.model.checkpoint.FocusSettings;
import io.focusstream.operators.model.checkpoint.ModelConfig;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/**
 * A model on a device: FocusLLM's forward passes (arXiv 2408.11745, §3) over the graph. Used by one
 * thread at a time, the engine's, but for what {@link #sideBySide} and {@link #inParallel} run.
 *
 * <p>Legend: B chunks of a batch, C chunks of a question, L layers, G key/value heads, T tokens of
 * a chunk, D head size, V vocabulary.
 */
public final class FocusModel implements AutoCloseable {
  private final NDManager manager;
  private final FocusGraph graph;
  private final ModelConfig config;
  private final FocusGraph.Tensors weights;
  private final Precision precision;
  private final NDArray shape;
  private final NDArray constants;
  private final NDArray frequencies;
  private final BatchWorkers workers;
  private final ProposalRuns runs;
  private final ChunkGatherer gatherer;

  /** Loads a checkpoint on to a device; {@link #close()} frees all of it. */
  public FocusModel(CheckpointFolder folder, Device device, Precision precision) {
    this.manager = FocusGraph.engine().newBaseManager(device);
    this.graph = new FocusGraph(manager);
    this.config = folder.config();
    this.precision = precision;
    this.shape = shape(manager, config);
    this.weights =
        ModelWeights.fuse(
            manager, graph, ModelWeights.load(manager, graph, folder, precision), shape, precision);
    this.constants = manager.create(new double[] {config.rmsNormEpsilon()});
    this.frequencies = manager.create(RotaryFrequencies.of(config));
    this.workers = new BatchWorkers(device, precision);
    this.runs = new ProposalRuns(this, workers.count());
    this.gatherer = new ChunkGatherer(this, manager, graph, frequencies);
  }

  static NDArray shape(NDManager manager, ModelConfig config) {
    return manager.create(new long[] {config.layers(), config.heads(), config.keyValueHeads()});
  }

  /** The model's shape and settings. */
  public ModelConfig config() {
    return config;
  }

  /** The type that products run in. */
  public Precision precision() {
    return precision;
  }

  /** A manager for results; who asks closes it. */
  public NDManager newManager() {
    return manager.newSubManager();
  }

  /**
   * Keys (after rotary embedding) and values of chunks: numbers in the type that attention reads
   * them in, or rounded to int8 as they are stored ({@link #readsInt8}).
   *
   * @param keys shape (L, G, T, D), one array a chunk or one for a batch (L, B, G, T, D)
   * @param values the same shape
   * @param keyScales of int8 keys, (L, G, T) float16; null where keys are numbers
   * @param valueScales the same of values
   */
  public record States(NDArray keys, NDArray values, NDArray keyScales, NDArray valueScales) {
    /** Numbers. */
    public States(NDArray keys, NDArray values) {
      this(keys, values, null, null);
    }

    private static States of(NDArray... arrays) {
      return arrays.length == 2
          ? new States(arrays[0], arrays[1])
          : new States(arrays[0], arrays[1], arrays[2], arrays[3]);
    }

    /** Whether they are rounded to int8. */
    public boolean int8() {
      return keyScales != null;
    }

    /** T, of one chunk's. */
    public int tokens() {
      return Math.toIntExact(keys.getShape().get(2));
    }

    /** Keys and values, and scales where there are any. */
    List<NDArray> arrays() {
      return int8() ? List.of(keys, values, keyScales, valueScales) : List.of(keys, values);
    }

    /** Frees them. */
    public void close() {
      arrays().forEach(NDArray::close);
    }
  }

  /**
   * Condenses chunks: each is run once, by itself, from position 0.
   *
   * @param owner owner of the result
   * @param chunks token ids; padded on the right to the longest
   * @return shape (L, B, G, T, D) with T the longest; columns past a chunk's length mean nothing
   */
  public States prefill(NDManager owner, List<int[]> chunks) {
    int longest = chunks.stream().mapToInt(c -> c.length).max().orElseThrow();
    NDArray tokens = tokens(owner, chunks, longest);
    NDArray[] out = graph.run(owner, "prefill", weights, shape, constants, frequencies, tokens);
    tokens.close();
    return new States(out[0], out[1]);
  }

  /**
   * A batch of condensed chunks, rounded to int8 as {@code kv.ChunkStateCodec} stores them.
   *
   * @param keys (L, B, G, T, D) int8
   * @param values the same
   * @param keyScales (L, B, G, T) float16, little-endian
   * @param valueScales the same
   * @param states the same, on the device
   * @param tokens T, the longest chunk's
   */
  public record Quantised(
      ByteBuffer keys,
      ByteBuffer values,
      ByteBuffer keyScales,
      ByteBuffer valueScales,
      States states,
      int tokens) {}

  /**
   * Condenses chunks and rounds their states to int8.
   *
   * @param owner owner of the states on the device
   * @param chunks token ids; padded on the right to the longest
   */
  public Quantised prefillQuantised(NDManager owner, List<int[]> chunks) {
    int longest = chunks.stream().mapToInt(c -> c.length).max().orElseThrow();
    try (NDManager scratch = owner.newSubManager()) {
      States states = prefill(scratch, chunks);
      NDArray[] keys = graph.run(scratch, "quantise", states.keys());
      NDArray[] values = graph.run(scratch, "quantise", states.values());
      States rounded = new States(keys[0], values[0], keys[1], values[1]);
      rounded.arrays().forEach(array -> array.attach(owner));
      return new Quantised(
          keys[0].toByteBuffer(),
          values[0].toByteBuffer(),
          keys[1].toByteBuffer(),
          values[1].toByteBuffer(),
          rounded,
          longest);
    }
  }

  /**
   * One chunk's states out of a batch, ready for use.
   *
   * @param owner owner of the result
   * @param batch (L, B, G, T, D), numbers or int8
   * @param chunk its index in the batch
   * @param tokens of it
   */
  public States take(NDManager owner, States batch, int chunk, int tokens) {
    int type = batch.int8() ? SAME_TYPE : stateType();
    try (NDArray place = owner.create(new long[] {chunk, tokens, type})) {
      States own = States.of(graph.run(owner, "take", batch.arrays(), place));
      if (!own.int8() || readsInt8()) {
        return own;
      }
      States numbers = numbers(owner, own);
      own.close();
      return numbers;
    }
  }

  /**
   * Whether int8 states are kept and read as they are. On a CPU, in float32, that is faster than to
   * read four times as many bytes; a GPU keeps what its products read, and so does a processor with
   * bfloat16.
   */
  public boolean readsInt8() {
    return precision == Precision.FLOAT32 && !manager.getDevice().isGpu();
  }

  /** The numbers that int8 states stand for. */
  States numbers(NDManager owner, States rounded) {
    try (NDArray type = owner.create(new long[] {stateType()})) {
      return States.of(graph.run(owner, "dequantise", rounded.arrays(), type));
    }
  }

  /**
   * Begins a question that the decoder reads out; chunks are added to it before its first step.
   *
   * @param prompt the dynamic prompt with its begin token
   * @param local the local context
   * @param maxTokens most tokens that will be generated
   * @param mode how the local context is run for each further token
   */
  public ParallelDecoder ask(
      int[] prompt, ParallelDecoder.Local local, int maxTokens, FocusSettings.LocalMode mode) {
    return new ParallelDecoder(this, prompt, local, maxTokens, mode);
  }

  /**
   * Begins a question that chunks propose the answer of; they are added to it before its first
   * step.
   *
   * @param prompt the question with its begin token
   * @param tail the tail's tokens, none where there is none
   * @param maxTokens most tokens that will be generated
   * @throws IllegalArgumentException where the model has no token to abstain with
   */
  public ProposalDecoder propose(int[] prompt, int[] tail, int maxTokens) {
    requireProposals();
    return new ProposalDecoder(this, prompt, tail, maxTokens, ProposalDecoder.LEFT_TO_CHUNKS);
  }

  /**
   * Begins to score what follows in a stream; its chunks are added before {@link
   * StreamScorer#score()}.
   *
   * @param tail the tail's tokens, none where there is none
   * @param prompt the stream's tokens after the tail
   * @param continuation the tokens after those, which are scored
   * @throws IllegalArgumentException where the model has no token to abstain with
   */
  public StreamScorer score(int[] tail, int[] prompt, int[] continuation) {
    requireProposals();
    return new StreamScorer(this, tail, prompt, continuation);
  }

  private void requireProposals() {
    if (config.focus().abstainToken() == FocusSettings.NO_TOKEN) {
      throw new IllegalArgumentException(
          "the model was not trained to make proposals: its config.json has no"
              + " focus.abstain_token_id; use the readout 'decoder'");
    }
  }

  /**
   * A chunk's states from the heap to the device, in the type that attention reads them in.
   *
   * @param owner owner of the result
   * @param tokens T
   * @param keys (L, G, T, D), row-major
   * @param values the same
   */
  public States upload(NDManager owner, int tokens, float[] keys, float[] values) {
    Shape wanted = new Shape(config.layers(), config.keyValueHeads(), tokens, config.headDim());
    try (NDManager scratch = owner.newSubManager()) {
      NDArray type = scratch.create(new long[] {stateType()});
      List<NDArray> both = List.of(scratch.create(keys, wanted), scratch.create(values, wanted));
      NDArray[] cast = graph.run(scratch, "cast", both, type);
      cast[0].attach(owner);
      cast[1].attach(owner);
      return new States(cast[0], cast[1]);
    }
  }

  /**
   * A chunk's states, rounded to int8, from direct memory to the device, ready for use. The memory
   * is free again when this returns.
   *
   * @param owner owner of the result
   * @param tokens T
   * @param keys (L, G, T, D) int8
   * @param values the same
   * @param keyScales (L, G, T) float16, little-endian
   * @param valueScales the same
   */
  public States uploadQuantised(
      NDManager owner,
      int tokens,
      ByteBuffer keys,
      ByteBuffer values,
      ByteBuffer keyScales,
      ByteBuffer valueScales) {
    Shape rows = new Shape(config.layers(), config.keyValueHeads(), tokens);
    Shape numbers = rows.add(config.headDim());
    try (NDManager scratch = owner.newSubManager()) {
      States given =
          new States(
              scratch.create(keys, numbers, DataType.INT8),
              scratch.create(values, numbers, DataType.INT8),
              scratch.create(keyScales, rows, DataType.FLOAT16),
              scratch.create(valueScales, rows, DataType.FLOAT16));
      States own =
          readsInt8()
              ? States.of(graph.run(scratch, "clones", given.arrays()))
              : numbers(scratch, given);
      own.arrays().forEach(array -> array.attach(owner));
      return own;
    }
  }

  /** Bytes of a chunk's states on the device, in the type of attention. */
  public long stateBytes(int tokens) {
    return rows(tokens)
        * config.headDim()
        * (precision == Precision.FLOAT32 ? Float.BYTES : Short.BYTES);
  }

  /** The same of states that are rounded to int8, with a scale a row. */
  public long int8Bytes(int tokens) {
    return rows(tokens) * (config.headDim() + Short.BYTES);
  }

  private long rows(int tokens) {
    return 2L * config.layers() * config.keyValueHeads() * tokens;
  }

  /**
   * Chunks a batch, where there are so many in all: few batches, but where they run side by side as
   * many for each core, and none much smaller than the others.
   */
  public int chunksABatch(int chunks) {
    int cores = workers.count();
    if (cores == 1 || chunks == 0) {
      return manager.getDevice().isGpu() ? ChunkBatch.CHUNKS_ON_GPU : ChunkBatch.MOST_CHUNKS;
    }
    return ceilDiv(chunks, cores * ceilDiv(chunks, cores * ChunkBatch.CHUNKS_A_CORE));
  }

  private static int ceilDiv(int number, int by) {
    return (number + by - 1) / by;
  }

  NDArray[] run(NDManager owner, String method, Object... more) {
    Object[] all = new Object[4 + more.length];
    all[0] = weights;
    all[1] = shape;
    all[2] = constants;
    all[3] = frequencies;
    System.arraycopy(more, 0, all, 4, more.length);
    return graph.run(owner, method, all);
  }

  /**
   * A list in parts for batches that run side by side, in its order; one part where none do. Small
   * parts are better shared out where others, too, want the cores.
   *
   * @param enough elements that are worth a batch; fewer where there are fewer for each core
   */
  public <T> List<List<T>> parts(List<T> all, int enough) {
    int cores = workers.count();
    int each = cores == 1 ? all.size() : Math.min(enough, ceilDiv(all.size(), cores));
    List<List<T>> parts = new ArrayList<>();
    for (int from = 0; from < all.size(); from += each) {
      parts.add(all.subList(from, Math.min(all.size(), from + each)));
    }
    return parts;
  }

  /**
   * Finishes steps of several questions, their batches together as long as there are any: what
   * weights cost is paid once for all. Each is told as soon as it has ended; a failure of one is
   * none of the others'.
   *
   * @throws Error other than for want of memory, from wherever
   */
  public <T> void finish(List<MovingStage<T>> steps) {
    runs.finish(steps);
  }

  /** Finishes a step. */
  <T> T finish(Stage<T> step) {
    Stage<T> stage = step;
    while (!stage.hasResult()) {
      stage = stage.after(runs.run(stage.runs()));
    }
    return stage.result();
  }

  /** Batches side by side; the results in their order. */
  public <T> List<T> sideBySide(List<Supplier<T>> batches) {
    return workers.run(batches);
  }

  /**
   * Work that is more the heap's than the graph's, and needs no other of the list: each on one
   * core.
   *
   * @return the results, in the order of the work
   */
  public <T> List<T> inParallel(List<Supplier<T>> work) {
    return workers.count() > 1
        ? workers.run(work)
        : work.parallelStream().map(Supplier::get).toList();
  }

  /** Some rows of a batch: arrays (L, B, ...), the last one (B). */
  NDArray[] pick(NDManager owner, List<NDArray> batch, NDArray rows) {
    return graph.run(owner, "pick", batch, rows);
  }

  /**
   * Some tokens of a chunk, as if nothing had stood between them.
   *
   * @param owner owner of the result
   * @param chunk (L, G, T, D)
   * @param tokens which of its tokens, ascending
   * @return numbers
   */
  States excerpt(NDManager owner, States chunk, int[] tokens) {
    try (NDArray columns = owner.create(Arrays.stream(tokens).asLongStream().toArray())) {
      return States.of(graph.run(owner, "excerpt", chunk.arrays(), columns, frequencies));
    }
  }

  /** See {@code agree} in the graph's source. */
  NDArray[] agree(
      NDManager owner,
      List<NDArray> proposals,
      List<NDArray> sums,
      NDArray at,
      NDArray rows,
      NDArray parts,
      NDArray none) {
    return workers.onOneCore(
        () -> graph.run(owner, "agree", weights, proposals, sums, at, rows, parts, none));
  }

  /** The states of a source that holds nothing: one column, of which none counts. */
  States nothing(NDManager owner) {
    Shape one = new Shape(config.layers(), config.keyValueHeads(), 1, config.headDim());
    return new States(owner.zeros(one), owner.zeros(one));
  }

  /**
   * Keeps the memory that chunks were gathered in from question to question.
   *
   * @param bytes most that are kept or in use; 0, as at first, for none
   */
  public void keepSpare(long bytes) {
    // a GPU's allocator does that itself
    gatherer.spares().mostBytes(manager.getDevice().isGpu() ? 0 : bytes);
  }

  /** Frees memory that is kept and not in use. */
  public void freeSpare() {
    gatherer.spares().free();
  }

  /** Puts chunks side by side. */
  ChunkGatherer gatherer() {
    return gatherer;
  }

  /** Keys, or values, of a prompt that continues each of some chunks: zeros (L, B, G, P, D). */
  NDArray room(NDManager owner, int chunks, int columns) {
    long[] size = {
      config.layers(), chunks, config.keyValueHeads(), columns, config.headDim(), stateType()
    };
    // in the graph: the engine's own zeros() ends the process where it is asked for bfloat16
    try (NDArray sizes = owner.create(size)) {
      return graph.run(owner, "prompt_room", frequencies, sizes)[0];
    }
  }

  /** Keys and values of prompts with more columns at the end. */
  NDArray[] grow(NDManager owner, List<NDArray> batch, int columns) {
    try (NDArray room = owner.create(new long[] {columns})) {
      return graph.run(owner, "grow", batch, room);
    }
  }

  // for take() in the graph
  private static final int SAME_TYPE = -1;

  /** The type that attention reads states in, as torch counts types. */
  int stateType() {
    return precision.torchType();
  }

  static NDArray tokens(NDManager owner, List<int[]> rows, int width) {
    long[] flat = new long[rows.size() * width];
    for (int row = 0; row < rows.size(); row++) {
      int[] ids = rows.get(row);
      for (int i = 0; i < ids.length; i++) {
        flat[row * width + i] = ids[i];
      }
    }
    return owner.create(flat, new Shape(rows.size(), width));
  }

  private static final double POSITIONS_A_DOUBLING = 2;

  /** Positions of candidates before the local context; see {@link FocusSettings}. */
  static float[] candidatePositions(FocusSettings settings, int count) {
    float[] positions = new float[count];
    switch (settings.candidatePositions()) {
      case SEQUENTIAL -> {
        for (int i = 0; i < count; i++) {
          positions[i] = i;
        }
      }
      case SPREAD -> {
        for (int i = 0; i < count; i++) {
          positions[i] = (float) (settings.candidateSpan() * (i + 1) / count);
        }
      }
      case RECENCY -> {
        int[] distance = new int[count];
        for (int i = 0; i < count; i++) {
          distance[i] = count - 1 - i;
        }
        return recencyPositions(settings, distance);
      }
      case SHARED -> Arrays.fill(positions, 0f);
    }
    return positions;
  }

  /**
   * Positions by recency.
   *
   * @param distance how many chunks ago each was, 0 for the newest
   */
  static float[] recencyPositions(FocusSettings settings, int[] distance) {
    float[] positions = new float[distance.length];
    for (int i = 0; i < positions.length; i++) {
      double doublings = Math.log1p(distance[i]) / Math.log(2);
      positions[i] =
          (float) Math.max(0, settings.candidateSpan() - POSITIONS_A_DOUBLING * doublings);
    }
    return positions;
  }

  /** Position of the first local token. */
  static double localStart(FocusSettings settings, int count) {
    return switch (settings.candidatePositions()) {
      case SEQUENTIAL -> count;
      case SPREAD, RECENCY -> settings.candidateSpan() + 1;
      case SHARED -> settings.candidateSpan();
    };
  }

  /** Copies a float32 or bfloat16 array to the heap as float32. */
  public float[] toFloats(NDArray array) {
    if (array.getDataType() == DataType.FLOAT32) {
      return array.toFloatArray();
    }
    try (NDManager scratch = manager.newSubManager()) {
      return graph.run(scratch, "cast", List.of(array), scratch.create(new long[] {6}))[0]
          .toFloatArray();
    }
  }

  @Override
  public void close() {
    workers.close();
    weights.close();
    graph.close();
    manager.close();
  }
}
