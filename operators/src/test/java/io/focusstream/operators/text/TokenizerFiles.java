package io.focusstream.operators.text;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** The tokenizer that ships, as both implementations read it. */
final class TokenizerFiles {
  private static final String SMALL = "/io/focusstream/models/small/tokenizer.json";

  private TokenizerFiles() {}

  static ByteLevelBpe plainJava() {
    try (InputStream in = TokenizerFiles.class.getResourceAsStream(SMALL)) {
      return ByteLevelBpe.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static JsonTokenizer library() {
    try (InputStream in = TokenizerFiles.class.getResourceAsStream(SMALL)) {
      return JsonTokenizer.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
