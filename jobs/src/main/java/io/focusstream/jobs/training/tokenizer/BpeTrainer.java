package io.focusstream.jobs.training.tokenizer;

import io.focusstream.operators.text.ByteLevelBpe;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Byte-level BPE training: special tokens first, then the 256 bytes, then merges in the order of
 * their count; ties go to the smaller pair of ids, so the same text gives the same file.
 *
 * <p>Punctuation merges are kept small so that the span of a value in a line is a whole number of
 * tokens: characters that may begin or end a value ({@code / - . _ %} …) merge with a space before
 * them or with themselves only, others to at most four bytes.
 */
public final class BpeTrainer {
  /** Ids 0 to 7, in order. */
  public static final List<String> SPECIAL_TOKENS =
      List.of(
          "<pad>",
          "<s>",
          "</s>",
          "<|question|>",
          "<|answer|>",
          "<|reserved_0|>",
          "<|reserved_1|>",
          "<|reserved_2|>");

  private static final Pattern SPLIT = Pattern.compile(ByteLevelBpe.SPLIT_PATTERN);
  private static final String STRUCTURE = "\"':,;={}[]()|>";
  private static final int MIN_WORD_COUNT = 2;

  private final Map<String, long[]> counts = new HashMap<>();

  /** Counts the words of a text. */
  public void add(String text) {
    Matcher matcher = SPLIT.matcher(text);
    while (matcher.find()) {
      counts.computeIfAbsent(matcher.group(), w -> new long[1])[0]++;
    }
  }

  /** Learns merges until there are {@code vocabularySize} entries, or no pair occurs twice. */
  public Result train(int vocabularySize) {
    int base = SPECIAL_TOKENS.size() + 256;
    if (vocabularySize < base) {
      throw new IllegalArgumentException(
          "vocabulary size must be at least " + base + "; got " + vocabularySize);
    }
    List<byte[]> pieces = new ArrayList<>();
    for (int i = 0; i < SPECIAL_TOKENS.size(); i++) {
      pieces.add(new byte[0]);
    }
    for (int b = 0; b < 256; b++) {
      pieces.add(new byte[] {(byte) b});
    }
    List<int[]> words = new ArrayList<>();
    List<Long> wordCounts = new ArrayList<>();
    for (Map.Entry<String, long[]> entry : new TreeMap<>(counts).entrySet()) {
      if (entry.getValue()[0] < MIN_WORD_COUNT) {
        continue;
      }
      byte[] bytes = entry.getKey().getBytes(StandardCharsets.UTF_8);
      if (bytes.length > 1) {
        int[] ids = new int[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
          ids[i] = SPECIAL_TOKENS.size() + (bytes[i] & 0xFF);
        }
        words.add(ids);
        wordCounts.add(entry.getValue()[0]);
      }
    }
    Map<Long, long[]> pairCounts = new HashMap<>();
    Map<Long, List<Integer>> pairWords = new HashMap<>();
    for (int w = 0; w < words.size(); w++) {
      addPairs(words.get(w), wordCounts.get(w), w, pairCounts, pairWords, null);
    }
    PriorityQueue<long[]> queue =
        new PriorityQueue<>(
            Comparator.<long[]>comparingLong(x -> -x[0]).thenComparingLong(x -> x[1]));
    pairCounts.forEach((pair, count) -> queue.add(new long[] {count[0], pair}));
    List<int[]> merges = new ArrayList<>();
    Map<String, Integer> idOf = new HashMap<>();
    while (pieces.size() < vocabularySize && !queue.isEmpty()) {
      long[] top = queue.poll();
      long pair = top[1];
      long[] current = pairCounts.get(pair);
      if (current == null || current[0] < 2) {
        continue;
      }
      if (current[0] != top[0]) {
        queue.add(new long[] {current[0], pair});
        continue;
      }
      int left = (int) (pair >>> 32);
      int right = (int) pair;
      pairCounts.remove(pair);
      if (!allowed(pieces.get(left), pieces.get(right))) {
        continue;
      }
      byte[] joined = join(pieces.get(left), pieces.get(right));
      // Two roads may lead to the same piece: it keeps its id.
      String written = new String(joined, StandardCharsets.ISO_8859_1);
      Integer known = idOf.putIfAbsent(written, pieces.size());
      int merged = known == null ? pieces.size() : known;
      if (known == null) {
        pieces.add(joined);
      }
      merges.add(new int[] {left, right});
      Map<Long, Boolean> changed = new HashMap<>();
      List<Integer> where = pairWords.remove(pair);
      int previous = -1;
      for (int w : where) {
        if (w == previous) {
          continue;
        }
        previous = w;
        int[] ids = words.get(w);
        int[] replaced = replace(ids, left, right, merged);
        if (replaced == ids) {
          continue;
        }
        long count = wordCounts.get(w);
        for (int i = 0; i + 1 < ids.length; i++) {
          long[] old = pairCounts.get(key(ids[i], ids[i + 1]));
          if (old != null) {
            old[0] -= count;
          }
        }
        words.set(w, replaced);
        addPairs(replaced, count, w, pairCounts, pairWords, changed);
      }
      pairCounts.remove(pair);
      for (long key : changed.keySet()) {
        long[] count = pairCounts.get(key);
        if (count != null) {
          queue.add(new long[] {count[0], key});
        }
      }
    }
    return new Result(pieces, merges);
  }

  private static void addPairs(
      int[] ids,
      long count,
      int word,
      Map<Long, long[]> pairCounts,
      Map<Long, List<Integer>> pairWords,
      Map<Long, Boolean> changed) {
    for (int i = 0; i + 1 < ids.length; i++) {
      long pair = key(ids[i], ids[i + 1]);
      long[] known = pairCounts.get(pair);
      if (known == null) {
        known = new long[1];
        pairCounts.put(pair, known);
      }
      known[0] += count;
      List<Integer> list = pairWords.computeIfAbsent(pair, p -> new ArrayList<>());
      if (list.isEmpty() || list.get(list.size() - 1) != word) {
        list.add(word);
      }
      if (changed != null) {
        changed.put(pair, true);
      }
    }
  }

  private static long key(int left, int right) {
    return ((long) left << 32) | right;
  }

  private static int[] replace(int[] ids, int left, int right, int merged) {
    int[] out = null;
    int size = 0;
    for (int i = 0; i < ids.length; i++) {
      if (i + 1 < ids.length && ids[i] == left && ids[i + 1] == right) {
        if (out == null) {
          out = Arrays.copyOf(ids, ids.length);
          size = i;
        }
        out[size++] = merged;
        i++;
      } else if (out != null) {
        out[size++] = ids[i];
      }
    }
    return out == null ? ids : Arrays.copyOf(out, size);
  }

  private static byte[] join(byte[] left, byte[] right) {
    byte[] all = Arrays.copyOf(left, left.length + right.length);
    System.arraycopy(right, 0, all, left.length, right.length);
    return all;
  }

  /** Whether two pieces of a word may become one token. */
  static boolean allowed(byte[] left, byte[] right) {
    String text = new String(join(left, right), StandardCharsets.ISO_8859_1);
    boolean spaces = true;
    boolean plain = true;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= 128 || Character.isLetter(c)) {
        plain = false;
      }
      spaces &= c == ' ' || c == '\t' || c == '\n' || c == '\r';
    }
    if (spaces) {
      // Runs of one kind of white space only, so that a line feed stays a token of its own.
      return text.chars().distinct().count() == 1 && text.charAt(0) != '\n' && text.length() <= 16;
    }
    if (!plain) {
      return text.length() <= 24;
    }
    String body = text.startsWith(" ") ? text.substring(1) : text;
    if (body.chars().distinct().count() == 1) {
      return body.length() <= 16 && (body.length() <= 1 || body.charAt(0) != '/');
    }
    if (text.equals(":/") || text.equals("://")) {
      return true;
    }
    return body.length() <= 4 && body.chars().allMatch(c -> STRUCTURE.indexOf(c) >= 0);
  }

  /**
   * What training gave.
   *
   * @param pieces the bytes of each id; empty for special tokens
   * @param merges pairs of ids, best first
   */
  public record Result(List<byte[]> pieces, List<int[]> merges) {

    /** Writes {@code tokenizer.json}. */
    public void write(Writer out) throws IOException {
      out.write("{\n  \"version\": \"1.0\",\n  \"truncation\": null,\n  \"padding\": null,\n");
      out.write("  \"added_tokens\": [\n");
      for (int i = 0; i < SPECIAL_TOKENS.size(); i++) {
        out.write("    {\"id\": " + i + ", \"content\": " + quote(SPECIAL_TOKENS.get(i)));
        out.write(", \"single_word\": false, \"lstrip\": false, \"rstrip\": false,");
        out.write(" \"normalized\": false, \"special\": true}");
        out.write(i + 1 < SPECIAL_TOKENS.size() ? ",\n" : "\n");
      }
      out.write("  ],\n  \"normalizer\": null,\n");
      out.write("  \"pre_tokenizer\": {\"type\": \"Sequence\", \"pretokenizers\": [\n");
      out.write("    {\"type\": \"Split\", \"pattern\": {\"Regex\": ");
      out.write(quote(ByteLevelBpe.SPLIT_PATTERN));
      out.write("}, \"behavior\": \"Isolated\", \"invert\": false},\n");
      out.write("    {\"type\": \"ByteLevel\", \"add_prefix_space\": false,");
      out.write(" \"trim_offsets\": true, \"use_regex\": false}\n  ]},\n");
      out.write("  \"post_processor\": null,\n");
      out.write("  \"decoder\": {\"type\": \"ByteLevel\", \"add_prefix_space\": false,");
      out.write(" \"trim_offsets\": true, \"use_regex\": false},\n");
      out.write("  \"model\": {\"type\": \"BPE\", \"dropout\": null, \"unk_token\": null,");
      out.write(" \"continuing_subword_prefix\": null, \"end_of_word_suffix\": null,");
      out.write(" \"fuse_unk\": false, \"byte_fallback\": false, \"ignore_merges\": false,\n");
      out.write("  \"vocab\": {\n");
      for (int i = 0; i < pieces.size(); i++) {
        String written = i < SPECIAL_TOKENS.size() ? SPECIAL_TOKENS.get(i) : written(i);
        out.write("    " + quote(written) + ": " + i + (i + 1 < pieces.size() ? ",\n" : "\n"));
      }
      out.write("  },\n  \"merges\": [\n");
      for (int i = 0; i < merges.size(); i++) {
        String left = quote(written(merges.get(i)[0]));
        String right = quote(written(merges.get(i)[1]));
        out.write("    [" + left + ", " + right + "]" + (i + 1 < merges.size() ? ",\n" : "\n"));
      }
      out.write("  ]}\n}\n");
    }

    private String written(int id) {
      char[] table = ByteLevelBpe.byteToChar();
      StringBuilder text = new StringBuilder();
      for (byte b : pieces.get(id)) {
        text.append(table[b & 0xFF]);
      }
      return text.toString();
    }

    private static String quote(String text) {
      StringBuilder out = new StringBuilder("\"");
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        if (c == '"' || c == '\\') {
          out.append('\\').append(c);
        } else if (c < 32) {
          out.append(String.format("\\u%04x", (int) c));
        } else {
          out.append(c);
        }
      }
      return out.append('"').toString();
    }
  }
}
