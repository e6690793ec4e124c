package io.focusstream.operators.testing;

import io.focusstream.operators.text.TextTokenizer;
import io.focusstream.operators.text.TextTokenizers;
import io.focusstream.operators.text.TokenizerProvider;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** The tokenizer of the model that ships. */
public final class ShippedTokenizer {
  /** Makes these tokenizers. */
  public static final TokenizerProvider PROVIDER = ShippedTokenizer::open;

  private ShippedTokenizer() {}

  private static TextTokenizer open() {
    try (InputStream in =
        ShippedTokenizer.class.getResourceAsStream("/io/focusstream/models/small/tokenizer.json")) {
      return TextTokenizers.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
