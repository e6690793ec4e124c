package io.focusstream.operators.model;

import java.util.Arrays;
import java.util.Set;

/**
 * A text that an answer is copied out of: knows which tokens may come next. At first, and after a
 * separator, a copy may begin at any of its tokens; from then on it goes on where it is, at all
 * places that fit what was said, or ends.
 */
final class CopiedText {
  private final int[] text;
  private final Set<Integer> separators;
  private final Set<Integer> ends;
  // where the next token would stand, of copies that are under way
  private int[] places = {};
  private boolean anywhere = true;
  private boolean begun;

  /**
   * @param text token ids
   * @param separators between two parts of an answer
   * @param ends of an answer
   */
  CopiedText(int[] text, Set<Integer> separators, Set<Integer> ends) {
    this.text = text;
    this.separators = separators;
    this.ends = ends;
  }

  /** The same, as far as the answer is, to go on by itself. */
  CopiedText copy() {
    CopiedText other = new CopiedText(text, separators, ends);
    other.places = places;
    other.anywhere = anywhere;
    other.begun = begun;
    return other;
  }

  /** The answer goes on with that token, whoever says it. */
  void say(int token) {
    int[] next = new int[anywhere ? text.length : places.length];
    int count = 0;
    if (anywhere) {
      // copies that are under way are among these
      for (int i = 0; i < text.length; i++) {
        if (text[i] == token) {
          next[count++] = i + 1;
        }
      }
    } else {
      for (int place : places) {
        if (place < text.length && text[place] == token) {
          next[count++] = place + 1;
        }
      }
    }
    places = Arrays.copyOf(next, count);
    anywhere = separators.contains(token);
    begun = true;
  }

  /**
   * Marks what may come next with 1.
   *
   * @param into one byte a token of the vocabulary, from an offset on
   */
  void allow(byte[] into, int offset) {
    if (anywhere) {
      for (int token : text) {
        into[offset + token] = 1;
      }
    } else {
      for (int place : places) {
        if (place < text.length) {
          into[offset + text[place]] = 1;
        }
      }
    }
    if (begun) {
      ends.forEach(token -> into[offset + token] = 1);
      separators.forEach(token -> into[offset + token] = 1);
    }
  }
}
