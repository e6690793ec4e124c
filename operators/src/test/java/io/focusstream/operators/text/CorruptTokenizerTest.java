package io.focusstream.operators.text;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.operators.testing.Mutations;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Damaged {@code tokenizer.json} files, of our form and of the library's, and their neighbour. */
@Timeout(600)
class CorruptTokenizerTest {
  @TempDir Path folder;

  private void assertReadOrRefused(String damaged, String good) {
    Path file = folder.resolve(damaged);
    Mutations.assertReadOrRefused(
        good.getBytes(StandardCharsets.UTF_8),
        IllegalArgumentException.class,
        file.toString(),
        bytes -> {
          Files.write(file, bytes);
          try (TextTokenizer tokenizer = TextTokenizers.load(folder.resolve("tokenizer.json"))) {
            for (int token : tokenizer.encode("The quick\tfox </s> 12 \u00e9\uD83D\uDE42\n")) {
              assertTrue(token >= 0 && token < tokenizer.vocabularySize(), "token " + token);
              tokenizer.decode(new int[] {token});
            }
            ConversationLayout.of(tokenizer).event("user", "x");
          }
        });
  }

  @Test
  void damagedFilesOfOurFormAreReadOrRefusedByName() {
    assertReadOrRefused("tokenizer.json", byteLevel(ByteLevelBpe.SPLIT_PATTERN));
  }

  @Test
  void damagedFilesOfOtherFormsAreReadOrRefusedByName() {
    assertReadOrRefused("tokenizer.json", byteLevel("\\p{N}|\\S+|\\s+"));
  }

  @Test
  void aDamagedTokenizerConfigIsReadOrRefusedByName() throws IOException {
    Files.writeString(folder.resolve("tokenizer.json"), byteLevel("\\p{N}|\\S+|\\s+"));
    assertReadOrRefused(
        "tokenizer_config.json", "{\"bos_token\": \"<s>\", \"chat_template\": \"{{ '</s>' }}\"}");
  }

  /** All bytes, two merges and two special tokens. */
  private static String byteLevel(String pattern) {
    Map<String, Integer> vocabulary = new LinkedHashMap<>();
    vocabulary.put("<s>", 0);
    vocabulary.put("</s>", 1);
    vocabulary.put("Th", 2);
    vocabulary.put("The", 3);
    for (char c : ByteLevelBpe.byteToChar()) {
      vocabulary.put(String.valueOf(c), vocabulary.size());
    }
    StringBuilder entries = new StringBuilder();
    vocabulary.forEach(
        (piece, id) ->
            entries
                .append(entries.isEmpty() ? "" : ", ")
                .append('"')
                .append(piece.replace("\\", "\\\\").replace("\"", "\\\""))
                .append("\": ")
                .append(id));
    String added =
        """
        {"id": %d, "content": "%s", "single_word": false, "lstrip": false, "rstrip": false,
         "normalized": false, "special": true}""";
    return """
        {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [%s, %s],
         "normalizer": null,
         "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
           {"type": "Split", "pattern": {"Regex": "%s"}, "behavior": "Isolated", "invert": false},
           {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false}
         ]},
         "post_processor": null,
         "decoder":
           {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false},
         "model": {"type": "BPE", "dropout": null, "unk_token": null, "ignore_merges": false,
           "merges": [["T", "h"], ["Th", "e"]],
           "vocab": {%s}}}
        """
        .formatted(
            added.formatted(0, "<s>"),
            added.formatted(1, "</s>"),
            pattern.replace("\\", "\\\\"),
            entries);
  }
}
