package io.focusstream.operators.text;

import java.nio.charset.StandardCharsets;

/**
 * Text to token ids and back. Text is always data: no character sequence in it yields a special
 * token, whatever it looks like. Safe for use by one thread at a time.
 */
public interface TextTokenizer extends AutoCloseable {

  /** Token ids of a text; no begin or end token is added. Lone surrogates become U+FFFD. */
  int[] encode(String text);

  /** The text of token ids; special tokens yield nothing, broken UTF-8 yields U+FFFD. */
  String decode(int[] tokens);

  /**
   * A token's bytes, as far as they are known of it alone; none for a special token. A token may
   * hold a part of a character.
   */
  default byte[] bytes(int token) {
    return decode(new int[] {token}).getBytes(StandardCharsets.UTF_8);
  }

  /**
   * The id of a special token by its written form, for example {@code <s>}; -1 where there is none.
   */
  int specialToken(String written);

  /**
   * The checkpoint's chat template, as {@code tokenizer_config.json} has it (Jinja); empty where it
   * has none.
   */
  default String chatTemplate() {
    return "";
  }

  /** Number of token ids. */
  int vocabularySize();

  @Override
  void close();
}
