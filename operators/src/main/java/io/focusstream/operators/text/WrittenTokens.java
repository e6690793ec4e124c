package io.focusstream.operators.text;

import java.nio.charset.StandardCharsets;

/**
 * What each token of a vocabulary writes, a character a byte, so that parts of characters stay
 * apart and places in the text are places in its bytes.
 */
final class WrittenTokens {
  private final String[] written;

  WrittenTokens(TextTokenizer tokenizer) {
    written = new String[tokenizer.vocabularySize()];
    for (int id = 0; id < written.length; id++) {
      written[id] = new String(tokenizer.bytes(id), StandardCharsets.ISO_8859_1);
    }
  }

  /** What a token writes; nothing for special ones, a blank for those of another vocabulary. */
  String of(int token) {
    return token < written.length ? written[token] : " ";
  }

  String of(int[] tokens) {
    StringBuilder text = new StringBuilder();
    for (int token : tokens) {
      text.append(of(token));
    }
    return text.toString();
  }
}
