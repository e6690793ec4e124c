package io.focusstream.jobs.training;

import io.focusstream.operators.text.ByteLevelBpe;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Embeddings for a tokenizer that was given more words ({@link
 * io.focusstream.jobs.training.tokenizer.WordTokens}): a new token begins as the mean of the word's
 * other spellings and of the pieces it took before; then all spellings of a word (with a blank or
 * without, capitalised or not) are drawn together, so that what asks with one finds the other.
 */
public final class WordEmbeddings {
  private static final Pattern WORD = Pattern.compile(" ?([A-Za-z]{2,})");
  private static final double OF_PIECES = 0.3;
  private static final double ALIKE_WHERE_NEW = 0.5;

  private WordEmbeddings() {}

  /**
   * Grows an embedding.
   *
   * @param old (V, H)
   * @param width H
   * @param before the tokenizer of {@code old}
   * @param after with the same ids and more
   * @param alike how far the spellings of a word are drawn together, from 0 to 1; new ones at least
   *     half
   * @return (V', H): every row as long as it was, new ones as long as old ones in the mean
   */
  public static float[] grow(
      float[] old, int width, ByteLevelBpe before, ByteLevelBpe after, double alike) {
    int known = old.length / width;
    int all = after.vocabularySize();
    double[][] rows = new double[all][width];
    double length = 0;
    for (int i = 0; i < known; i++) {
      for (int d = 0; d < width; d++) {
        rows[i][d] = old[i * width + d];
      }
      length += norm(rows[i]) / known;
    }
    Map<String, List<Integer>> spellings = spellings(after);
    for (List<Integer> ids : spellings.values()) {
      List<Integer> others = ids.stream().filter(id -> id < known).toList();
      for (int id : ids) {
        if (id >= known) {
          int[] pieces = before.encode(after.decode(new int[] {id}));
          double[] own = mean(rows, Arrays.stream(pieces).boxed().toList());
          if (!others.isEmpty()) {
            own = sum(mean(rows, others), 1, own, OF_PIECES);
          }
          rows[id] = scaled(own, length);
        }
      }
    }
    double[][] drawn = rows.clone();
    for (List<Integer> ids : spellings.values()) {
      if (ids.size() > 1) {
        double[] mean = mean(rows, ids);
        for (int id : ids) {
          double part = id < known ? alike : Math.max(alike, ALIKE_WHERE_NEW);
          drawn[id] = scaled(sum(rows[id], 1 - part, mean, part), norm(rows[id]));
        }
      }
    }
    float[] grown = new float[all * width];
    for (int i = 0; i < all; i++) {
      for (int d = 0; d < width; d++) {
        grown[i * width + d] = (float) drawn[i][d];
      }
    }
    return grown;
  }

  /** Ids by word, in lower case. */
  private static Map<String, List<Integer>> spellings(ByteLevelBpe tokenizer) {
    Map<String, List<Integer>> spellings = new LinkedHashMap<>();
    for (int id = 0; id < tokenizer.vocabularySize(); id++) {
      var word = WORD.matcher(tokenizer.decode(new int[] {id}));
      if (word.matches()) {
        spellings
            .computeIfAbsent(word.group(1).toLowerCase(Locale.ROOT), w -> new ArrayList<>())
            .add(id);
      }
    }
    return spellings;
  }

  // The sum over the root of their number: as long as each, where they are at right angles.
  private static double[] mean(double[][] rows, List<Integer> ids) {
    double[] sum = new double[rows[0].length];
    for (int id : ids) {
      for (int d = 0; d < sum.length; d++) {
        sum[d] += rows[id][d] / Math.sqrt(ids.size());
      }
    }
    return sum;
  }

  private static double[] sum(double[] a, double ofA, double[] b, double ofB) {
    double[] sum = new double[a.length];
    for (int d = 0; d < sum.length; d++) {
      sum[d] = ofA * a[d] + ofB * b[d];
    }
    return sum;
  }

  private static double[] scaled(double[] row, double length) {
    double now = norm(row);
    return now > 0 ? sum(row, length / now, row, 0) : row;
  }

  private static double norm(double[] row) {
    double squares = 0;
    for (double x : row) {
      squares += x * x;
    }
    return Math.sqrt(squares);
  }
}
