package io.focusstream.operators.text;

import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * How a word that an answer copies out of a text may go on: as it goes on in that text. A small
 * model that copies «8877777788» finds the place and loses count in the middle; the text has not.
 * Works on token ids.
 *
 * <p>And what a question names is not what it asks for: «Which upstream failed for client
 * 10.1.2.3?» is not answered by 10.1.2.3. So {@link #repeats} tells where an answer would only say
 * that again.
 *
 * <p>A word here is a run of letters, digits and what joins them in ids, times and paths ({@code -
 * _ . : / @}), without a blank. Only what is said inside of one is held to the text; where it ends,
 * and what follows, is the model's.
 *
 * <p>Safe for use by many threads.
 */
public final class WordCopies {
  /** So many tokens of an answer stand in the text one after the other before it is held to it. */
  private static final int FEWEST = 2;

  private static final String JOINS = WordReader.JOINS;
  // possessive: otherwise a word of some thousand signs would take as many frames of the stack
  private static final Pattern WORD =
      Pattern.compile("[/_@-]?[A-Za-z0-9\\x80-\\xff](?:[" + JOINS + "]*+[A-Za-z0-9\\x80-\\xff])*+");

  /** A name: a word that has, behind its first sign, a digit or letters that are joined. */
  private static final Predicate<String> NAME =
      Pattern.compile("..*(?:[0-9]|[A-Za-z\\x80-\\xff][" + JOINS + "]+[A-Za-z]).*")
          .asMatchPredicate();

  private static final int[] ANYTHING = {};

  // of each token: whether it begins with a letter or digit; whether a word goes on behind it
  private final boolean[] begins;
  private final boolean[] joins;
  private final WrittenTokens written;

  /** Reads the vocabulary; the tokenizer isn't needed after that. */
  public WordCopies(TextTokenizer tokenizer) {
    begins = new boolean[tokenizer.vocabularySize()];
    joins = new boolean[begins.length];
    written = new WrittenTokens(tokenizer);
    for (int id = 0; id < begins.length; id++) {
      byte[] bytes = tokenizer.bytes(id);
      if (bytes.length > 0) {
        byte last = bytes[bytes.length - 1];
        begins[id] = isOfWord(bytes[0]);
        joins[id] = isOfWord(last) || JOINS.indexOf(last) >= 0;
      }
    }
  }

  // every byte of a letter beyond ASCII counts as one
  private static boolean isOfWord(byte one) {
    return one < 0 || Character.isLetterOrDigit(one);
  }

  /** Whether a token, said inside a word, goes on with it: it begins with a letter or digit. */
  public boolean covers(int token) {
    return token < begins.length && begins[token];
  }

  // a model may know more tokens than its tokenizer
  private boolean joins(int token) {
    return token < joins.length && joins[token];
  }

  /**
   * The tokens by which a word may go on.
   *
   * @param text token ids
   * @param said the answer so far, token ids
   * @return what follows in the text where the longest end of the answer stands that begins with a
   *     word; empty where anything may be said: no word is under way, or it isn't of this text, or
   *     the text ends there
   */
  public int[] next(int[] text, int[] said) {
    if (said.length < FEWEST || !joins(said[said.length - 1])) {
      return ANYTHING;
    }
    for (int from = 0; from <= said.length - FEWEST; from++) {
      boolean inside = from > 0 && joins(said[from - 1]) && covers(said[from]);
      if (!inside) {
        int[] next = behind(text, Arrays.copyOfRange(said, from, said.length));
        if (next != null) {
          return next;
        }
      }
    }
    return ANYTHING;
  }

  /** What follows a slice, at every place of it; null where there is none. */
  private static int[] behind(int[] text, int[] slice) {
    int[] next = new int[text.length];
    int count = 0;
    boolean found = false;
    for (int at = 0; at + slice.length <= text.length; at++) {
      if (Arrays.equals(text, at, at + slice.length, slice, 0, slice.length)) {
        found = true;
        if (at + slice.length == text.length) {
          return ANYTHING;
        }
        next[count++] = text[at + slice.length];
      }
    }
    return found ? Arrays.copyOf(next, count) : null;
  }

  /** What a text names: its words that have a digit or are joined of parts, in their order. */
  public List<String> names(int[] text) {
    return WORD.matcher(written.of(text)).results().map(MatchResult::group).filter(NAME).toList();
  }

  /**
   * Whether an answer would, with one token more, only begin to say again what the question names.
   *
   * @param names what it names, and its words where they count too
   * @param text token ids that the answer is copied out of
   * @param said the answer so far
   * @param token what would be said next
   * @return whether a name begins so, and no other word of the text
   */
  public boolean repeats(List<String> names, int[] text, int[] said, int token) {
    if (token >= begins.length || written.of(token).isEmpty()) {
      return false;
    }
    String answer = (written.of(said) + written.of(token)).stripLeading();
    List<String> begun = names.stream().filter(name -> begins(name, answer)).toList();
    return !answer.isEmpty()
        && !begun.isEmpty()
        && WORD.matcher(written.of(text))
            .results()
            .map(MatchResult::group)
            .noneMatch(
                word -> begins(word, answer) && begun.stream().noneMatch(word::equalsIgnoreCase));
  }

  private static boolean begins(String word, String with) {
    return word.regionMatches(true, 0, with, 0, with.length());
  }
}
