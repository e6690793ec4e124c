package io.focusstream.operators.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A question's words and names, each with a number: words from 0 up, names from 63 down. */
final class QuestionWords {
  /** Words and names of a question that count, from its beginning. */
  static final int MOST = Long.SIZE;

  /** A word with a digit is an id where it is at least so long; «5» may be anything. */
  private static final int ID_LENGTH = 4;

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

  private final Map<Long, Integer> numbers = new HashMap<>();
  private long withDigits;
  private long ids;
  // names that are no prose: with a digit, or joined as in ids
  private long exactNames;
  private final List<Name> names = new ArrayList<>();
  // words of the name that is being read; whether some of them found no room
  private final List<Integer> joined = new ArrayList<>();
  private boolean cut;
  private boolean joinedAsInIds;

  /**
   * Reads a question.
   *
   * @param tokens the bytes of each of its tokens, letters in lower case; none of one that frames
   *     it
   */
  QuestionWords(List<byte[]> tokens) {
    WordReader reader = new WordReader();
    for (byte[] piece : tokens) {
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
    return numbers.size() + names.size() < MOST;
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
    joinedAsInIds |= reader.endedJoinedAsInIds();
  }

  private void noteName() {
    int[] words = joined.stream().mapToInt(i -> i).toArray();
    boolean known = names.stream().anyMatch(name -> Arrays.equals(name.words(), words));
    if (words.length > 1 && !cut && !known && hasRoom()) {
      boolean digits = joined.stream().anyMatch(i -> (withDigits >> i & 1) == 1);
      withDigits |= digits ? bit(names.size()) : 0;
      exactNames |= digits || joinedAsInIds ? bit(names.size()) : 0;
      names.add(Name.of(words));
    }
    joined.clear();
    joinedAsInIds = false;
    cut = false;
  }

  private static long bit(int name) {
    return 1L << MOST - 1 - name;
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

  /**
   * Whether it has ids, or names that are no prose, and nothing has any of them, not even all words
   * of one apart.
   *
   * @param present words and names that something has
   */
  boolean namesOnlyWhatIsMissing(long present) {
    long named = named() & (ids | exactNames);
    long found = named & present;
    for (int i = 0; i < names.size(); i++) {
      boolean apart =
          Arrays.stream(names.get(i).words()).allMatch(part -> (present >> part & 1) == 1);
      found |= apart ? named & bit(i) : 0;
    }
    return named != 0 && found == 0;
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
