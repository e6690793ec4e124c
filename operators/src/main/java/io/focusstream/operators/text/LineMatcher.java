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
 * without making text of them: a million tokens take 19 ms ({@code LineMatcherBenchmark},
 * docs/performance.md).
 *
 * <p>A word is a run of letters and digits, in any case (in ASCII). Words that are joined without a
 * blank ({@code ord-4211}, {@code /srv/web.log}) are a name, and a line that has the whole of it,
 * also as a part of more, has one word more: so that {@code srv-1.web} is found, and not what has
 * two of its three words. A line is what ends with a line feed; one that begins with white space
 * belongs to the line before it (a stack trace's frames). A line's score is the sum of {@code ln(1
 * + lines / lines that have it)} over the question's words that it has (the inverse document
 * frequency, Robertson and Zaragoza 2009, §3.1, of lines).
 *
 * <p>Lines that have most of the question's names and ids are found, and others with one of them
 * whose score is near the best of those. Where no line has, it is the words: where the best line
 * has most of the question's rare ones, the lines whose score is near its own are found, and those
 * that have the same words with digits. Blind to meaning; what comes of it is one more thing to
 * read for a model that also reads the whole.
 *
 * <p>Safe for use by many threads.
 */
public final class LineMatcher {
  /** Words and names of a question that count, from its beginning. */
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

  private static final byte[] NOTHING = {};

  /** A word with a digit is an id where it is at least so long; «5» may be anything. */
  private static final int ID_LENGTH = 4;

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
    if (wanted.isEmpty()) {
      return List.of();
    }
    List<Line> lines = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      lines(i, texts.get(i), wanted, lines);
    }
    double[] rarity = rarity(lines);
    double[] scores = scores(lines, rarity, -1L);
    boolean[] matching = matching(lines, scores, rarity, wanted);
    Map<Integer, List<Line>> ofText = new HashMap<>();
    Map<Integer, Double> bestOfText = new HashMap<>();
    int count = 0;
    for (int i = 0; i < matching.length; i++) {
      if (matching[i]) {
        Line line = lines.get(i);
        ofText.computeIfAbsent(line.text(), t -> new ArrayList<>()).add(line);
        bestOfText.merge(line.text(), scores[i], Math::max);
        count++;
      }
    }
    if (count > Math.max(1, TOO_MANY * lines.size())) {
      return List.of();
    }
    List<Integer> chosen = new ArrayList<>(ofText.keySet());
    chosen.sort(
        Comparator.<Integer>comparingDouble(text -> -bestOfText.get(text))
            .thenComparing(Comparator.reverseOrder()));
    chosen = new ArrayList<>(chosen.subList(0, Math.min(most, chosen.size())));
    Collections.sort(chosen);
    return chosen.stream().map(text -> excerpt(text, ofText.get(text))).toList();
  }

  /** Of each line whether it is one of those that are meant. */
  private static boolean[] matching(
      List<Line> lines, double[] scores, double[] rarity, Words wanted) {
    boolean[] matching = new boolean[lines.size()];
    boolean[] naming = naming(lines, rarity, wanted.named());
    int best = best(scores, naming);
    if (best < 0 || scores[best] <= 0 || !naming[best] && !hasMostOfRare(lines, best, rarity)) {
      return matching;
    }
    double[] digits = scores(lines, rarity, wanted.withDigits());
    for (int i = 0; i < matching.length; i++) {
      boolean near = scores[i] >= NEAR_BEST * scores[best];
      boolean namesOne = (lines.get(i).words() & wanted.named()) != 0;
      boolean sameDigits = digits[best] > 0 && digits[i] >= NEARLY_ALL * digits[best];
      matching[i] = naming[best] ? naming[i] || near && namesOne : near || sameDigits;
    }
    return matching;
  }

  /** The line with the highest score, of those that name if there are any; -1 of none. */
  private static int best(double[] scores, boolean[] naming) {
    int best = -1;
    for (int i = 0; i < scores.length; i++) {
      if (best < 0
          || naming[i] && !naming[best]
          || naming[i] == naming[best] && scores[i] > scores[best]) {
        best = i;
      }
    }
    return best;
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

  /** Of each line whether it has most of these. */
  private static boolean[] naming(List<Line> lines, double[] rarity, long named) {
    // what stands nowhere is as rare as can be, and missing
    double[] weights = rarity.clone();
    Arrays.setAll(weights, i -> rarity[i] == 0 ? Math.log1p(lines.size()) : rarity[i]);
    boolean[] naming = new boolean[lines.size()];
    for (int i = 0; i < naming.length; i++) {
      naming[i] = hasMost(lines.get(i).words(), named, weights);
    }
    return naming;
  }

  private static boolean hasMostOfRare(List<Line> lines, int line, double[] rarity) {
    double rarest = Arrays.stream(rarity).max().orElse(0);
    long rare = 0;
    for (int i = 0; i < rarity.length; i++) {
      rare |= rarity[i] > 0 && rarity[i] >= RARE * rarest ? 1L << i : 0;
    }
    return hasMost(lines.get(line).words(), rare, rarity);
  }

  private static boolean hasMost(long words, long of, double[] rarity) {
    double all = sum(of, rarity);
    return all > 0 && sum(words & of, rarity) >= ENOUGH * all;
  }

  private static double sum(long words, double[] rarity) {
    double sum = 0;
    for (long left = words; left != 0; left &= left - 1) {
      sum += rarity[Long.numberOfTrailingZeros(left)];
    }
    return sum;
  }

  private static double[] rarity(List<Line> lines) {
    int[] having = new int[MOST_WORDS];
    for (Line line : lines) {
      for (long left = line.words(); left != 0; left &= left - 1) {
        having[Long.numberOfTrailingZeros(left)]++;
      }
    }
    double[] rarity = new double[MOST_WORDS];
    for (int i = 0; i < MOST_WORDS; i++) {
      rarity[i] = having[i] == 0 ? 0 : Math.log1p((double) lines.size() / having[i]);
    }
    return rarity;
  }

  /** Of each line, counting only some of the words. */
  private static double[] scores(List<Line> lines, double[] rarity, long counting) {
    double[] scores = new double[lines.size()];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = sum(lines.get(i).words() & counting, rarity);
    }
    return scores;
  }

  /**
   * A name of several words.
   *
   * @param words their numbers
   * @param border of so many of its words, with how many it begins that it ends with too (Knuth,
   *     Morris, Pratt)
   */
  private record Name(int[] words, int[] border) {
    static Name of(int[] words) {
      int[] border = new int[words.length + 1];
      for (int i = 1; i < words.length; i++) {
        border[i + 1] = next(words, border, border[i], words[i]);
      }
      return new Name(words, border);
    }

    private static int next(int[] words, int[] border, int had, int word) {
      int at = had;
      while (at > 0 && words[at] != word) {
        at = border[at];
      }
      return words[at] == word ? at + 1 : 0;
    }

    /** How many of its words there are after one more, where there were so many, not all. */
    int next(int had, int word) {
      return next(words, border, had, word);
    }
  }

  /** A question's words and names, each with a number: words from 0 up, names from 63 down. */
  private final class Words {
    private final Map<Long, Integer> numbers = new HashMap<>();
    private long withDigits;
    private long ids;
    private final List<Name> names = new ArrayList<>();
    // words of the name that is being read; whether some of them found no room
    private final List<Integer> joined = new ArrayList<>();
    private boolean cut;

    Words(int[] question) {
      WordReader reader = new WordReader();
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
      noteName();
    }

    private boolean hasRoom() {
      return numbers.size() + names.size() < MOST_WORDS;
    }

    private void note(WordReader reader) {
      if (!reader.endedJoined()) {
        noteName();
      }
      if (!hasRoom() && !numbers.containsKey(reader.ended())) {
        cut = true;
        return;
      }
      int number = numbers.computeIfAbsent(reader.ended(), word -> numbers.size());
      withDigits |= reader.endedWithDigits() ? 1L << number : 0;
      ids |= reader.endedWithDigits() && reader.endedLength() >= ID_LENGTH ? 1L << number : 0;
      joined.add(number);
    }

    private void noteName() {
      int[] words = joined.stream().mapToInt(i -> i).toArray();
      boolean known = names.stream().anyMatch(name -> Arrays.equals(name.words(), words));
      if (words.length > 1 && !cut && !known && hasRoom()) {
        boolean digits = joined.stream().anyMatch(i -> (withDigits >> i & 1) == 1);
        withDigits |= digits ? bit(names.size()) : 0;
        names.add(Name.of(words));
      }
      joined.clear();
      cut = false;
    }

    private static long bit(int name) {
      return 1L << MOST_WORDS - 1 - name;
    }

    boolean isEmpty() {
      return numbers.isEmpty();
    }

    long withDigits() {
      return withDigits;
    }

    /** Names, and ids that are no part of one. */
    long named() {
      long parts = 0;
      long whole = 0;
      for (int i = 0; i < names.size(); i++) {
        whole |= bit(i);
        for (int part : names.get(i).words()) {
          parts |= 1L << part;
        }
      }
      return ids & ~parts | whole;
    }

    int names() {
      return names.size();
    }

    /**
     * The bits of the word that has just ended and of the names that end with it.
     *
     * @param begun of each name, how many of its words stand before; changed
     */
    long bits(WordReader reader, int[] begun) {
      Integer number = numbers.get(reader.ended());
      long bits = number == null ? 0 : 1L << number;
      for (int i = 0; i < begun.length; i++) {
        Name name = names.get(i);
        int had = reader.endedJoined() ? begun[i] : 0;
        had = number == null ? 0 : name.next(had, number);
        boolean whole = had == name.words().length;
        bits |= whole ? bit(i) : 0;
        begun[i] = whole ? name.border()[had] : had;
      }
      return bits;
    }
  }

  // tokens of another model's vocabulary are no words
  private byte[] bytes(int token) {
    return token >= 0 && token < bytes.length ? bytes[token] : NOTHING;
  }

  private void lines(int text, int[] tokens, Words wanted, List<Line> out) {
    WordReader reader = new WordReader();
    int[] begun = new int[wanted.names()];
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
          words |= wanted.bits(reader, begun);
        }
        ended = b == '\n';
      }
    }
    if (reader.ends()) {
      words |= wanted.bits(reader, begun);
    }
    if (from < tokens.length) {
      out.add(new Line(text, from, tokens.length, words));
    }
  }

  private static boolean isBlank(byte b) {
    return b == ' ' || b == '\t';
  }
}
