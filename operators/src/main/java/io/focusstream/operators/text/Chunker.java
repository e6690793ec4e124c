package io.focusstream.operators.text;

import java.util.ArrayList;
import java.util.List;

/**
 * Decides where a stream's history is cut into chunks. Looks at lengths only.
 *
 * <p>The rule: while the tail holds more than {@code windowTokens}, a chunk is cut from its old
 * end. A chunk takes whole events as long as it stays within {@code chunkTokens}, so that no line
 * is cut; only an event longer than a chunk is split, and then it fills the chunk up. What is left
 * of a split event is treated as an event of its own. A chunk depends on nothing but the events in
 * front of its end: so the chunks are the same however the arrivals are batched.
 */
public final class Chunker {
  private final int chunkTokens;
  private final int windowTokens;

  /**
   * A rule.
   *
   * @param chunkTokens most tokens of a chunk, at least 1
   * @param windowTokens most tokens that stay in the tail, at least {@code chunkTokens}: then a
   *     chunk is never cut before it is known what it ends with
   */
  public Chunker(int chunkTokens, int windowTokens) {
    if (chunkTokens < 1) {
      throw new IllegalArgumentException("chunk-tokens must be at least 1; got " + chunkTokens);
    }
    if (windowTokens < chunkTokens) {
      throw new IllegalArgumentException(
          "window-tokens must be at least chunk-tokens; got "
              + windowTokens
              + " and "
              + chunkTokens);
    }
    this.chunkTokens = chunkTokens;
    this.windowTokens = windowTokens;
  }

  /** Whether a tail of so many tokens has to give chunks away. */
  public boolean overflows(long tailTokens) {
    return tailTokens > windowTokens;
  }

  /**
   * Cuts chunks from the old end until the rest fits the window.
   *
   * @param eventTokens number of tokens of each event in the tail, oldest first
   */
  public Plan plan(int[] eventTokens) {
    long rest = 0;
    for (int tokens : eventTokens) {
      rest += tokens;
    }
    List<List<Piece>> chunks = new ArrayList<>();
    int event = 0;
    int from = 0;
    while (overflows(rest)) {
      List<Piece> chunk = new ArrayList<>();
      int room = chunkTokens;
      while (room > 0) {
        int left = eventTokens[event] - from;
        if (left > room && left <= chunkTokens) {
          break;
        }
        int taken = Math.min(left, room);
        chunk.add(new Piece(event, from, from + taken, taken == left));
        room -= taken;
        from += taken;
        if (taken == left) {
          event++;
          from = 0;
        }
      }
      rest -= chunkTokens - room;
      chunks.add(List.copyOf(chunk));
    }
    return new Plan(List.copyOf(chunks), event, from);
  }

  /**
   * A part of an event.
   *
   * @param event index of the event
   * @param from first token, inclusive
   * @param to last token, exclusive
   * @param endsEvent whether the event ends here
   */
  public record Piece(int event, int from, int to, boolean endsEvent) {}

  /**
   * What to cut.
   *
   * @param chunks the pieces of each chunk, oldest first
   * @param firstEvent the event that the rest begins with
   * @param firstToken its first token that is in no chunk
   */
  public record Plan(List<List<Piece>> chunks, int firstEvent, int firstToken) {}
}
