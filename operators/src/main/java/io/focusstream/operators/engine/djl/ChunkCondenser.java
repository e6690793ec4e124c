package io.focusstream.operators.engine.djl;

import ai.djl.ndarray.NDManager;
import io.focusstream.operators.engine.BatchSize;
import io.focusstream.operators.engine.ChunkInput;
import io.focusstream.operators.engine.ChunkKey;
import io.focusstream.operators.engine.CondensedChunk;
import io.focusstream.operators.engine.EngineException;
import io.focusstream.operators.engine.HotTier;
import io.focusstream.operators.engine.RecentBatches;
import io.focusstream.operators.kv.ChunkShape;
import io.focusstream.operators.kv.ChunkState;
import io.focusstream.operators.kv.ChunkStateCodec;
import io.focusstream.operators.kv.ChunkStateException;
import io.focusstream.operators.kv.ChunkTensors;
import io.focusstream.operators.kv.Id128;
import io.focusstream.operators.kv.Quantisation;
import io.focusstream.operators.kv.TensorSlot;
import io.focusstream.operators.model.FocusModel;
import io.focusstream.operators.model.checkpoint.ModelConfig;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Makes chunks' states, writes and reads them as they are stored, and keeps those hot that were
 * used last. What it gives for use is always what the codec wrote, whether it was hot, stored or
 * made again.
 *
 * <p>Used by the engine's thread, but for {@link #isHot}, {@link #hot}'s counts and the counts of
 * what was condensed, which any may read; {@link #decode} may run beside itself, and the parts of a
 * batch are condensed beside one another.
 */
final class ChunkCondenser implements AutoCloseable {
  private static final int REMEMBERED_BATCHES = 1000;

  /** So many are condensed at once on a core; more are no faster, and leave its caches. */
  private static final int TOKENS_A_CORE = 256;

  private final FocusModel model;
  private final ChunkStateCodec codec;
  private final int batchTokens;
  private final long hotBytes;
  private final HotTier<FocusModel.States> hot;
  private final NDManager hotManager;
  private final DirectMemory direct = new DirectMemory();
  // written by the engine's thread, read by reporters
  private volatile long condensedTokens;
  private volatile long condensedBatches;
  private volatile long condenseNanos;
  private final RecentBatches batches = new RecentBatches(REMEMBERED_BATCHES);

  /**
   * @param model not closed with this
   * @param batchTokens most tokens of a batch, with padding
   * @param hotBytes most bytes of hot states
   */
  ChunkCondenser(FocusModel model, ChunkStateCodec codec, int batchTokens, long hotBytes) {
    this.model = model;
    this.codec = codec;
    this.batchTokens = batchTokens;
    this.hotBytes = hotBytes;
    this.hotManager = model.newManager();
    this.hot = new HotTier<>(hotBytes, FocusModel.States::close);
  }

  boolean isHot(ChunkKey key) {
    return hot.contains(key);
  }

  /** A chunk's states where they are hot; they stay so for now. */
  Optional<FocusModel.States> hot(ChunkKey key) {
    return hot.get(key);
  }

  /** Counts of the hot tier. */
  HotTier<FocusModel.States> hot() {
    return hot;
  }

  /**
   * Keeps a chunk's states for the next question.
   *
   * @param wanted chunks that they must not push out
   */
  void keepHot(ChunkKey key, FocusModel.States states, Set<ChunkKey> wanted) {
    int tokens = states.tokens();
    long bytes = states.int8() ? model.int8Bytes(tokens) : model.stateBytes(tokens);
    hot.put(key, states, bytes, wanted);
  }

  /**
   * Bytes of a chunk's states that are ready for use, if they are stored as this engine stores
   * them: others, from before the setting was another one, may take more.
   */
  long readyBytes(int tokens) {
    return codec.quantisation() == Quantisation.INT8 && model.readsInt8()
        ? model.int8Bytes(tokens)
        : model.stateBytes(tokens);
  }

  long condensedTokens() {
    return condensedTokens;
  }

  long condensedBatches() {
    return condensedBatches;
  }

  long condenseNanos() {
    return condenseNanos;
  }

  /** The last batches that were condensed. */
  List<BatchSize> recentBatches() {
    return batches.sizes();
  }

  /**
   * Condenses chunks in batches and encodes their states.
   *
   * @param wanted chunks that they must not push out of the hot tier
   */
  Map<ChunkKey, CondensedChunk> condenseAll(List<ChunkInput> chunks, Set<ChunkKey> wanted) {
    Map<ChunkKey, CondensedChunk> made = new HashMap<>();
    List<ChunkInput> sorted = new ArrayList<>(chunks);
    sorted.sort(Comparator.comparingInt(c -> c.tokens().length));
    int from = 0;
    while (from < sorted.size()) {
      int to = from + 1;
      while (to < sorted.size()
          && sorted.get(to).tokens().length * (to - from + 1) <= batchTokens) {
        to++;
      }
      List<ChunkInput> batch = sorted.subList(from, to);
      long began = System.nanoTime();
      condense(batch, wanted, made);
      condenseNanos = condenseNanos + System.nanoTime() - began;
      int tokens = batch.stream().mapToInt(c -> c.tokens().length).sum();
      condensedTokens = condensedTokens + tokens;
      condensedBatches = condensedBatches + 1;
      batches.add(new BatchSize(batch.size(), tokens));
      from = to;
    }
    return made;
  }

  private void condense(
      List<ChunkInput> batch, Set<ChunkKey> wanted, Map<ChunkKey, CondensedChunk> made) {
    if (codec.quantisation() == Quantisation.INT8) {
      condenseToInt8(batch, wanted, made);
      return;
    }
    int width = batch.stream().mapToInt(c -> c.tokens().length).max().orElseThrow();
    float[] keys;
    float[] values;
    try (NDManager scratch = model.newManager()) {
      FocusModel.States states =
          model.prefill(scratch, batch.stream().map(ChunkInput::tokens).toList());
      keys = model.toFloats(states.keys());
      values = model.toFloats(states.values());
    }
    for (int i = 0; i < batch.size(); i++) {
      ChunkInput chunk = batch.get(i);
      ChunkShape shape = shape(chunk.tokens().length);
      float[] ownKeys = unpad(keys, shape, i, batch.size(), width);
      float[] ownValues = unpad(values, shape, i, batch.size(), width);
      List<byte[]> blocks =
          codec.encode(id(chunk.key()), new ChunkTensors(shape, ownKeys, ownValues));
      made.put(chunk.key(), new CondensedChunk(chunk.key(), blocks));
      if (mayBeHot(chunk)) {
        try {
          keepHot(chunk.key(), decode(chunk, blocks), wanted);
        } catch (ChunkStateException e) {
          throw new EngineException("a state just written can't be read: " + e.getMessage(), e);
        }
      }
    }
  }

  /** A condensed chunk, and its states where they may be hot. */
  private record Made(CondensedChunk chunk, Optional<FocusModel.States> states) {}

  // Rounded where the model runs; what becomes hot is what would be read back.
  private void condenseToInt8(
      List<ChunkInput> batch, Set<ChunkKey> wanted, Map<ChunkKey, CondensedChunk> made) {
    Consumer<Made> keep =
        one -> {
          ChunkKey key = one.chunk().key();
          made.put(key, one.chunk());
          one.states().ifPresent(states -> keepHot(key, states, wanted));
        };
    int longest = batch.stream().mapToInt(c -> c.tokens().length).max().orElseThrow();
    List<List<ChunkInput>> parts = model.parts(batch, Math.max(1, TOKENS_A_CORE / longest));
    if (parts.size() == 1) {
      toInt8(batch, keep);
      return;
    }
    Queue<Made> done = new ConcurrentLinkedQueue<>();
    List<Supplier<Void>> work = new ArrayList<>();
    for (List<ChunkInput> part : parts) {
      work.add(
          () -> {
            toInt8(part, done::add);
            return null;
          });
    }
    try {
      model.sideBySide(work);
    } catch (RuntimeException | Error e) {
      done.forEach(one -> one.states().ifPresent(FocusModel.States::close));
      throw e;
    }
    done.forEach(keep);
  }

  private void toInt8(List<ChunkInput> part, Consumer<Made> into) {
    try (NDManager scratch = model.newManager()) {
      FocusModel.Quantised states =
          model.prefillQuantised(scratch, part.stream().map(ChunkInput::tokens).toList());
      for (int i = 0; i < part.size(); i++) {
        ChunkInput chunk = part.get(i);
        ChunkShape shape = shape(chunk.tokens().length);
        List<byte[]> blocks =
            codec.encodeQuantised(
                id(chunk.key()),
                shape,
                states.keys(),
                states.values(),
                states.keyScales(),
                states.valueScales(),
                TensorSlot.inBatch(shape, i, part.size(), states.tokens()));
        Optional<FocusModel.States> ready = Optional.empty();
        if (mayBeHot(chunk)) {
          ready = Optional.of(model.take(hotManager, states.states(), i, shape.tokens()));
        }
        into.accept(new Made(new CondensedChunk(chunk.key(), blocks), ready));
      }
    }
  }

  // So that the first question over a chunk need not read it from state.
  private boolean mayBeHot(ChunkInput chunk) {
    return readyBytes(chunk.tokens().length) <= hotBytes;
  }

  private ChunkShape shape(int tokens) {
    ModelConfig config = model.config();
    return new ChunkShape(config.layers(), config.keyValueHeads(), tokens, config.headDim());
  }

  // (L, B, G, width, D) -> (L, G, T, D) of one chunk
  private static float[] unpad(float[] all, ChunkShape shape, int chunk, int chunks, int width) {
    float[] own = new float[shape.elements()];
    int row = shape.tokens() * shape.headDim();
    int to = 0;
    for (int layer = 0; layer < shape.layers(); layer++) {
      for (int head = 0; head < shape.kvHeads(); head++) {
        int at = ((layer * chunks + chunk) * shape.kvHeads() + head) * width * shape.headDim();
        System.arraycopy(all, at, own, to, row);
        to += row;
      }
    }
    return own;
  }

  private static Id128 id(ChunkKey key) {
    return new Id128(key.high(), key.low());
  }

  /**
   * States of a chunk from its blocks, ready to use; whoever asks keeps them hot.
   *
   * @throws ChunkStateException if the blocks are damaged, of another layout or model
   */
  FocusModel.States decode(ChunkInput chunk, List<byte[]> blocks) throws ChunkStateException {
    ChunkState state = codec.read(id(chunk.key()), blocks);
    ChunkShape wanted = shape(chunk.tokens().length);
    if (!state.shape().equals(wanted)) {
      throw new EngineException(
          "chunk %s has a stored state of shape %s; expected %s"
              .formatted(chunk.key(), state.shape(), wanted));
    }
    if (state.quantisation() == Quantisation.INT8) {
      return upload(state);
    }
    ChunkTensors tensors = state.toTensors();
    return model.upload(hotManager, wanted.tokens(), tensors.keys(), tensors.values());
  }

  // The bytes as they are stored; the device keeps them, or makes numbers of them.
  private FocusModel.States upload(ChunkState state) {
    ChunkShape shape = state.shape();
    int numbers = shape.elements();
    int scales = 2 * numbers / shape.headDim();
    ByteBuffer memory = direct.take(2 * (numbers + scales));
    try {
      ByteBuffer keys = memory.slice(0, numbers);
      ByteBuffer values = memory.slice(numbers, numbers);
      ByteBuffer keyScales = memory.slice(2 * numbers, scales);
      ByteBuffer valueScales = memory.slice(2 * numbers + scales, scales);
      state.copyQuantisedTo(keys, values, keyScales, valueScales, TensorSlot.whole(shape));
      return model.uploadQuantised(
          hotManager, shape.tokens(), keys, values, keyScales, valueScales);
    } finally {
      direct.giveBack(memory);
    }
  }

  @Override
  public void close() {
    hot.clear();
    hotManager.close();
  }
}
