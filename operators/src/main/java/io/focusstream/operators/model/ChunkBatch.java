package io.focusstream.operators.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Some chunks' states side by side, and those of the prompt that continues each of them. */
final class ChunkBatch {
  /** Chunks a batch: a further token's products then have enough rows to be worth the weights. */
  static final int MOST_CHUNKS = 256;

  /** The same where each batch has a core: more are hardly faster, and take more memory at once. */
  static final int CHUNKS_A_CORE = 128;

  /** The same on a GPU, whose memory a batch takes twice while it is made. */
  static final int CHUNKS_ON_GPU = 64;

  /** So many more sources may lie beside them: the tail, and one that holds nothing. */
  static final int MOST_BESIDE = 2;

  /** Room for a prompt is made as it is needed, so many columns at a time. */
  static final int ROOM_STEP = 16;

  private final FocusModel model;
  private final NDManager manager;
  // keys, values (L, B, G, T, D) and, where those are int8, their scales
  private List<NDArray> chunks;
  // what those lie in; none where they have memory of their own
  private List<SpareArrays.Spare> rooms = List.of();
  // keys, values of what continues them, (L, B, G, room, D)
  private List<NDArray> own;
  private NDArray lengths;
  private int prompt;
  private int room;

  /**
   * Copies states.
   *
   * @param manager owner of the copies
   * @param states (L, G, T_i, D) each
   * @param room columns for a prompt
   */
  ChunkBatch(FocusModel model, NDManager manager, List<FocusModel.States> states, int room) {
    this(model, manager, states, lengths(states), room);
  }

  private static long[] lengths(List<FocusModel.States> states) {
    return states.stream().mapToLong(FocusModel.States::tokens).toArray();
  }

  /**
   * Copies states, of which maybe not all tokens count.
   *
   * @param length how many of each one's tokens count, from the first on
   */
  ChunkBatch(
      FocusModel model,
      NDManager manager,
      List<FocusModel.States> states,
      long[] length,
      int room) {
    if (states.isEmpty() || states.size() > MOST_CHUNKS + MOST_BESIDE) {
      throw new IllegalArgumentException(
          "a batch has 1 to %d chunks and %d beside them; got %d"
              .formatted(MOST_CHUNKS, MOST_BESIDE, states.size()));
    }
    this.model = model;
    this.manager = manager;
    this.room = room;
    int longest = (int) Arrays.stream(lengths(states)).max().orElseThrow();
    ChunkGatherer.Gathered gathered = model.gatherer().gather(manager, states, longest);
    chunks = gathered.arrays();
    rooms = gathered.rooms();
    try {
      own =
          List.of(
              model.room(manager, states.size(), room), model.room(manager, states.size(), room));
      lengths = manager.create(length);
    } catch (RuntimeException | Error e) {
      release();
      throw e;
    }
  }

  private ChunkBatch(ChunkBatch other, int row) {
    model = other.model;
    manager = other.manager;
    prompt = other.prompt;
    room = other.room;
    replace(other.picked(new int[] {row}));
  }

  /** Chunks, what continues them, lengths: as {@link #picked} gives them. */
  private void replace(List<NDArray> all) {
    int states = all.size() - 3;
    chunks = all.subList(0, states);
    own = all.subList(states, states + 2);
    lengths = all.get(states + 2);
  }

  /** A copy of one chunk and of what continues it. */
  ChunkBatch copyOf(int row) {
    return new ChunkBatch(this, row);
  }

  /** Tokens that continue the chunks. */
  int prompt() {
    return prompt;
  }

  /** Forgets the newest of the tokens that continue the chunks, so that so many are left. */
  void rewind(int promptTokens) {
    if (promptTokens > prompt || promptTokens < 0) {
      throw new IllegalArgumentException(
          "there are %d tokens; can't go back to %d".formatted(prompt, promptTokens));
    }
    prompt = promptTokens;
  }

  int size() {
    return Math.toIntExact(lengths.getShape().get(0));
  }

  /**
   * Continues all chunks with the same tokens.
   *
   * @param owner owner of the results
   * @param method of the graph
   * @param newTokens (1, n)
   * @param count n
   * @param joining how many of them are part of the prompt afterwards
   * @param more the method's further arguments
   */
  NDArray[] run(
      NDManager owner, String method, NDArray newTokens, int count, int joining, NDArray... more) {
    makeRoom(count);
    try (NDArray past = owner.create(new long[] {prompt})) {
      List<Object> arguments = new ArrayList<>(List.of(chunks, own, lengths, past, newTokens));
      arguments.addAll(Arrays.asList(more));
      NDArray[] results = model.run(owner, method, arguments.toArray());
      joined(joining);
      return results;
    }
  }

  /** Makes room for more tokens of a prompt. */
  void makeRoom(int count) {
    if (prompt + count > room) {
      int columns = Math.max(ROOM_STEP, prompt + count - room);
      List<NDArray> grown = List.of(model.grow(manager, own, columns));
      own.forEach(NDArray::close);
      own = grown;
      room += columns;
    }
  }

  /** The states of so many more tokens are those of the prompt. */
  void joined(int count) {
    prompt += count;
  }

  /** Keys, values (L, B, G, T, D) of the chunks, and scales (L, B, G, T) where they are int8. */
  List<NDArray> chunks() {
    return chunks;
  }

  /** Keys, values of what continues them, (L, B, G, room, D). */
  List<NDArray> own() {
    return own;
  }

  /** Tokens of each chunk, (B). */
  NDArray lengths() {
    return lengths;
  }

  /**
   * Of batches one after the other, keeps some chunks; batches without any are closed.
   *
   * @param chunks indices over all batches, ascending
   */
  static List<ChunkBatch> keep(List<ChunkBatch> batches, int[] chunks) {
    int at = 0;
    int from = 0;
    List<ChunkBatch> left = new ArrayList<>();
    for (ChunkBatch batch : batches) {
      int size = batch.size();
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
    return left;
  }

  private void keep(int[] rows) {
    List<NDArray> kept = picked(rows);
    close();
    replace(kept);
  }

  /** {@link #close}, where the manager closes the rest. */
  void release() {
    model.gatherer().giveBack(rooms);
    rooms = List.of();
  }

  private List<NDArray> picked(int[] rows) {
    List<NDArray> all = new ArrayList<>(chunks);
    all.addAll(own);
    all.add(lengths);
    try (NDArray picked = manager.create(Arrays.stream(rows).mapToLong(row -> row).toArray())) {
      return List.of(model.pick(manager, all, picked));
    }
  }

  /**
   * A chunk's ordinary states, numbers, followed by those of the prompt so far.
   *
   * @return keys after rotary embedding, values; each (L, G, chunk tokens + prompt tokens, D)
   */
  FocusModel.States ordinary(NDManager owner, int row) {
    if (chunks.size() > 2) {
      throw new IllegalStateException("int8 states are no numbers to compare");
    }
    long length = lengths.getLong(row);
    NDArray[] both = new NDArray[2];
    for (int i = 0; i < 2; i++) {
      NDArray chunk = chunks.get(i).get(":, {}", row).get(":, :, 0:{}", length);
      both[i] = chunk.concat(own.get(i).get(":, {}", row).get(":, :, 0:{}", prompt), 2);
      both[i].attach(owner);
    }
    return new FocusModel.States(both[0], both[1]);
  }

  /** Gives back the memory that chunks lie in; nothing can be run afterwards. */
  void close() {
    release();
    chunks.forEach(NDArray::close);
    own.forEach(NDArray::close);
    lengths.close();
  }
}
