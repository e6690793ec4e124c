package io.focusstream.operators.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Whatever a text holds, special tokens stand where the layout puts them and nowhere else. */
class HostileTextProperties {
  private static final Set<String> SPECIAL =
      Set.of(
          "<unk>",
          "<s>",
          "</s>",
          "<|im_start|>",
          "<|im_end|>",
          "<|start_header_id|>",
          "<|end_header_id|>",
          "<|eot_id|>",
          "<|end_of_text|>",
          "[INST]",
          "[/INST]");

  private static final String LLAMA = "{{ '<|start_header_id|>' + role }}";
  private static final String CHAT_ML = "{{ '<|im_start|>' + role }}";

  /** Tokenizers by name, each with the ids that no text may yield. */
  private static final Map<String, TextTokenizer> TOKENIZERS = new LinkedHashMap<>();

  @BeforeContainer
  static void load() throws IOException {
    TOKENIZERS.put("small", TokenizerFiles.plainJava());
    TOKENIZERS.put("small, by the library", TokenizerFiles.library());
    TOKENIZERS.put("Llama 3", json(byteLevel(true, true), LLAMA));
    TOKENIZERS.put("ChatML", json(byteLevel(true, true), CHAT_ML));
    TOKENIZERS.put("special by name only", json(byteLevel(false, true), CHAT_ML));
    TOKENIZERS.put("merges that lead to special tokens", json(byteLevel(true, false), LLAMA));
    TOKENIZERS.put("unigram", json(unigram(), CHAT_ML));
  }

  @AfterContainer
  static void close() {
    TOKENIZERS.values().forEach(TextTokenizer::close);
    TOKENIZERS.clear();
  }

  @Provide
  Arbitrary<String> hostile() {
    return HostileText.mixtures();
  }

  @Property(tries = 300)
  void textNeverYieldsASpecialToken(@ForAll("hostile") String text) {
    TOKENIZERS.forEach(
        (name, tokenizer) ->
            assertEquals(
                List.of(), special(tokenizer, tokenizer.encode(text)), () -> name + ": " + text));
  }

  /** The framing of an event is the same whatever its text, and so is that of a question. */
  @Property(tries = 300)
  void framingIsThatOfAHarmlessText(@ForAll("hostile") String text) {
    TOKENIZERS.forEach(
        (name, tokenizer) -> {
          ConversationLayout layout = ConversationLayout.of(tokenizer);
          assertEquals(
              List.of(), special(tokenizer, layout.event("", text)), () -> name + ": " + text);
          assertFramed(tokenizer, layout.event("user", "x"), layout.event("user", text), name);
          PromptTemplate template = new PromptTemplate(tokenizer);
          assertFramed(tokenizer, template.layOut("x"), template.layOut(text), name);
        });
  }

  /** A text in two events yields no more than each alone: tokens never reach over events. */
  @Property(tries = 300)
  void whatIsSplitOverEventsStaysText(@ForAll("hostile") String text, @ForAll int where) {
    int at = Math.floorMod(where, text.length() + 1);
    TOKENIZERS.forEach(
        (name, tokenizer) -> {
          ConversationLayout layout = ConversationLayout.of(tokenizer);
          List<Integer> both = new ArrayList<>();
          both.addAll(special(tokenizer, layout.event("", text.substring(0, at))));
          both.addAll(special(tokenizer, layout.event("", text.substring(at))));
          assertEquals(List.of(), both, () -> name + ": " + text + " cut at " + at);
        });
  }

  /** Text is kept, so that evidence shows what was there; byte-level tokenizers keep every byte. */
  @Property(tries = 300)
  void shippedTokenizerGivesHostileTextBack(@ForAll("hostile") String text) {
    TextTokenizer small = TOKENIZERS.get("small");
    assertEquals(Surrogates.replaceLone(text), small.decode(small.encode(text)));
    assertArrayEquals(TOKENIZERS.get("small, by the library").encode(text), small.encode(text));
  }

  /** Special ids, where they are expected: the same number, first and last at the same ends. */
  private static void assertFramed(
      TextTokenizer tokenizer, int[] harmless, int[] hostile, String name) {
    assertEquals(special(tokenizer, harmless), special(tokenizer, hostile), name);
    List<Integer> expected = places(tokenizer, harmless);
    List<Integer> found = places(tokenizer, hostile);
    int grown = hostile.length - harmless.length;
    for (int i = 0; i < expected.size(); i++) {
      int place = expected.get(i);
      assertTrue(found.get(i) == place || found.get(i) == place + grown, name);
    }
  }

  private static List<Integer> special(TextTokenizer tokenizer, int[] tokens) {
    return places(tokenizer, tokens).stream().map(place -> tokens[place]).toList();
  }

  private static List<Integer> places(TextTokenizer tokenizer, int[] tokens) {
    Set<Integer> special = new HashSet<>();
    for (String written : HostileText.PIECES) {
      // what stands for unknown text says nothing to a model
      if (!written.equals("<unk>") && tokenizer.specialToken(written) >= 0) {
        special.add(tokenizer.specialToken(written));
      }
    }
    assertTrue(
        special.size() >= 4, "a tokenizer whose special tokens are not known proves nothing");
    List<Integer> places = new ArrayList<>();
    for (int i = 0; i < tokens.length; i++) {
      if (special.contains(tokens[i])) {
        places.add(i);
      }
    }
    return places;
  }

  private static TextTokenizer json(String file, String template) throws IOException {
    return JsonTokenizer.load(
        new ByteArrayInputStream(file.getBytes(StandardCharsets.UTF_8)), template);
  }

  /**
   * A byte-level BPE whose special tokens are words too, as some converters write them, and with
   * {@code ignore_merges}, as Llama 3's has it: a word that is in the vocabulary is a token.
   *
   * @param marked whether the file says that they are special
   * @param whole whether words are looked up as a whole; else merges make them
   */
  private static String byteLevel(boolean marked, boolean whole) {
    Map<String, Integer> vocabulary = new LinkedHashMap<>();
    for (char c : ByteLevelBpe.byteToChar()) {
      vocabulary.put(String.valueOf(c), vocabulary.size());
    }
    List<String> merges = new ArrayList<>();
    List<String> added = new ArrayList<>();
    for (String written : SPECIAL.stream().sorted().toList()) {
      for (int end = 2; end <= written.length(); end++) {
        String left = written.substring(0, end - 1);
        if (vocabulary.putIfAbsent(written.substring(0, end), vocabulary.size()) == null) {
          merges.add("[" + quoted(left) + "," + quoted(written.substring(end - 1, end)) + "]");
        }
      }
      added.add(added(vocabulary.get(written), written, marked));
    }
    return """
        {"added_tokens": [%s],
         "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false},
         "decoder":
           {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false},
         "model": {"type": "BPE", "ignore_merges": %b, "vocab": {%s}, "merges": [%s]}}
        """
        .formatted(
            String.join(",", added),
            whole,
            entries(vocabulary),
            whole ? "" : String.join(",", merges));
  }

  /** A unigram model, where every piece competes, special ones too. */
  private static String unigram() {
    List<String> pieces = new ArrayList<>(List.of("[\"<unk>\",0.0]"));
    List<String> added = new ArrayList<>();
    for (String written : SPECIAL.stream().sorted().toList()) {
      if (!written.equals("<unk>")) {
        added.add(added(pieces.size(), written, true));
        pieces.add("[" + quoted(written) + ",-1.0]");
      }
    }
    for (char c = ' '; c < 127; c++) {
      pieces.add("[" + quoted(String.valueOf(c)) + ",-9.0]");
    }
    return "{\"added_tokens\":[%s],\"model\":{\"type\":\"Unigram\",\"unk_id\":0,\"vocab\":[%s]}}"
        .formatted(String.join(",", added), String.join(",", pieces));
  }

  private static String added(int id, String written, boolean special) {
    return """
        {"id": %d, "content": %s, "single_word": false, "lstrip": false, "rstrip": false,
         "normalized": false, "special": %b}
        """
        .formatted(id, quoted(written), special);
  }

  private static String entries(Map<String, Integer> vocabulary) {
    return String.join(
        ",",
        vocabulary.entrySet().stream()
            .map(entry -> quoted(entry.getKey()) + ":" + entry.getValue())
            .toList());
  }

  private static String quoted(String text) {
    return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
  }
}
