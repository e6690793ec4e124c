package io.focusstream.operators.text;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds the lines that share a question's rare words: exactly those that name the id, host or
 * person that is asked about, where the question names one. Works on token ids, byte by byte,
 * without making text of them: a million tokens take some tens of milliseconds.
 *
 * <p>A word is a run of letters and digits, in any case. A line is what ends with a line feed; one
 * that begins with white space belongs to the line before it (a stack trace's frames). A line's
 * score is the sum of {@code ln(1 + lines / lines that have it)} over the question's words that it
 * has (the inverse document frequency, Robertson and Zaragoza 2009, §3.1, of lines). Blind to
 * meaning; what comes of it is one more thing to read for a model that also reads the whole.
 *
 * <p>Safe for use by many threads.
 */
public final class LineMatcher {
  /** Words of a question that count, from its beginning. */
  private static final int MOST_WORDS = Long.SIZE;

  /** A line counts whose score is at least this part of the best one's. */
  private static final double NEAR_BEST = 0.7;

  /** Where more than this part of all lines counts, the words tell nothing apart. */
  private static final double TOO_MANY = 0.3;

  private static final byte[] NOTHING = {};
  private static final long SEED = 0xCBF29CE484222325L;
  private static final long PRIME = 0x100000001B3L;

  // bytes of each token, letters in lower case
  private final byte[][] bytes;

  /** Reads the vocabulary; the tokenizer isn't needed after that. */
  public LineMatcher(TextTokenizer tokenizer) {
    bytes = new byte[tokenizer.vocabularySize()][];
    for (int id = 0; id < bytes.length; id++) {
      byte[] text = tokenizer.decode(new int[] {id}).getBytes(StandardCharsets.UTF_8);
      for (int i = 0; i < text.length; i++) {
        if (text[i] >= 'A' && text[i] <= 'Z') {
          text[i] += 'a' - 'A';
        }
      }
      bytes[id] = text;
    }
  }

  /**
   * Some lines of one text.
   *
   * @param text its index
   * @param tokens places of the lines' tokens in it, ascending
   */
  public record Excerpt(int text, int[] tokens) {}

  /** A line from and to, and which of the question's words it has. */
  private record Line(int text, int from, int to, long words) {}

  /**
   * Finds lines.
   *
   * @param texts token ids, oldest first
   * @param question token ids
   * @param most excerpts, at least 1
   * @return of those texts that hold the best lines, in the order of the texts; among equals the
   *     newest; none where no word tells lines apart
   */
  public List<Excerpt> find(List<int[]> texts, int[] question, int most) {
    Map<Long, Integer> wanted = words(question);
    if (wanted.isEmpty()) {
      return List.of();
    }
    List<Line> lines = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      lines(i, texts.get(i), wanted, lines);
    }
    double[] scores = scores(lines, wanted.size());
    double best = Arrays.stream(scores).max().orElse(0);
    double enough = NEAR_BEST * best;
    int matching = (int) Arrays.stream(scores).filter(score -> score >= enough).count();
    if (best <= 0 || matching > Math.max(1, TOO_MANY * lines.size())) {
      return List.of();
    }
    Map<Integer, List<Line>> ofText = new HashMap<>();
    Map<Integer, Double> bestOfText = new HashMap<>();
    for (int i = 0; i < scores.length; i++) {
      if (scores[i] >= enough) {
        Line line = lines.get(i);
        ofText.computeIfAbsent(line.text(), t -> new ArrayList<>()).add(line);
        bestOfText.merge(line.text(), scores[i], Math::max);
      }
    }
    List<Integer> chosen = new ArrayList<>(ofText.keySet());
    chosen.sort(
        Comparator.<Integer>comparingDouble(text -> -bestOfText.get(text))
            .thenComparing(Comparator.reverseOrder()));
    chosen = new ArrayList<>(chosen.subList(0, Math.min(most, chosen.size())));
    Collections.sort(chosen);
    return chosen.stream().map(text -> excerpt(text, ofText.get(text))).toList();
  }

  private static Excerpt excerpt(int text, List<Line> lines) {
    int[] tokens = new int[lines.stream().mapToInt(line -> line.to() - line.from()).sum()];
    int at = 0;
    for (Line line : lines) {
      for (int i = line.from(); i < line.to(); i++) {
        tokens[at++] = i;
      }
    }
    return new Excerpt(text, tokens);
  }

  private static double[] scores(List<Line> lines, int words) {
    int[] having = new int[words];
    for (Line line : lines) {
      for (long left = line.words(); left != 0; left &= left - 1) {
        having[Long.numberOfTrailingZeros(left)]++;
      }
    }
    double[] rarity = new double[words];
    for (int i = 0; i < words; i++) {
      rarity[i] = having[i] == 0 ? 0 : Math.log1p((double) lines.size() / having[i]);
    }
    double[] scores = new double[lines.size()];
    for (int i = 0; i < scores.length; i++) {
      for (long left = lines.get(i).words(); left != 0; left &= left - 1) {
        scores[i] += rarity[Long.numberOfTrailingZeros(left)];
      }
    }
    return scores;
  }

  // tokens of another model's vocabulary are no words
  private byte[] bytes(int token) {
    return token < bytes.length ? bytes[token] : NOTHING;
  }

  /** Hash of each different word, and its number. */
  private Map<Long, Integer> words(int[] tokens) {
    Map<Long, Integer> found = new HashMap<>();
    long hash = SEED;
    for (int token : tokens) {
      byte[] piece = bytes(token);
      for (byte b : piece) {
        if (isOfWord(b)) {
          hash = (hash ^ b) * PRIME;
        } else {
          hash = note(found, hash);
        }
      }
      if (piece.length == 0) {
        // what frames a question ends a word
        hash = note(found, hash);
      }
    }
    note(found, hash);
    return found;
  }

  private static long note(Map<Long, Integer> found, long hash) {
    if (hash != SEED && found.size() < MOST_WORDS) {
      found.putIfAbsent(hash, found.size());
    }
    return SEED;
  }

  private void lines(int text, int[] tokens, Map<Long, Integer> wanted, List<Line> out) {
    long hash = SEED;
    long words = 0;
    int from = 0;
    boolean ended = false;
    for (int i = 0; i < tokens.length; i++) {
      byte[] piece = bytes(tokens[i]);
      if (ended && i > from && !(piece.length > 0 && isBlank(piece[0]))) {
        out.add(new Line(text, from, i, words));
        from = i;
        words = 0;
      }
      ended = false;
      for (byte b : piece) {
        if (isOfWord(b)) {
          hash = (hash ^ b) * PRIME;
        } else if (hash != SEED) {
          Integer word = wanted.get(hash);
          words |= word == null ? 0 : 1L << word;
          hash = SEED;
        }
        ended = b == '\n';
      }
    }
    Integer word = wanted.get(hash);
    words |= word == null ? 0 : 1L << word;
    if (from < tokens.length) {
      out.add(new Line(text, from, tokens.length, words));
    }
  }

  private static boolean isBlank(byte b) {
    return b == ' ' || b == '\t';
  }

  // bytes past ASCII are parts of letters, as far as we know
  private static boolean isOfWord(byte b) {
    return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b < 0;
  }
}
