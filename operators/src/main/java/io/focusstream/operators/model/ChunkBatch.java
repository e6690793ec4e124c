package io.focusstream.operators.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Some chunks' states side by side, with room for the prompt that continues them. */
final class ChunkBatch {
  /** Chunks a batch: enough to fill the processor, few enough to stay near its caches. */
  static final int CHUNKS_A_BATCH = 64;

  /**
   * Each step reads all columns of a chunk, those without a token too: room is made as it is
   * needed, so many columns at a time.
   */
  static final int ROOM_STEP = 16;

  private final FocusModel model;
  private final NDManager manager;
  private NDArray keys;
  private NDArray values;
  private NDArray lengths;
  private final int tokens;
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
    return states.stream().mapToLong(s -> s.keys().getShape().get(2)).toArray();
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
    if (states.isEmpty() || states.size() > CHUNKS_A_BATCH) {
      throw new IllegalArgumentException(
          "a batch has 1 to %d chunks; got %d".formatted(CHUNKS_A_BATCH, states.size()));
    }
    this.model = model;
    this.manager = manager;
    this.room = room;
    tokens = (int) Arrays.stream(lengths(states)).max().orElseThrow();
    keys =
        model.gather(manager, states.stream().map(FocusModel.States::keys).toList(), tokens, room);
    values =
        model.gather(
            manager, states.stream().map(FocusModel.States::values).toList(), tokens, room);
    lengths = manager.create(length);
  }

  private ChunkBatch(ChunkBatch other, int row) {
    model = other.model;
    manager = other.manager;
    tokens = other.tokens;
    prompt = other.prompt;
    room = other.room;
    keys = other.keys;
    values = other.values;
    lengths = other.lengths;
    NDArray[] own = picked(new int[] {row});
    keys = own[0];
    values = own[1];
    lengths = own[2];
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
    if (prompt + count > room) {
      int columns = Math.max(ROOM_STEP, prompt + count - room);
      NDArray[] grown = model.grow(manager, List.of(keys, values), columns);
      keys.close();
      values.close();
      keys = grown[0];
      values = grown[1];
      room += columns;
    }
    try (NDArray span = owner.create(new long[] {tokens, prompt})) {
      List<Object> arguments = new ArrayList<>(List.of(keys, values, lengths, span, newTokens));
      arguments.addAll(Arrays.asList(more));
      NDArray[] results = model.run(owner, method, arguments.toArray());
      prompt += joining;
      return results;
    }
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
    NDArray[] kept = picked(rows);
    close();
    keys = kept[0];
    values = kept[1];
    lengths = kept[2];
  }

  private NDArray[] picked(int[] rows) {
    try (NDArray picked = manager.create(Arrays.stream(rows).mapToLong(row -> row).toArray())) {
      return model.pick(manager, List.of(keys, values, lengths), picked);
    }
  }

  /**
   * A chunk's ordinary states followed by those of the prompt so far.
   *
   * @return keys after rotary embedding, values; each (L, G, chunk tokens + prompt tokens, D)
   */
  FocusModel.States ordinary(NDManager owner, int row) {
    long length = lengths.getLong(row);
    NDArray[] both = new NDArray[2];
    for (int i = 0; i < 2; i++) {
      NDArray all = i == 0 ? keys : values;
      NDArray one = all.get(":, {}", row);
      both[i] =
          one.get(":, :, 0:{}", length).concat(one.get(":, :, {}:{}", tokens, tokens + prompt), 2);
      both[i].attach(owner);
    }
    return new FocusModel.States(both[0], both[1]);
  }

  void close() {
    keys.close();
    values.close();
    lengths.close();
  }
}
