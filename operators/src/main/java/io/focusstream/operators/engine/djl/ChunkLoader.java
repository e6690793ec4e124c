package io.focusstream.operators.engine.djl;

import io.focusstream.operators.engine.ChunkInput;
import io.focusstream.operators.engine.ChunkKey;
import io.focusstream.operators.engine.CondensedChunk;
import io.focusstream.operators.engine.EngineException;
import io.focusstream.operators.kv.ChunkStateException;
import io.focusstream.operators.model.FocusModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a question's chunk states ready for use: those that are hot as they are, stored ones
 * decoded, those that are missing or damaged made again from their tokens. For the engine's thread.
 */
final class ChunkLoader implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ChunkLoader.class);

  private final ChunkCondenser condenser;
  private final FocusModel model;
  // all the question's chunks: none of them pushes another out of the hot tier
  private final Set<ChunkKey> wanted;
  // chunks whose states were made again
  private final Map<ChunkKey, CondensedChunk> recondensed = new HashMap<>();
  // decoded, and not yet loaded
  private final Map<ChunkKey, FocusModel.States> early = new HashMap<>();
  private final Set<ChunkKey> decodedEarly = new HashSet<>();
  private int damagedBlocks;

  /**
   * @param chunks all of the question's
   */
  ChunkLoader(ChunkCondenser condenser, FocusModel model, List<ChunkInput> chunks) {
    this.condenser = condenser;
    this.model = model;
    this.wanted = chunks.stream().map(ChunkInput::key).collect(Collectors.toSet());
  }

  /** Chunks whose states were made again so far. */
  List<CondensedChunk> recondensed() {
    return List.copyOf(recondensed.values());
  }

  /** Stored states so far that couldn't be used. */
  int damagedBlocks() {
    return damagedBlocks;
  }

  /** Whether one of these comes without a stored state and isn't hot. */
  boolean isAnyMissing(List<ChunkInput> chunks) {
    return chunks.stream().anyMatch(c -> c.blocks().isEmpty() && !condenser.isHot(c.key()));
  }

  /**
   * Decodes stored states of chunks that are loaded later, so that the heap needn't hold them.
   *
   * @return the chunks, with stored states where these are needed all the same
   */
  List<ChunkInput> decode(List<ChunkInput> chunks) {
    List<ChunkInput> left = new ArrayList<>(chunks);
    List<Integer> places = new ArrayList<>();
    List<Supplier<FocusModel.States>> decoding = new ArrayList<>();
    Queue<FocusModel.States> made = new ConcurrentLinkedQueue<>();
    for (int i = 0; i < chunks.size(); i++) {
      ChunkInput chunk = chunks.get(i);
      // one that comes twice is decoded twice, the second time when it is loaded
      if (!chunk.blocks().isEmpty() && decodedEarly.add(chunk.key())) {
        places.add(i);
        decoding.add(() -> decoded(chunk, chunk.blocks(), made));
      }
    }
    try {
      Iterator<FocusModel.States> done = model.inParallel(decoding).iterator();
      for (int i : places) {
        ChunkInput chunk = chunks.get(i);
        FocusModel.States states = done.next();
        if (states != null) {
          early.put(chunk.key(), states);
          left.set(i, new ChunkInput(chunk.key(), chunk.tokens(), List.of()));
        }
      }
    } catch (RuntimeException | Error e) {
      // nobody else knows of them
      made.forEach(FocusModel.States::close);
      throw e;
    }
    return left;
  }

  /** Loads chunks in batches of the model's size. */
  void load(List<ChunkInput> chunks, Consumer<List<FocusModel.States>> into) {
    load(chunks, model.chunksABatch(chunks.size()), into);
  }

  /**
   * Loads chunks.
   *
   * @param chunks others that are hot stay so
   * @param together so many at once
   * @param into takes chunk states
   */
  void load(List<ChunkInput> chunks, int together, Consumer<List<FocusModel.States>> into) {
    Set<ChunkKey> seen = new HashSet<>();
    List<ChunkInput> missing = new ArrayList<>();
    for (ChunkInput chunk : chunks) {
      ChunkKey key = chunk.key();
      if (chunk.blocks().isEmpty()
          && !condenser.isHot(key)
          && !early.containsKey(key)
          && !recondensed.containsKey(key)
          && seen.add(key)) {
        missing.add(chunk);
      }
    }
    recondensed.putAll(condenser.condenseAll(missing, wanted));
    for (int from = 0; from < chunks.size(); from += together) {
      loadBatch(chunks.subList(from, Math.min(chunks.size(), from + together)), into);
    }
  }

  private void loadBatch(List<ChunkInput> batch, Consumer<List<FocusModel.States>> into) {
    FocusModel.States[] states = new FocusModel.States[batch.size()];
    List<Integer> cold = new ArrayList<>();
    Queue<FocusModel.States> made = new ConcurrentLinkedQueue<>();
    List<Supplier<FocusModel.States>> reading = new ArrayList<>();
    for (int i = 0; i < states.length; i++) {
      ChunkInput chunk = batch.get(i);
      states[i] = condenser.hot(chunk.key()).orElse(null);
      if (states[i] == null) {
        cold.add(i);
        FocusModel.States decoded = early.remove(chunk.key());
        if (decoded != null) {
          made.add(decoded);
        }
        // to read stored numbers is hardly work of the model's: the cores share it
        reading.add(() -> decoded != null ? decoded : stored(chunk, made));
      }
    }
    try {
      Iterator<FocusModel.States> read = model.inParallel(reading).iterator();
      for (int i : cold) {
        states[i] = read.next();
        if (states[i] == null) {
          states[i] = again(batch.get(i));
          made.add(states[i]);
        }
      }
      into.accept(Arrays.asList(states));
    } catch (RuntimeException | Error e) {
      // nobody else knows of them
      made.forEach(FocusModel.States::close);
      throw e;
    }
    // only now: what becomes hot may push out what this batch still needed
    for (int i : cold) {
      condenser.keepHot(batch.get(i).key(), states[i], wanted);
    }
  }

  // The state as it is stored, or was just made; null where it can't be read.
  private FocusModel.States stored(ChunkInput chunk, Queue<FocusModel.States> made) {
    CondensedChunk again = recondensed.get(chunk.key());
    return decoded(chunk, again != null ? again.blocks() : chunk.blocks(), made);
  }

  private FocusModel.States decoded(
      ChunkInput chunk, List<byte[]> blocks, Queue<FocusModel.States> made) {
    try {
      if (blocks.isEmpty()) {
        return null;
      }
      FocusModel.States states = condenser.decode(chunk, blocks);
      made.add(states);
      return states;
    } catch (ChunkStateException e) {
      LOG.warn("chunk {} is condensed again: {}", chunk.key(), e.getMessage());
      return null;
    }
  }

  private FocusModel.States again(ChunkInput chunk) {
    damagedBlocks += chunk.blocks().isEmpty() ? 0 : 1;
    try {
      if (!recondensed.containsKey(chunk.key())) {
        recondensed.putAll(condenser.condenseAll(List.of(chunk), wanted));
      }
      return condenser.decode(chunk, recondensed.get(chunk.key()).blocks());
    } catch (ChunkStateException e) {
      throw new EngineException("a state just written can't be read: " + e.getMessage(), e);
    }
  }

  /** Frees what was decoded and not loaded. */
  @Override
  public void close() {
    early.values().forEach(FocusModel.States::close);
    early.clear();
  }
}
