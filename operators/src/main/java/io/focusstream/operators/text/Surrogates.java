package io.focusstream.operators.text;

/** Makes any Java string one that UTF-8 can carry. */
final class Surrogates {
  private Surrogates() {}

  /** The text with each lone surrogate as U+FFFD; the same object where there is none. */
  static String replaceLone(String text) {
    int length = text.length();
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (!Character.isSurrogate(c)) {
        continue;
      }
      if (Character.isHighSurrogate(c)
          && i + 1 < length
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
        continue;
      }
      return replaceFrom(text, i);
    }
    return text;
  }

  private static String replaceFrom(String text, int first) {
    StringBuilder out = new StringBuilder(text);
    for (int i = first; i < out.length(); i++) {
      char c = out.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < out.length()
          && Character.isLowSurrogate(out.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        out.setCharAt(i, '\uFFFD');
      }
    }
    return out.toString();
  }
}
