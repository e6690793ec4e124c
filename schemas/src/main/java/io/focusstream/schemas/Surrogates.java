package io.focusstream.schemas;

import java.nio.charset.StandardCharsets;

/**
 * Lone surrogates, which a Java string and a JSON escape can hold and UTF-8 can't: written to bytes
 * they would become something else, and two names might become one.
 */
final class Surrogates {
  private Surrogates() {}

  /** Whether UTF-8 can't carry the text. */
  static boolean hasLone(String text) {
    int length = text.length();
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (!Character.isSurrogate(c)) {
        continue;
      }
      boolean pair =
          Character.isHighSurrogate(c)
              && i + 1 < length
              && Character.isLowSurrogate(text.charAt(i + 1));
      if (!pair) {
        return true;
      }
      i++;
    }
    return false;
  }

  /** The text with each lone surrogate as U+FFFD; the same object where there is none. */
  static String replaceLone(String text) {
    // The encoder of UTF-16 puts U+FFFD in the place of what isn't a pair.
    return hasLone(text)
        ? new String(text.getBytes(StandardCharsets.UTF_16BE), StandardCharsets.UTF_16BE)
        : text;
  }
}
