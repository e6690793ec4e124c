package io.focusstream.operators.text;

import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Chooses the chunks that share most words with a question, where a stream has more than are to be
 * asked. Cheap and blind to meaning: a chunk that says it in other words is left out.
 *
 * <p>The question's tokens and pairs of neighbouring tokens are looked up in each chunk; one that
 * few chunks have counts for more: {@code ln(1 + chunks / chunks that have it)}, and the second
 * time in the same chunk for less (the saturation of BM25, Robertson and Zaragoza 2009, §3.1).
 * Nothing here is kept in state; a question sent again gets the same chunks.
 */
public final class Prefilter {
  private static final double SATURATION = 1.2;

  private Prefilter() {}

  /**
   * The best chunks.
   *
   * @param chunks tokens of each chunk, oldest first
   * @param question its tokens
   * @param most at least 1
   * @return indices, ascending, at most so many; among equals the newest
   */
  public static int[] choose(List<int[]> chunks, int[] question, int most) {
    int count = chunks.size();
    int[] all = new int[count];
    Arrays.setAll(all, i -> i);
    if (count <= most) {
      return all;
    }
    Set<Long> terms = new HashSet<>();
    for (int i = 0; i < question.length; i++) {
      terms.add(single(question[i]));
      if (i > 0) {
        terms.add(pair(question[i - 1], question[i]));
      }
    }
    Map<Long, Integer> having = new HashMap<>();
    List<Map<Long, Integer>> found =
        chunks.stream().map(tokens -> occurrences(tokens, terms)).toList();
    found.forEach(one -> one.keySet().forEach(term -> having.merge(term, 1, Integer::sum)));
    double[] scores = new double[count];
    for (int i = 0; i < count; i++) {
      for (Map.Entry<Long, Integer> entry : found.get(i).entrySet()) {
        double rarity = Math.log1p((double) count / having.get(entry.getKey()));
        scores[i] += rarity * entry.getValue() / (entry.getValue() + SATURATION);
      }
    }
    return Arrays.stream(all)
        .boxed()
        .sorted(
            Comparator.<Integer>comparingDouble(i -> -scores[i])
                .thenComparing(Comparator.reverseOrder()))
        .limit(most)
        .mapToInt(Integer::intValue)
        .sorted()
        .toArray();
  }

  private static Map<Long, Integer> occurrences(int[] tokens, Set<Long> terms) {
    Map<Long, Integer> found = new HashMap<>();
    for (int i = 0; i < tokens.length; i++) {
      if (terms.contains(single(tokens[i]))) {
        found.merge(single(tokens[i]), 1, Integer::sum);
        if (i > 0 && terms.contains(pair(tokens[i - 1], tokens[i]))) {
          found.merge(pair(tokens[i - 1], tokens[i]), 1, Integer::sum);
        }
      }
    }
    return found;
  }

  // token ids are not negative, so that no pair is like a single one
  private static long single(int token) {
    return -1L - token;
  }

  private static long pair(int first, int second) {
    return (long) first << 32 | second;
  }
}
