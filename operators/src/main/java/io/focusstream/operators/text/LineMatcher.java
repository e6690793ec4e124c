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
 * that have the same words with digits. But where the question has ids and none of them stands
 * anywhere, nothing is found: other words are rare by chance then. Blind to meaning; what comes of
 * it is one more thing to read for a model that also reads the whole.
 *
 * <p>Safe for use by many threads.
 */
public final class LineMatcher {
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

  /** Where what a question names stands, as far as words tell. */
  public enum Naming {
    /** In a line that was found: that has most of the question's names and ids. */
    HERE,
    /** Nowhere: no text has any of its ids. */
    NOWHERE,
    /** It names nothing, or only a part of it stands anywhere. */
    UNKNOWN
  }

  /**
   * What was found.
   *
   * @param excerpts of those texts that hold the best lines, in the order of the texts, at most one
   *     each
   * @param naming where what the question names stands
   */
  public record Found(List<Excerpt> excerpts, Naming naming) {
    /** By who doesn't look. */
    public static final Found NOTHING = new Found(List.of(), Naming.UNKNOWN);

    /** Copies the list. */
    public Found {
      excerpts = List.copyOf(excerpts);
    }
  }

  /** A line from and to, and which of the question's words it has. */
  private record Line(int text, int from, int to, long words) {}

  /**
   * Finds lines.
   *
   * @param texts token ids, oldest first
   * @param question token ids
   * @param most excerpts, at least 1
   * @return among equals the newest; none where no word tells lines apart
   */
  public Found find(List<int[]> texts, int[] question, int most) {
    QuestionWords wanted =
        new QuestionWords(Arrays.stream(question).mapToObj(this::bytes).toList());
    if (wanted.isEmpty()) {
      return Found.NOTHING;
    }
    List<Line> lines = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      lines(i, texts.get(i), wanted, lines);
    }
    long present = lines.stream().mapToLong(Line::words).reduce(0, (some, more) -> some | more);
    if (wanted.namesOnlyWhatIsMissing(present)) {
      return new Found(List.of(), Naming.NOWHERE);
    }
    double[] rarity = rarity(lines);
    double[] scores = scores(lines, rarity, -1L);
    boolean[] naming = naming(lines, rarity, wanted.named());
    boolean[] matching = matching(lines, scores, naming, rarity, wanted);
    Map<Integer, List<Line>> ofText = new HashMap<>();
    Map<Integer, Double> bestOfText = new HashMap<>();
    boolean named = false;
    int count = 0;
    for (int i = 0; i < matching.length; i++) {
      if (matching[i]) {
        Line line = lines.get(i);
        ofText.computeIfAbsent(line.text(), t -> new ArrayList<>()).add(line);
        bestOfText.merge(line.text(), scores[i], Math::max);
        named |= naming[i];
        count++;
      }
    }
    if (count > Math.max(1, TOO_MANY * lines.size())) {
      return Found.NOTHING;
    }
    List<Integer> chosen = new ArrayList<>(ofText.keySet());
    chosen.sort(
        Comparator.<Integer>comparingDouble(text -> -bestOfText.get(text))
            .thenComparing(Comparator.reverseOrder()));
    chosen = new ArrayList<>(chosen.subList(0, Math.min(most, chosen.size())));
    Collections.sort(chosen);
    return new Found(
        chosen.stream().map(text -> new Excerpt(text, places(ofText.get(text)))).toList(),
        named ? Naming.HERE : Naming.UNKNOWN);
  }

  /** Of each line whether it is one of those that are meant. */
  private static boolean[] matching(
      List<Line> lines, double[] scores, boolean[] naming, double[] rarity, QuestionWords wanted) {
    boolean[] matching = new boolean[lines.size()];
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

  private static int[] places(List<Line> lines) {
    int[] tokens = new int[lines.stream().mapToInt(line -> line.to() - line.from()).sum()];
    int at = 0;
    for (Line line : lines) {
      for (int i = line.from(); i < line.to(); i++) {
        tokens[at++] = i;
      }
    }
    return tokens;
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
    int[] having = new int[QuestionWords.MOST];
    for (Line line : lines) {
      for (long left = line.words(); left != 0; left &= left - 1) {
        having[Long.numberOfTrailingZeros(left)]++;
      }
    }
    double[] rarity = new double[QuestionWords.MOST];
    for (int i = 0; i < QuestionWords.MOST; i++) {
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

  // tokens of another model's vocabulary are no words
  private byte[] bytes(int token) {
    return token >= 0 && token < bytes.length ? bytes[token] : NOTHING;
  }

  private void lines(int text, int[] tokens, QuestionWords wanted, List<Line> out) {
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
