/** Doubles by hand for the engine and the tokenizer; other modules' tests use them too. */
package io.focusstream.operators.testing;
