package io.focusstream.operators.text;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Tells tokenizers apart by what they do: SHA-256 over the size of the vocabulary, the text of up
 * to 4,096 token ids spread over it, and the token ids of a text that has something of everything.
 * Kept token ids mean nothing to a tokenizer with another fingerprint.
 */
public final class TokenizerFingerprint {
  private static final int MOST_IDS = 4096;
  private static final String PROBE =
      "2026-11-23T18:59:07.123Z ERROR [worker-7] org.example.Main: can't open /var/log/app.log "
          + "(errno=13); retrying in 0.5 s\n\tat Straße, naïve 東京 🙂  0123456789 THE the The\n";

  private TokenizerFingerprint() {}

  /** The fingerprint, 32 hex digits. */
  public static String of(TextTokenizer tokenizer) {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
    int size = tokenizer.vocabularySize();
    add(digest, size);
    int ids = Math.min(size, MOST_IDS);
    for (int i = 0; i < ids; i++) {
      int id = (int) ((long) i * size / ids);
      byte[] text = tokenizer.decode(new int[] {id}).getBytes(StandardCharsets.UTF_8);
      add(digest, text.length);
      digest.update(text);
    }
    for (int id : tokenizer.encode(PROBE)) {
      add(digest, id);
    }
    return HexFormat.of().formatHex(digest.digest(), 0, 16);
  }

  private static void add(MessageDigest digest, int value) {
    digest.update(ByteBuffer.allocate(4).putInt(value).array());
  }
}
