package io.focusstream.it;

import io.focusstream.operators.text.TextTokenizer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** A token a byte, and the special tokens that a model of ours has. */
final class ByteTokenizer implements TextTokenizer {
  static final int BEGIN = 256;
  static final int END = 257;
  static final int QUESTION = 258;
  static final int ANSWER = 259;
  static final int SIZE = 260;

  @Override
  public int[] encode(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int[] tokens = new int[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      tokens[i] = bytes[i] & 0xFF;
    }
    return tokens;
  }

  @Override
  public String decode(int[] tokens) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int token : tokens) {
      if (token < 256) {
        bytes.write(token);
      }
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Override
  public int specialToken(String written) {
    return switch (written) {
      case "<s>" -> BEGIN;
      case "</s>" -> END;
      case "<|question|>" -> QUESTION;
      case "<|answer|>" -> ANSWER;
      default -> -1;
    };
  }

  @Override
  public int vocabularySize() {
    return SIZE;
  }

  @Override
  public void close() {}
}
