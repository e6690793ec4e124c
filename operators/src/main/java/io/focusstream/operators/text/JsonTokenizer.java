package io.focusstream.operators.text;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Any Hugging Face {@code tokenizer.json}, through the tokenizers library. The library would find
 * the written form of special tokens inside text; so they and the template post-processor are taken
 * out of the file before it is loaded, and kept here: no text yields a special token.
 */
public final class JsonTokenizer implements TextTokenizer {
  private final HuggingFaceTokenizer library;
  private final Map<String, Integer> special;
  private final boolean[] isSpecial;
  private final int size;
  private final String chatTemplate;

  private JsonTokenizer(
      HuggingFaceTokenizer library,
      Map<String, Integer> special,
      boolean[] isSpecial,
      int size,
      String chatTemplate) {
    this.chatTemplate = chatTemplate;
    this.library = library;
    this.special = special;
    this.isSpecial = isSpecial;
    this.size = size;
  }

  /** Loads a file; {@code IllegalArgumentException} where it has no model. */
  public static JsonTokenizer load(Path tokenizerJson) throws IOException {
    try (InputStream in = Files.newInputStream(tokenizerJson)) {
      return load(in);
    }
  }

  /** Loads a stream, which the caller closes. */
  public static JsonTokenizer load(InputStream tokenizerJson) throws IOException {
    return load(tokenizerJson, "");
  }

  static JsonTokenizer load(InputStream tokenizerJson, String chatTemplate) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    JsonNode root = mapper.readTree(tokenizerJson);
    if (!(root instanceof ObjectNode file) || !file.path("model").isObject()) {
      throw new IllegalArgumentException(
          "tokenizer.json has no model object; give the tokenizer.json of a Hugging Face folder");
    }
    int size = 0;
    JsonNode vocabulary = file.path("model").path("vocab");
    if (vocabulary.isObject()) {
      for (JsonNode id : vocabulary) {
        size = Math.max(size, id.asInt() + 1);
      }
    } else {
      size = vocabulary.size();
    }
    Map<String, Integer> special = new HashMap<>();
    ArrayNode kept = mapper.createArrayNode();
    for (JsonNode added : file.path("added_tokens")) {
      int id = added.path("id").asInt();
      size = Math.max(size, id + 1);
      if (added.path("special").asBoolean()) {
        special.put(added.path("content").asText(), id);
      } else {
        kept.add(added);
      }
    }
    boolean[] isSpecial = new boolean[size];
    for (int id : special.values()) {
      isSpecial[id] = true;
    }
    file.set("added_tokens", kept);
    String post = file.path("post_processor").path("type").asText("");
    if (!post.isEmpty() && !post.equals("ByteLevel")) {
      file.putNull("post_processor");
    }
    file.putNull("truncation");
    file.putNull("padding");
    HuggingFaceTokenizer library =
        HuggingFaceTokenizer.newInstance(
            new ByteArrayInputStream(mapper.writeValueAsBytes(file)),
            Map.of(
                "addSpecialTokens", "false",
                "padding", "false",
                "truncation", "false",
                "modelMaxLength", String.valueOf(Integer.MAX_VALUE)));
    return new JsonTokenizer(library, special, isSpecial, size, chatTemplate);
  }

  @Override
  public int[] encode(String text) {
    if (text.isEmpty()) {
      return new int[0];
    }
    Encoding encoding = library.encode(Surrogates.replaceLone(text), false, false);
    long[] ids = encoding.getIds();
    int[] tokens = new int[ids.length];
    for (int i = 0; i < ids.length; i++) {
      tokens[i] = (int) ids[i];
    }
    return tokens;
  }

  @Override
  public String decode(int[] tokens) {
    long[] ids = new long[tokens.length];
    int count = 0;
    for (int token : tokens) {
      if (token < 0 || token >= size) {
        throw new IllegalArgumentException("token must be in [0, " + size + "); got " + token);
      }
      if (!isSpecial[token]) {
        ids[count++] = token;
      }
    }
    return count == 0 ? "" : library.decode(java.util.Arrays.copyOf(ids, count), false);
  }

  @Override
  public int specialToken(String written) {
    return special.getOrDefault(written, -1);
  }

  @Override
  public String chatTemplate() {
    return chatTemplate;
  }

  @Override
  public int vocabularySize() {
    return size;
  }

  @Override
  public void close() {
    library.close();
  }
}
