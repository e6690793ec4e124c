package io.focusstream.operators.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Opens a {@code tokenizer.json} with the fastest implementation that reads it: {@link
 * ByteLevelBpe} for files of our own form (millions of tokens a second on one thread), else {@link
 * JsonTokenizer} (some tens of thousands where each call is one line).
 */
public final class TextTokenizers {
  private TextTokenizers() {}

  /**
   * Opens a file.
   *
   * @throws IllegalArgumentException where neither implementation reads it; names the file
   */
  public static TextTokenizer load(Path tokenizerJson) throws IOException {
    return load(
        tokenizerJson.toString(), Files.readAllBytes(tokenizerJson), chatTemplate(tokenizerJson));
  }

  /** The chat template in the {@code tokenizer_config.json} beside a {@code tokenizer.json}. */
  private static String chatTemplate(Path tokenizerJson) throws IOException {
    Path config = tokenizerJson.resolveSibling("tokenizer_config.json");
    if (!Files.exists(config)) {
      return "";
    }
    byte[] file = Files.readAllBytes(config);
    try {
      JsonNode template = new ObjectMapper().readTree(file).path("chat_template");
      return template.isTextual() ? template.textValue() : "";
    } catch (IOException e) {
      throw refused(config.toString(), e);
    }
  }

  /** Opens a stream, which the caller closes. */
  public static TextTokenizer load(InputStream tokenizerJson) throws IOException {
    return load("tokenizer.json", tokenizerJson.readAllBytes(), "");
  }

  private static TextTokenizer load(String source, byte[] file, String chatTemplate) {
    try {
      if (isOurs(file)) {
        return ByteLevelBpe.load(new ByteArrayInputStream(file));
      }
      return JsonTokenizer.load(new ByteArrayInputStream(file), chatTemplate);
    } catch (IOException | IllegalArgumentException e) {
      throw refused(source, e);
    }
  }

  private static IllegalArgumentException refused(String source, Exception cause) {
    return new IllegalArgumentException(
        source + " can't be used: " + cause.getMessage() + "; is it complete? Download it again",
        cause);
  }

  /**
   * Whether a file is of the form that {@link ByteLevelBpe} reads: BPE, our split pattern, then
   * bytes; no normalizer, no added tokens that text may yield, nothing in the model that changes
   * its merges.
   */
  static boolean isOurs(byte[] tokenizerJson) throws IOException {
    JsonNode file = new ObjectMapper().readTree(tokenizerJson);
    JsonNode model = file.path("model");
    for (JsonNode added : file.path("added_tokens")) {
      if (!added.path("special").asBoolean()) {
        return false;
      }
    }
    JsonNode steps = file.path("pre_tokenizer").path("pretokenizers");
    return model.path("type").asText().equals("BPE")
        && empty(model.path("dropout"))
        && empty(model.path("continuing_subword_prefix"))
        && empty(model.path("end_of_word_suffix"))
        && !model.path("ignore_merges").asBoolean()
        && !model.path("byte_fallback").asBoolean()
        && empty(file.path("normalizer"))
        && steps.size() == 2
        && steps.path(0).path("type").asText().equals("Split")
        && steps.path(0).path("pattern").path("Regex").asText().equals(ByteLevelBpe.SPLIT_PATTERN)
        && steps.path(0).path("behavior").asText().equals("Isolated")
        && !steps.path(0).path("invert").asBoolean()
        && steps.path(1).path("type").asText().equals("ByteLevel")
        && !steps.path(1).path("use_regex").asBoolean(true)
        && !steps.path(1).path("add_prefix_space").asBoolean(true);
  }

  private static boolean empty(JsonNode value) {
    return value.isMissingNode() || value.isNull();
  }
}
