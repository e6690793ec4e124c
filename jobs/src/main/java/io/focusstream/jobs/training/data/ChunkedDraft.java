package io.focusstream.jobs.training.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A draft cut as a stream is: whole lines fill chunks, the last ones are the tail.
 *
 * @param draft the lines that are kept; what fits no chunk is {@link Draft#beyond}
 * @param chunks tokens of each chunk, oldest first
 * @param tail tokens of the tail, maybe none
 * @param chunkOf of each line: its chunk, {@link #TAIL}, or {@link #SPLIT}
 */
record ChunkedDraft(Draft draft, List<int[]> chunks, int[] tail, int[] chunkOf) {
  static final int TAIL = -1;

  /** Of a line that is longer than a chunk. */
  static final int SPLIT = -2;

  /** Cuts at most {@code count} chunks of at most {@code size} tokens, and a tail. */
  static ChunkedDraft cut(Draft draft, int count, int size, int tail) {
    int lines = draft.lines.size();
    int firstTail = lines;
    int tailTokens = 0;
    while (firstTail > 1 && tailTokens + draft.tokens.get(firstTail - 1).length <= tail) {
      firstTail--;
      tailTokens += draft.tokens.get(firstTail).length;
    }
    int[] tailIds = join(draft.tokens.subList(firstTail, lines));
    List<int[]> chunks = new ArrayList<>();
    int[] chunkOf = new int[lines];
    Arrays.fill(chunkOf, TAIL);
    int at = 0;
    while (at < firstTail && chunks.size() < count) {
      int[] first = draft.tokens.get(at);
      if (first.length > size) {
        for (int from = 0; from < first.length && chunks.size() < count; from += size) {
          chunks.add(Arrays.copyOfRange(first, from, Math.min(first.length, from + size)));
        }
        chunkOf[at++] = SPLIT;
        continue;
      }
      int to = at;
      int used = 0;
      while (to < firstTail && used + draft.tokens.get(to).length <= size) {
        used += draft.tokens.get(to).length;
        chunkOf[to++] = chunks.size();
      }
      chunks.add(join(draft.tokens.subList(at, to)));
      at = to;
    }
    // What fits no chunk is dropped, and so nothing may be asked of it.
    if (at < firstTail) {
      List<DraftLine> keptLines = new ArrayList<>(draft.lines.subList(0, at));
      keptLines.addAll(draft.lines.subList(firstTail, lines));
      List<int[]> keptTokens = new ArrayList<>(draft.tokens.subList(0, at));
      keptTokens.addAll(draft.tokens.subList(firstTail, lines));
      List<DraftLine> beyond = new ArrayList<>(draft.beyond);
      beyond.addAll(draft.lines.subList(at, firstTail));
      int[] keptChunks = Arrays.copyOf(chunkOf, keptLines.size());
      Arrays.fill(keptChunks, at, keptChunks.length, TAIL);
      chunkOf = keptChunks;
      draft = new Draft(keptLines, keptTokens, beyond);
    }
    return new ChunkedDraft(draft, chunks, tailIds, chunkOf);
  }

  /** The whole lines of each chunk, oldest chunk first; none for a piece of a split line. */
  List<List<Integer>> linesOfChunks() {
    List<List<Integer>> lines = new ArrayList<>();
    for (int c = 0; c < chunks.size(); c++) {
      lines.add(new ArrayList<>());
    }
    for (int i = 0; i < chunkOf.length; i++) {
      if (chunkOf[i] >= 0) {
        lines.get(chunkOf[i]).add(i);
      }
    }
    return lines;
  }

  /** Those of the given lines that say something. */
  List<Integer> telling(List<Integer> lines) {
    return lines.stream().filter(line -> !draft.lines.get(line).facts().isEmpty()).toList();
  }

  static int[] join(List<int[]> parts) {
    int[] all = new int[parts.stream().mapToInt(part -> part.length).sum()];
    int at = 0;
    for (int[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }
}
