package io.focusstream.operators.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Rows of chunks with questions as {@code learning} in the graph's source wants them: first all
 * chunks, then the questions in groups of about one length, so that little is padding and no
 * question is compared with another one's tokens. Legend: M tokens in all, B chunks, N questions, T
 * tokens of the longest chunk.
 *
 * @param groups [B, tokens of the longest chunk, questions of a group, tokens of its longest, …]
 * @param whose (N) each question's chunk
 * @param columns (N, T) where each of the chunk's tokens stands for the question, from 0; -1 where
 *     it isn't seen
 * @param moved whether any stands elsewhere than in its chunk
 * @param tokens (M), padded with 0
 * @param positions (M)
 * @param targets (M) what is to follow each token
 * @param weights (M)
 */
public record ProposalLayout(
    int[] groups,
    int[] whose,
    int[] columns,
    boolean moved,
    int[] tokens,
    int[] positions,
    int[] targets,
    float[] weights) {
  /** A group ends where the next question has less than this part of its longest one's tokens. */
  public static final double ALIKE = 0.85;

  private static final int LEAST_IN_A_GROUP = 6;

  /** Tokens from and to of a row. */
  private record Piece(int row, int from, int to, int[] columns) {
    int length() {
      return to - from;
    }
  }

  /** Lays rows out in groups of about one length. */
  public static ProposalLayout of(ProposalRows rows) {
    return of(rows, ALIKE);
  }

  /**
   * Lays rows out.
   *
   * @param alike a group ends where the next question has less than this part of its longest one's
   *     tokens: the less, the fewer groups and the more padding
   */
  public static ProposalLayout of(ProposalRows rows, double alike) {
    List<Piece> chunks = new ArrayList<>();
    List<Piece> questions = new ArrayList<>();
    for (int row = 0; row < rows.tokens().length; row++) {
      int[] segments = rows.segments()[row];
      int at = 0;
      while (at < segments.length && segments[at] == 0) {
        at++;
      }
      chunks.add(new Piece(row, 0, at, null));
      while (at < segments.length) {
        int from = at;
        boolean supervised = false;
        while (at < segments.length && segments[at] == segments[from]) {
          supervised |= rows.weights()[row][at++] > 0;
        }
        if (supervised) {
          questions.add(new Piece(row, from, at, rows.columns()[row][segments[from] - 1]));
        }
      }
    }
    questions.sort(Comparator.comparingInt(Piece::length).reversed());
    List<Integer> groups = new ArrayList<>();
    groups.add(chunks.size());
    groups.add(chunks.stream().mapToInt(Piece::length).max().orElseThrow());
    int longest = 0;
    int inGroup = 0;
    for (Piece question : questions) {
      if (longest == 0 || question.length() < alike * longest && inGroup >= LEAST_IN_A_GROUP) {
        longest = question.length();
        inGroup = 0;
        groups.add(0);
        groups.add(longest);
      }
      groups.set(groups.size() - 2, ++inGroup);
    }
    int all = 0;
    for (int i = 0; i < groups.size(); i += 2) {
      all += groups.get(i) * groups.get(i + 1);
    }
    int widest = groups.get(1);
    int[] columns = new int[questions.size() * widest];
    Arrays.fill(columns, -1);
    boolean moved = false;
    for (int n = 0; n < questions.size(); n++) {
      int[] seen = questions.get(n).columns();
      int count = seen == null ? chunks.get(questions.get(n).row()).length() : seen.length;
      for (int i = 0; i < count; i++) {
        int column = seen == null ? i : seen[i];
        columns[n * widest + column] = i;
        moved |= column != i;
      }
    }
    ProposalLayout layout =
        new ProposalLayout(
            groups.stream().mapToInt(i -> i).toArray(),
            questions.stream().mapToInt(Piece::row).toArray(),
            columns,
            moved,
            new int[all],
            new int[all],
            new int[all],
            new float[all]);
    List<Piece> pieces = new ArrayList<>(chunks);
    pieces.addAll(questions);
    int at = 0;
    int next = 0;
    for (int i = 0; i < groups.size(); i += 2) {
      for (int n = 0; n < groups.get(i); n++) {
        layout.copy(rows, pieces.get(next++), at);
        at += groups.get(i + 1);
      }
    }
    return layout;
  }

  private void copy(ProposalRows rows, Piece piece, int at) {
    System.arraycopy(rows.tokens()[piece.row()], piece.from(), tokens, at, piece.length());
    System.arraycopy(rows.positions()[piece.row()], piece.from(), positions, at, piece.length());
    System.arraycopy(rows.targets()[piece.row()], piece.from(), targets, at, piece.length());
    System.arraycopy(rows.weights()[piece.row()], piece.from(), weights, at, piece.length());
  }
}
