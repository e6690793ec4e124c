package io.focusstream.operators.text;

import java.io.Serializable;

/** Makes tokenizers; travels with operators to the task managers. The one who opens closes. */
@FunctionalInterface
public interface TokenizerProvider extends Serializable {

  /**
   * Opens a tokenizer of its own for the caller.
   *
   * @throws IllegalStateException where the tokenizer's files can't be read; the message says what
   *     to do
   */
  TextTokenizer open();
}
