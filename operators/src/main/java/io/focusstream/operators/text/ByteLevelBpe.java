package io.focusstream.operators.text;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Byte-level BPE in plain Java, for a {@code tokenizer.json} of the form that our own trainer
 * writes: every digit is a token, merges never cross words. It gives the tokens that {@link
 * JsonTokenizer} gives (a test holds it to that), faster for short lines and with no native
 * library; the training data generators use it. Needs jackson-core and nothing else.
 *
 * <p>Not safe for several threads at once; {@link #copy()} is cheap and shares the vocabulary.
 */
public final class ByteLevelBpe implements TextTokenizer {
  /** The split pattern that this class implements; a file with another one is refused. */
  public static final String SPLIT_PATTERN =
      "\\p{N}| ?\\p{L}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

  private static final int CACHE_SLOTS = 1 << 16;
  private static final int MAX_CACHED_CHARS = 32;

  private final Vocabulary vocabulary;
  private final String[] cacheKeys = new String[CACHE_SLOTS];
  private final int[][] cacheIds = new int[CACHE_SLOTS][];
  private int[] out = new int[256];
  private int outLength;

  private ByteLevelBpe(Vocabulary vocabulary) {
    this.vocabulary = vocabulary;
  }

  /** Loads a file; {@code IllegalArgumentException} where it isn't of our form. */
  public static ByteLevelBpe load(Path tokenizerJson) throws IOException {
    try (InputStream in = Files.newInputStream(tokenizerJson)) {
      return load(in);
    }
  }

  /** Loads a stream, which the caller closes. */
  public static ByteLevelBpe load(InputStream tokenizerJson) throws IOException {
    return new ByteLevelBpe(Vocabulary.read(tokenizerJson));
  }

  /** Another instance over the same vocabulary, for another thread. */
  public ByteLevelBpe copy() {
    return new ByteLevelBpe(vocabulary);
  }

  @Override
  public int[] encode(String text) {
    outLength = 0;
    int length = text.length();
    int at = 0;
    while (at < length) {
      int end = nextWord(text, at, length);
      encodeWord(text, at, end);
      at = end;
    }
    return Arrays.copyOf(out, outLength);
  }

  /** The end (exclusive) of the piece that begins at {@code at}: the split pattern, by hand. */
  static int nextWord(String text, int at, int length) {
    int first = text.codePointAt(at);
    int kind = kind(first);
    if (kind == NUMBER) {
      return at + Character.charCount(first);
    }
    int body = at;
    if (first == ' ' && at + 1 < length) {
      int next = kind(text.codePointAt(at + 1));
      if (next == LETTER || next == OTHER) {
        kind = next;
        body = at + 1;
      }
    }
    int end = body;
    while (end < length) {
      int point = text.codePointAt(end);
      if (kind(point) != kind) {
        break;
      }
      end += Character.charCount(point);
    }
    if (kind == SPACE && end < length) {
      // \s+(?!\S): all but the last white space; a single one is left to \s+.
      int last = text.codePointBefore(end);
      int shorter = end - Character.charCount(last);
      return shorter > at ? shorter : end;
    }
    return end;
  }

  private static final int LETTER = 0;
  private static final int NUMBER = 1;
  private static final int SPACE = 2;
  private static final int OTHER = 3;
  private static final byte[] ASCII = new byte[128];

  static {
    for (int i = 0; i < 128; i++) {
      ASCII[i] = (byte) slowKind(i);
    }
  }

  private static int kind(int point) {
    return point < 128 ? ASCII[point] : slowKind(point);
  }

  private static int slowKind(int point) {
    if (point >= 0xD800 && point <= 0xDFFF) {
      return OTHER;
    }
    if ((point >= 9 && point <= 13)
        || point == 32
        || point == 0x85
        || point == 0xA0
        || point == 0x1680
        || (point >= 0x2000 && point <= 0x200A)
        || point == 0x2028
        || point == 0x2029
        || point == 0x202F
        || point == 0x205F
        || point == 0x3000) {
      return SPACE;
    }
    return switch (Character.getType(point)) {
      case Character.UPPERCASE_LETTER,
          Character.LOWERCASE_LETTER,
          Character.TITLECASE_LETTER,
          Character.MODIFIER_LETTER,
          Character.OTHER_LETTER ->
          LETTER;
      case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER ->
          NUMBER;
      default -> OTHER;
    };
  }

  private void encodeWord(String text, int from, int to) {
    int chars = to - from;
    if (chars == 1 && text.charAt(from) < 128) {
      emit(vocabulary.byteIds[text.charAt(from)]);
      return;
    }
    if (chars > MAX_CACHED_CHARS) {
      emitAll(vocabulary.merge(utf8(text.substring(from, to))));
      return;
    }
    int hash = 1;
    for (int i = from; i < to; i++) {
      hash = hash * 31 + text.charAt(i);
    }
    int slot = (hash ^ (hash >>> 15) * 0x9E3779B1) & (CACHE_SLOTS - 1);
    String key = cacheKeys[slot];
    if (key == null || key.length() != chars || !text.startsWith(key, from)) {
      String word = text.substring(from, to);
      cacheIds[slot] = vocabulary.merge(utf8(word));
      cacheKeys[slot] = word;
    }
    emitAll(cacheIds[slot]);
  }

  private void emit(int id) {
    if (outLength == out.length) {
      out = Arrays.copyOf(out, outLength * 2);
    }
    out[outLength++] = id;
  }

  private void emitAll(int[] ids) {
    if (outLength + ids.length > out.length) {
      out = Arrays.copyOf(out, Math.max(outLength * 2, outLength + ids.length));
    }
    System.arraycopy(ids, 0, out, outLength, ids.length);
    outLength += ids.length;
  }

  /** UTF-8 with lone surrogates as U+FFFD. */
  static byte[] utf8(String text) {
    return Surrogates.replaceLone(text).getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public String decode(int[] tokens) {
    return decode(tokens, 0, tokens.length);
  }

  /** The text of {@code tokens[from..to)}. */
  public String decode(int[] tokens, int from, int to) {
    int size = 0;
    for (int i = from; i < to; i++) {
      size += vocabulary.bytesOf(tokens[i]).length;
    }
    byte[] bytes = new byte[size];
    int at = 0;
    for (int i = from; i < to; i++) {
      byte[] piece = vocabulary.bytesOf(tokens[i]);
      System.arraycopy(piece, 0, bytes, at, piece.length);
      at += piece.length;
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** Length in bytes of what a token stands for; 0 for special tokens. */
  public int byteLength(int token) {
    return vocabulary.bytesOf(token).length;
  }

  @Override
  public byte[] bytes(int token) {
    return vocabulary.bytesOf(token).clone();
  }

  @Override
  public int specialToken(String written) {
    return vocabulary.special.getOrDefault(written, -1);
  }

  @Override
  public int vocabularySize() {
    return vocabulary.pieces.length;
  }

  @Override
  public void close() {
    // Holds nothing outside the heap.
  }

  /** The byte for each character of the printable alphabet that byte-level files are written in. */
  static int[] charToByte() {
    char[] forward = byteToChar();
    int[] back = new int[512];
    Arrays.fill(back, -1);
    for (int i = 0; i < 256; i++) {
      back[forward[i]] = i;
    }
    return back;
  }

  /** The printable character for each byte (GPT-2's table). */
  public static char[] byteToChar() {
    char[] table = new char[256];
    int next = 256;
    for (int b = 0; b < 256; b++) {
      boolean printable =
          (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || (b >= 0xAE && b <= 0xFF);
      table[b] = (char) (printable ? b : next++);
    }
    return table;
  }

  private static final class Vocabulary {
    private final byte[][] pieces;
    private final Map<String, Integer> special;
    private final int[] byteIds = new int[256];

    /** (left id, right id) packed → rank and result packed. Open addressing. */
    private final long[] mergeKeys;

    private final long[] mergeValues;
    private final int mergeMask;

    private Vocabulary(
        byte[][] pieces,
        Map<String, Integer> special,
        Map<String, Integer> ids,
        List<String[]> merges) {
      this.pieces = pieces;
      this.special = special;
      char[] table = byteToChar();
      for (int b = 0; b < 256; b++) {
        Integer id = ids.get(String.valueOf(table[b]));
        if (id == null) {
          throw new IllegalArgumentException(
              "tokenizer.json has no token for byte " + b + "; train it with all 256 bytes");
        }
        byteIds[b] = id;
      }
      int slots = Integer.highestOneBit(Math.max(16, merges.size() * 4 - 1)) * 2;
      mergeMask = slots - 1;
      mergeKeys = new long[slots];
      mergeValues = new long[slots];
      Arrays.fill(mergeKeys, -1);
      for (int rank = 0; rank < merges.size(); rank++) {
        String left = merges.get(rank)[0];
        String right = merges.get(rank)[1];
        Integer a = ids.get(left);
        Integer b = ids.get(right);
        Integer c = ids.get(left + right);
        if (a == null || b == null || c == null) {
          throw new IllegalArgumentException("merge " + rank + " names a token that isn't there");
        }
        if (special.containsKey(left + right)) {
          throw new IllegalArgumentException(
              "merge "
                  + rank
                  + " of tokenizer.json makes the special token "
                  + left
                  + right
                  + ", which no text may; take the merge out");
        }
        long key = ((long) a << 32) | b;
        int slot = slot(key);
        while (mergeKeys[slot] != -1) {
          slot = (slot + 1) & mergeMask;
        }
        mergeKeys[slot] = key;
        mergeValues[slot] = ((long) rank << 32) | c;
      }
    }

    private int slot(long key) {
      long hash = key * 0x9E3779B97F4A7C15L;
      return (int) (hash >>> 32) & mergeMask;
    }

    private long find(int left, int right) {
      long key = ((long) left << 32) | right;
      int slot = slot(key);
      while (true) {
        long found = mergeKeys[slot];
        if (found == key) {
          return mergeValues[slot];
        }
        if (found == -1) {
          return Long.MAX_VALUE;
        }
        slot = (slot + 1) & mergeMask;
      }
    }

    /** The lowest-ranked pair first, leftmost first, until none is left. */
    private int[] merge(byte[] bytes) {
      int count = bytes.length;
      int[] ids = new int[count];
      for (int i = 0; i < count; i++) {
        ids[i] = byteIds[bytes[i] & 0xFF];
      }
      if (count > 64) {
        return mergeLong(ids);
      }
      while (count > 1) {
        long best = Long.MAX_VALUE;
        int where = -1;
        for (int i = 0; i + 1 < count; i++) {
          long value = find(ids[i], ids[i + 1]);
          if (value < best) {
            best = value;
            where = i;
          }
        }
        if (where < 0) {
          break;
        }
        ids[where] = (int) best;
        System.arraycopy(ids, where + 2, ids, where + 1, count - where - 2);
        count--;
      }
      return count == ids.length ? ids : Arrays.copyOf(ids, count);
    }

    /** The same in O(n log n), so that a hostile megabyte without a space costs no minutes. */
    private int[] mergeLong(int[] ids) {
      int count = ids.length;
      int[] previous = new int[count];
      int[] next = new int[count];
      LongHeap queue = new LongHeap(count);
      for (int i = 0; i < count; i++) {
        previous[i] = i - 1;
        next[i] = i + 1 < count ? i + 1 : -1;
        if (i + 1 < count) {
          offer(queue, ids, i, i + 1);
        }
      }
      while (!queue.isEmpty()) {
        long top = queue.poll();
        int left = (int) top;
        int right = next[left];
        if (ids[left] < 0 || right < 0) {
          continue;
        }
        long merge = find(ids[left], ids[right]);
        if (merge == Long.MAX_VALUE || merge >>> 32 != top >>> 32) {
          // of a pair that one of an earlier merge has changed
          continue;
        }
        ids[left] = (int) merge;
        ids[right] = -1;
        next[left] = next[right];
        if (next[left] >= 0) {
          previous[next[left]] = left;
          offer(queue, ids, left, next[left]);
        }
        if (previous[left] >= 0) {
          offer(queue, ids, previous[left], left);
        }
      }
      int[] all = new int[count];
      int size = 0;
      for (int i = 0; i >= 0; i = next[i]) {
        all[size++] = ids[i];
      }
      return Arrays.copyOf(all, size);
    }

    /** Rank above, place below: the lowest rank comes first, of the same rank the leftmost. */
    private void offer(LongHeap queue, int[] ids, int left, int right) {
      long merge = find(ids[left], ids[right]);
      if (merge != Long.MAX_VALUE) {
        queue.add((merge >>> 32 << 32) | left);
      }
    }

    private byte[] bytesOf(int token) {
      if (token < 0 || token >= pieces.length) {
        throw new IllegalArgumentException(
            "token must be in [0, " + pieces.length + "); got " + token);
      }
      return pieces[token];
    }

    private static Vocabulary read(InputStream in) throws IOException {
      Map<String, Integer> ids = new HashMap<>();
      List<String[]> merges = new ArrayList<>();
      Map<String, Integer> special = new HashMap<>();
      Set<String> patterns = new HashSet<>();
      String type = null;
      try (JsonParser parser = new JsonFactory().createParser(in)) {
        parser.disable(JsonParser.Feature.AUTO_CLOSE_SOURCE);
        expect(parser.nextToken(), JsonToken.START_OBJECT);
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
          String field = parser.currentName();
          JsonToken value = parser.nextToken();
          if (field.equals("added_tokens") && value == JsonToken.START_ARRAY) {
            readAdded(parser, special);
          } else if (field.equals("model") && value == JsonToken.START_OBJECT) {
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
              String name = parser.currentName();
              JsonToken inner = parser.nextToken();
              if (name.equals("type")) {
                type = parser.getText();
              } else if (name.equals("vocab") && inner == JsonToken.START_OBJECT) {
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                  String piece = parser.currentName();
                  parser.nextToken();
                  ids.put(piece, TokenIds.checked(piece, parser.getIntValue()));
                }
              } else if (name.equals("merges") && inner == JsonToken.START_ARRAY) {
                readMerges(parser, merges);
              } else {
                parser.skipChildren();
              }
            }
          } else if (field.equals("pre_tokenizer") && value == JsonToken.START_OBJECT) {
            int depth = 1;
            while (depth > 0) {
              JsonToken token = parser.nextToken();
              if (token == JsonToken.START_OBJECT) {
                depth++;
              } else if (token == JsonToken.END_OBJECT) {
                depth--;
              } else if (token == JsonToken.VALUE_STRING && "Regex".equals(parser.currentName())) {
                patterns.add(parser.getText());
              }
            }
          } else {
            parser.skipChildren();
          }
        }
      }
      if (!"BPE".equals(type) || !patterns.equals(Set.of(SPLIT_PATTERN))) {
        throw new IllegalArgumentException(
            "tokenizer.json must be a BPE model split by "
                + SPLIT_PATTERN
                + "; got "
                + type
                + " split by "
                + patterns
                + ": load it with JsonTokenizer");
      }
      int size = 0;
      for (int id : ids.values()) {
        size = Math.max(size, id + 1);
      }
      for (int id : special.values()) {
        size = Math.max(size, id + 1);
      }
      byte[][] pieces = new byte[size][];
      Arrays.fill(pieces, new byte[0]);
      int[] back = charToByte();
      for (Map.Entry<String, Integer> entry : ids.entrySet()) {
        if (special.containsKey(entry.getKey())) {
          continue;
        }
        String piece = entry.getKey();
        byte[] bytes = new byte[piece.length()];
        for (int i = 0; i < bytes.length; i++) {
          char c = piece.charAt(i);
          if (c >= back.length || back[c] < 0) {
            throw new IllegalArgumentException("token " + entry.getValue() + " is not byte-level");
          }
          bytes[i] = (byte) back[c];
        }
        pieces[entry.getValue()] = bytes;
      }
      return new Vocabulary(pieces, special, ids, merges);
    }

    private static void readAdded(JsonParser parser, Map<String, Integer> special)
        throws IOException {
      while (parser.nextToken() == JsonToken.START_OBJECT) {
        String content = null;
        int id = -1;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
          String name = parser.currentName();
          parser.nextToken();
          if (name.equals("id")) {
            id = parser.getIntValue();
          } else if (name.equals("content")) {
            content = parser.getText();
          } else {
            parser.skipChildren();
          }
        }
        if (content == null) {
          throw new IllegalArgumentException("added token " + id + " has no content");
        }
        special.put(content, TokenIds.checked(content, id));
      }
    }

    private static void readMerges(JsonParser parser, List<String[]> merges) throws IOException {
      for (JsonToken token = parser.nextToken();
          token != JsonToken.END_ARRAY;
          token = parser.nextToken()) {
        if (token == JsonToken.VALUE_STRING) {
          String[] pair = parser.getText().split(" ", 2);
          if (pair.length < 2) {
            throw new IllegalArgumentException(
                "merge " + merges.size() + " must name two tokens; got '" + pair[0] + "'");
          }
          merges.add(pair);
        } else {
          expect(token, JsonToken.START_ARRAY);
          expect(parser.nextToken(), JsonToken.VALUE_STRING);
          String left = parser.getText();
          expect(parser.nextToken(), JsonToken.VALUE_STRING);
          String right = parser.getText();
          merges.add(new String[] {left, right});
          expect(parser.nextToken(), JsonToken.END_ARRAY);
        }
      }
    }

    private static void expect(JsonToken got, JsonToken wanted) {
      if (got != wanted) {
        throw new IllegalArgumentException("tokenizer.json: expected " + wanted + "; got " + got);
      }
    }
  }
}
