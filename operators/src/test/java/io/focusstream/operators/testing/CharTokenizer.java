package io.focusstream.operators.testing;

import io.focusstream.operators.text.TextTokenizer;
import io.focusstream.operators.text.TokenizerProvider;

/** One token a UTF-16 unit, its number is its id; no special tokens. */
public final class CharTokenizer implements TextTokenizer {
  /** Makes these tokenizers. */
  public static final TokenizerProvider PROVIDER = CharTokenizer::new;

  @Override
  public int[] encode(String text) {
    return text.chars().toArray();
  }

  @Override
  public String decode(int[] tokens) {
    StringBuilder text = new StringBuilder(tokens.length);
    for (int token : tokens) {
      text.append((char) token);
    }
    return text.toString();
  }

  @Override
  public int specialToken(String written) {
    return -1;
  }

  @Override
  public int vocabularySize() {
    return 1 << 16;
  }

  @Override
  public void close() {}
}
