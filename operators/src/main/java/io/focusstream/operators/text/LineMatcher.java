package io.focusstream.operators.text;

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
 * without making text of them: a million tokens take 16 ms ({@code LineMatcherBenchmark},
 * docs/performance.md).
 *
 * <p>A word is a run of letters and digits, in any case (in ASCII). A line is what ends with a line
 * feed; one that begins with white space belongs to the line before it (a stack trace's frames). A
 * line's score is the sum of {@code ln(1 + lines / lines that have it)} over the question's words
 * that it has (the inverse document frequency, Robertson and Zaragoza 2009, §3.1, of lines). Where
 * the best line has most of the question's rare words, the lines whose score is near its own are
 * found, and those that have the same words with digits: what else is said of an id. Blind to
 * meaning; what comes of it is one more thing to read for a model that also reads the whole.
 *
 * <p>Safe for use by many threads.
 */
public final class LineMatcher {
  /** Words of a question that count, from its beginning. */
  private static final int MOST_WORDS = Long.SIZE;

  /**
   * The best line has at least this part of what the question's rare words that occur at all add up
   * to: lines with half of a name are no lines that name it.
   */
  private static final double ENOUGH = 0.6;

  /** Rare is what is at least so rare as this part of the rarest. */
  private static final double RARE = 0.5;

  /** A line counts whose score is at least this part of the best one's. */
  private static final double NEAR_BEST = 0.7;

  /** Or one that has so much of what the best one has of the words with a digit: the same id. */
  private static final double NEARLY_ALL = 0.95;

  /** Where more than this part of all lines counts, the words tell nothing apart. */
  private static final double TOO_MANY = 0.3;

  private static final byte LATIN_SIGNS = (byte) 0xC2;
  private static final byte OTHER_SIGNS = (byte) 0xE2;
  private static final byte[] NOTHING = {};
  private static final long SEED = 0xCBF29CE484222325L;
  private static final long PRIME = 0x100000001B3L;

  // bytes of each token, letters in lower case
  private final byte[][] bytes;

  /** Reads the vocabulary; the tokenizer isn't needed after that. */
  public LineMatcher(TextTokenizer tokenizer) {
    bytes = new byte[tokenizer.vocabularySize()][];
    for (int id = 0; id < bytes.length; id++) {
      byte[] text = tokenizer.bytes(id).clone();
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
    Words wanted = new Words(question);
    if (wanted.size() == 0) {
      return List.of();
    }
    List<Line> lines = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      lines(i, texts.get(i), wanted, lines);
    }
    double[] rarity = rarity(lines, wanted.size());
    double[] scores = scores(lines, rarity, -1L);
    int best = 0;
    for (int i = 1; i < scores.length; i++) {
      best = scores[i] > scores[best] ? i : best;
    }
    if (scores.length == 0 || scores[best] <= 0 || !hasEnough(lines.get(best), rarity)) {
      return List.of();
    }
    boolean[] matching = new boolean[scores.length];
    double[] named = scores(lines, rarity, wanted.withDigits());
    int count = 0;
    for (int i = 0; i < scores.length; i++) {
      matching[i] =
          scores[i] >= NEAR_BEST * scores[best]
              || named[best] > 0 && named[i] >= NEARLY_ALL * named[best];
      count += matching[i] ? 1 : 0;
    }
    if (count > Math.max(1, TOO_MANY * lines.size())) {
      return List.of();
    }
    Map<Integer, List<Line>> ofText = new HashMap<>();
    Map<Integer, Double> bestOfText = new HashMap<>();
    for (int i = 0; i < scores.length; i++) {
      if (matching[i]) {
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

  private static boolean hasEnough(Line line, double[] rarity) {
    double rarest = Arrays.stream(rarity).max().orElse(0);
    double all = 0;
    double had = 0;
    for (int i = 0; i < rarity.length; i++) {
      if (rarity[i] >= RARE * rarest) {
        all += rarity[i];
        had += (line.words() >> i & 1) == 1 ? rarity[i] : 0;
      }
    }
    return had >= ENOUGH * all;
  }

  private static double[] rarity(List<Line> lines, int words) {
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
    return rarity;
  }

  /** Of each line, counting only some of the words. */
  private static double[] scores(List<Line> lines, double[] rarity, long counting) {
    double[] scores = new double[lines.size()];
    for (int i = 0; i < scores.length; i++) {
      for (long left = lines.get(i).words() & counting; left != 0; left &= left - 1) {
        scores[i] += rarity[Long.numberOfTrailingZeros(left)];
      }
    }
    return scores;
  }

  /** Reads bytes one after the other, and tells where a word ends. */
  private static final class Reader {
    // of the word so far; SEED where there is none
    private long hash = SEED;
    private boolean digits;
    private int skipped;
    // of the word that has just ended
    private long ended;
    private boolean endedWithDigits;

    /** True where a word ends before this byte. */
    boolean endsBefore(byte b) {
      if (skipped > 0 && b < -64) {
        skipped--;
        return false;
      }
      skipped = 0;
      if (b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b < 0 && !isOfSign(b)) {
        hash = (hash ^ b) * PRIME;
        digits |= b >= '0' && b <= '9';
        return false;
      }
      if (b < 0) {
        skipped = b == LATIN_SIGNS ? 1 : 2;
      }
      return ends();
    }

    /** True where a word was begun. */
    boolean ends() {
      ended = hash;
      endedWithDigits = digits;
      hash = SEED;
      digits = false;
      return ended != SEED;
    }

    // first byte of what is no letter: U+0080 to U+00BF, U+2000 to U+2FFF; else a letter's, as far
    // as we know
    private static boolean isOfSign(byte b) {
      return b == LATIN_SIGNS || b == OTHER_SIGNS;
    }
  }

  /** A question's words, each with a number. */
  private final class Words {
    private final Map<Long, Integer> numbers = new HashMap<>();
    private long withDigits;

    Words(int[] question) {
      Reader reader = new Reader();
      for (int token : question) {
        byte[] piece = bytes(token);
        for (byte b : piece) {
          if (reader.endsBefore(b)) {
            note(reader);
          }
        }
        // what frames a question ends a word
        if (piece.length == 0 && reader.ends()) {
          note(reader);
        }
      }
      if (reader.ends()) {
        note(reader);
      }
    }

    private void note(Reader reader) {
      if (numbers.size() < MOST_WORDS) {
        int number = numbers.computeIfAbsent(reader.ended, word -> numbers.size());
        withDigits |= reader.endedWithDigits ? 1L << number : 0;
      }
    }

    int size() {
      return numbers.size();
    }

    long withDigits() {
      return withDigits;
    }

    /** The word's bit; 0 where it isn't one of these. */
    long bit(Reader reader) {
      Integer number = numbers.get(reader.ended);
      return number == null ? 0 : 1L << number;
    }
  }

  // tokens of another model's vocabulary are no words
  private byte[] bytes(int token) {
    return token >= 0 && token < bytes.length ? bytes[token] : NOTHING;
  }

  private void lines(int text, int[] tokens, Words wanted, List<Line> out) {
    Reader reader = new Reader();
    long words = 0;
    int from = 0;
    boolean ended = false;
    for (int i = 0; i < tokens.length; i++) {
      byte[] piece = bytes(tokens[i]);
      if (ended && !(piece.length > 0 && isBlank(piece[0]))) {
        out.add(new Line(text, from, i, words));
        from = i;
        words = 0;
      }
      ended = false;
      for (byte b : piece) {
        if (reader.endsBefore(b)) {
          words |= wanted.bit(reader);
        }
        ended = b == '\n';
      }
    }
    if (reader.ends()) {
      words |= wanted.bit(reader);
    }
    if (from < tokens.length) {
      out.add(new Line(text, from, tokens.length, words));
    }
  }

  private static boolean isBlank(byte b) {
    return b == ' ' || b == '\t';
  }
}
