package io.focusstream.operators.text;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Where a text has a value behind a label that a question asks for: «What is BT-186940's gear
 * play?» asks for what stands behind {@code gear-play=}. A small model has learnt of each word by
 * itself how a question and how a field spells it, and of many it has not; letters tell it of all.
 *
 * <p>A label is up to four words right before a value, with {@code =}, {@code :} or {@code =>}
 * between ({@code "gear-play": 0.4}, {@code gearPlay=0.4}), or only a blank where what follows
 * looks like a value ({@code storage ID b33a3875}) or, counting less, is another word ({@code
 * carrier dhl}). Its weight is the sum over its words of one that is asked for, a little less for
 * another form of it ({@code notified}, {@code notify}; {@code lim}, {@code limit}), a little off
 * for one that isn't. What is asked about may stand between a label and its value ({@code latency
 * of web-1: 35ms}); a preposition that the question has may be a label by itself ({@code
 * to=<erin@x.org>}). Blind to meaning: what it finds is made likelier, not chosen.
 *
 * <p>Works on token ids. Safe for use by many threads.
 */
public final class FieldLabels {
  private static final int MOST_WORDS = 4;
  private static final double OTHER_FORM = 0.8;
  private static final double NOT_ASKED = -0.1;

  /** Off a label that only a blank parts from what follows: it may be no label. */
  private static final double ONLY_A_BLANK = 0.5;

  /** Most of a label before a plain word: it may be the next one of a sentence. */
  private static final double BEFORE_PLAIN_WORD = 0.5;

  /** Words of a question that name no field. */
  private static final Set<String> OF_QUESTIONS =
      Set.of(
          ("a an the of for in on at to by is was were are did does do has have had what which who"
                  + " whom how when where with from it and or that there tell me please give given"
                  + " much many long s t re")
              .split(" "));

  /** Of those, what may be a label by itself, «to=», if the question has it; and its weight. */
  private static final Set<String> LITTLE_LABELS = Set.of("to", "from", "by", "for", "with");

  private static final double LITTLE_WORD = 0.5;

  // a part of camelCase each; every byte of a letter beyond ASCII is one in lower case
  private static final Pattern WORDS =
      Pattern.compile("[A-Z]?[a-z\\x80-\\xff]++|[A-Z]++(?![a-z\\x80-\\xff])|[A-Z]+(?=[A-Z])");
  private static final Pattern DIGIT = Pattern.compile("[0-9]");

  // what values are wrapped in
  private static final String WRAPPED = "[\"'\\[({<]{0,2}(?:[a-z]{2,6}://|/(?=[0-9]))?";
  private static final Pattern SIGN =
      Pattern.compile("[\"']? ?(?:=>|[:=]) ?" + WRAPPED + "(?=[A-Za-z0-9/@+-])");
  private static final Pattern BLANK =
      Pattern.compile(" " + WRAPPED + "(?=[+-]?[0-9]|[A-Z/@]|[a-z]{1,40}[-_.:/@0-9])");
  private static final Pattern PLAIN_WORD = Pattern.compile(" (?=([a-z]{1,40})(?![a-z]))");

  // how a name goes on that is a part of a longer word
  private static final Pattern OF_NAME = Pattern.compile("(?:[-_./@]*+[A-Za-z0-9])*+");

  // a value with its sign, or without
  private static final Pattern PLUS = Pattern.compile("\\+[0-9]");

  private final WrittenTokens written;

  /** Reads the vocabulary; the tokenizer isn't needed after that. */
  public FieldLabels(TextTokenizer tokenizer) {
    written = new WrittenTokens(tokenizer);
  }

  /**
   * What a question asks for.
   *
   * @param words of it, in lower case, that may be a label's
   * @param little others, which alone may be one all the same
   * @param names none of them is the answer; one without a digit, beside another, may be a label as
   *     it stands
   */
  public record Asked(List<String> words, Set<String> little, List<String> names) {
    /** Copies the lists. */
    public Asked {
      words = List.copyOf(words);
      little = Set.copyOf(little);
      names = List.copyOf(names);
    }
  }

  /** A word of a text: in lower case, from and to. */
  private record Word(String text, int from, int to) {}

  /**
   * Reads a question.
   *
   * @param question token ids
   * @param names its names, in their order ({@link WordCopies#names})
   */
  public Asked asked(int[] question, List<String> names) {
    String text = written.of(question);
    // one may be a part of another
    List<String> longestFirst =
        names.stream().sorted(Comparator.comparingInt(String::length).reversed()).toList();
    for (String name : longestFirst) {
      text = text.replace(name, "\n");
    }
    List<String> words = words(text).stream().map(Word::text).distinct().toList();
    return new Asked(
        words.stream().filter(word -> !OF_QUESTIONS.contains(word)).toList(),
        words.stream().filter(LITTLE_LABELS::contains).collect(Collectors.toSet()),
        names);
  }

  private static List<Word> words(String text) {
    return WORDS
        .matcher(text)
        .results()
        .map(word -> new Word(word.group().toLowerCase(Locale.ROOT), word.start(), word.end()))
        .toList();
  }

  /**
   * Values behind labels that are asked for.
   *
   * @param text token ids
   * @return of each: the index of the token that it begins with, and the label's weight, above 0:
   *     about how many of the label's words are asked for
   */
  public Map<Integer, Double> values(Asked asked, int[] text) {
    Map<Integer, Double> places = new TreeMap<>();
    if (asked.words().isEmpty() && asked.names().isEmpty() && asked.little().isEmpty()) {
      return places;
    }
    String all = written.of(text);
    List<Word> words = words(all);
    int[] starts = starts(text);
    for (int last = 0; last < words.size(); last++) {
      int end = words.get(last).to();
      Matcher gap = SIGN.matcher(all).region(end, all.length());
      double weight = 0;
      if (gap.lookingAt()) {
        weight = Math.max(weight(asked, all, words, last, true), ofLittle(asked, all, words, last));
      } else if (gap.usePattern(BLANK).lookingAt()) {
        weight = weight(asked, all, words, last, false);
      } else if (gap.usePattern(PLAIN_WORD).lookingAt() && mayBeValue(asked, gap.group(1))) {
        weight = Math.min(BEFORE_PLAIN_WORD, weight(asked, all, words, last, false));
      }
      if (weight > 0 && !beginsWithName(asked, all, gap.end())) {
        places.merge(gap.end(), weight, Math::max);
      }
    }
    behindNames(asked, all, words, places);
    Map<Integer, Double> values = new TreeMap<>();
    places.forEach(
        (place, weight) -> {
          values.merge(tokenAt(starts, place), weight, Math::max);
          if (PLUS.matcher(all).region(place, all.length()).lookingAt()) {
            values.merge(tokenAt(starts, place + 1), weight, Math::max);
          }
        });
    return values;
  }

  private static int tokenAt(int[] starts, int place) {
    int at = Arrays.binarySearch(starts, place);
    return at >= 0 ? at : -at - 2;
  }

  /** What is asked about may stand between a label and its value: {@code latency of web-1: 5}. */
  private static void behindNames(
      Asked asked, String text, List<Word> words, Map<Integer, Double> places) {
    for (String name : asked.names()) {
      for (int at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
        Matcher rest = OF_NAME.matcher(text).region(at + name.length(), text.length());
        rest.lookingAt();
        Matcher sign = SIGN.matcher(text).region(rest.end(), text.length());
        int last = endingAt(words, at - 1);
        boolean whole = last >= 0 && !isOfWord(text, at + name.length());
        if (whole && sign.lookingAt() && !beginsWithName(asked, text, sign.end())) {
          double weight = weight(asked, text, words, last, true);
          if (weight > 0) {
            places.merge(sign.end(), weight, Math::max);
          }
        }
      }
    }
  }

  /** The word that ends there; -1 where none does. */
  private static int endingAt(List<Word> words, int end) {
    for (int i = 0; i < words.size() && words.get(i).to() <= end; i++) {
      if (words.get(i).to() == end) {
        return i;
      }
    }
    return -1;
  }

  private static boolean mayBeValue(Asked asked, String word) {
    return !OF_QUESTIONS.contains(word) && weight(asked.words(), word) < 0;
  }

  private static boolean beginsWithName(Asked asked, String text, int at) {
    return asked.names().stream()
        .anyMatch(
            n ->
                text.regionMatches(true, at, n, 0, n.length()) && !isOfWord(text, at + n.length()));
  }

  private static boolean isOfWord(String text, int at) {
    return at < text.length() && Character.isLetterOrDigit(text.charAt(at));
  }

  // Of each token: where what it writes begins; one that writes nothing is like the next.
  private int[] starts(int[] text) {
    int[] starts = new int[text.length];
    int at = 0;
    for (int i = 0; i < text.length; i++) {
      starts[i] = at;
      at += written.of(text[i]).length();
    }
    return starts;
  }

  /**
   * Of the label that ends with a word: all words where a sign says that it is one, as many as are
   * best where only a blank follows. Not above 0 where it isn't asked for.
   */
  private static double weight(Asked asked, String text, List<Word> words, int last, boolean sign) {
    double best = 0;
    double sum = sign ? 0 : -ONLY_A_BLANK;
    for (int i = last; i >= 0 && i > last - MOST_WORDS; i--) {
      Word word = words.get(i);
      if (i < last && !areOne(text, word.to(), words.get(i + 1).from())) {
        break;
      }
      if (OF_QUESTIONS.contains(word.text())) {
        continue;
      }
      double one = weight(asked.words(), word.text());
      if (!sign && best == 0 && one < 0) {
        break;
      }
      sum += one;
      best = Math.max(best, sum);
    }
    return sign ? Math.max(sum, endsWithName(asked, text, words.get(last).to()) ? 1 : 0) : best;
  }

  /** A label that is a little word alone, «to=», which the question has. */
  private static double ofLittle(Asked asked, String text, List<Word> words, int last) {
    Word word = words.get(last);
    boolean alone = last == 0 || !areOne(text, words.get(last - 1).to(), word.from());
    return alone && asked.little().contains(word.text()) ? LITTLE_WORD : 0;
  }

  // A label as it stands; the only name of a question is what it is about.
  private static boolean endsWithName(Asked asked, String text, int end) {
    return asked.names().size() > 1
        && asked.names().stream()
            .filter(n -> !DIGIT.matcher(n).find())
            .anyMatch(n -> text.regionMatches(true, end - n.length(), n, 0, n.length()));
  }

  // camelCase, snake_case, kebab-case, words apart
  private static boolean areOne(String text, int from, int to) {
    return from == to || to == from + 1 && " _-.".indexOf(text.charAt(from)) >= 0;
  }

  private static double weight(List<String> asked, String word) {
    double weight = NOT_ASKED;
    for (String one : asked) {
      weight = Math.max(weight, one.equals(word) ? 1 : areForms(one, word) ? OTHER_FORM : weight);
    }
    return weight;
  }

  /** Whether one begins with the other, of three letters at least, or both with five. */
  private static boolean areForms(String one, String other) {
    int shorter = Math.min(one.length(), other.length());
    int same = 0;
    int letters = 0;
    while (same < shorter && one.charAt(same) == other.charAt(same)) {
      // bytes of letters beyond ASCII: the first of each
      letters += one.charAt(same) < 0x80 || one.charAt(same) >= 0xC0 ? 1 : 0;
      same++;
    }
    return letters >= 3 && same == shorter || letters >= 5;
  }

  /**
   * The tokens by which an answer begins, or goes on, that is one of the values; only within its
   * first word.
   *
   * @param values of that text
   * @param text token ids
   * @param said the answer so far
   * @return of each token the weight of its label
   */
  public Map<Integer, Double> next(Map<Integer, Double> values, int[] text, int[] said) {
    int blank = 0;
    while (blank < said.length && isBlank(said[blank])) {
      blank++;
    }
    int from = blank;
    int length = said.length - from;
    Map<Integer, Double> next = new TreeMap<>();
    double complete = 0;
    for (Map.Entry<Integer, Double> value : values.entrySet()) {
      int at = value.getKey();
      double weight = value.getValue();
      int end = at + length;
      if (said.length == 0 && at > 0 && isBlank(text[at - 1])) {
        next.merge(text[at - 1], weight, Math::max);
      }
      if (end <= text.length && Arrays.equals(text, at, end, said, from, said.length)) {
        if (length == 0 && end < text.length || length > 0 && goesOn(text, end)) {
          next.merge(text[end], weight, Math::max);
        } else {
          complete = Math.max(complete, weight);
        }
      }
    }
    // «4» is a value as good as another that begins so
    double enough = complete;
    next.values().removeIf(weight -> weight <= enough);
    return next;
  }

  private boolean isBlank(int token) {
    return !written.of(token).isEmpty() && written.of(token).isBlank();
  }

  private boolean goesOn(int[] text, int at) {
    String piece = at < text.length ? written.of(text[at]) : "";
    return !piece.isEmpty() && Character.isLetterOrDigit(piece.charAt(0));
  }
}
