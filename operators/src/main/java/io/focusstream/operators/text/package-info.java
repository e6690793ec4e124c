/** From text to token ids and back: tokenizing, prompt templates, chunking. */
package io.focusstream.operators.text;
