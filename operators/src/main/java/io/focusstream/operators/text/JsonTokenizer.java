package io.focusstream.operators.text;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Any Hugging Face {@code tokenizer.json}, through the tokenizers library. The library would find
 * the written form of special tokens inside text; so they and the template post-processor are taken
 * out of the file before it is loaded, and kept here. Some models have them as words too, or merges
 * that lead to them: text that still yields one is cut until none does. So no text yields a special
 * token, but for the one that stands for what is unknown.
 *
 * <p>Added tokens in angle or square brackets ({@code <|im_start|>}, {@code [INST]}) count as
 * special whatever the file says of them: they frame, and fine-tunes often forget to say so.
 */
public final class JsonTokenizer implements TextTokenizer {
  private static final Pattern FRAMING = Pattern.compile("<\\S+>|\\[\\S+\\]");

  private final HuggingFaceTokenizer library;
  private final Map<String, Integer> special;
  private final boolean[] isSpecial;
  private final int unknown;
  private final int size;
  private final String chatTemplate;

  private JsonTokenizer(
      HuggingFaceTokenizer library,
      Map<String, Integer> special,
      boolean[] isSpecial,
      int unknown,
      int size,
      String chatTemplate) {
    this.chatTemplate = chatTemplate;
    this.library = library;
    this.special = special;
    this.isSpecial = isSpecial;
    this.unknown = unknown;
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
      for (Map.Entry<String, JsonNode> entry : vocabulary.properties()) {
        size = Math.max(size, id(entry.getKey(), entry.getValue()) + 1);
      }
    } else {
      size = vocabulary.size();
    }
    Map<String, Integer> special = new HashMap<>();
    ArrayNode kept = mapper.createArrayNode();
    for (JsonNode added : file.path("added_tokens")) {
      String content = added.path("content").asText();
      // Where the model has the word itself, the library takes that one's id.
      int id = id(content, vocabulary.has(content) ? vocabulary.get(content) : added.path("id"));
      size = Math.max(size, id + 1);
      if (added.path("special").asBoolean() || FRAMING.matcher(content).matches()) {
        special.put(content, id);
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
    int unknown = unknown(file.path("model"));
    HuggingFaceTokenizer library = library(mapper.writeValueAsBytes(file));
    JsonTokenizer tokenizer =
        new JsonTokenizer(library, special, isSpecial, unknown, size, chatTemplate);
    try {
      tokenizer.tryOut();
    } catch (RuntimeException e) {
      tokenizer.close();
      throw new IllegalArgumentException("it can't tokenize a line: " + e.getMessage(), e);
    }
    return tokenizer;
  }

  private static HuggingFaceTokenizer library(byte[] file) throws IOException {
    try {
      return HuggingFaceTokenizer.newInstance(
          new ByteArrayInputStream(file),
          Map.of(
              "addSpecialTokens", "false",
              "padding", "false",
              "truncation", "false",
              "modelMaxLength", String.valueOf(Integer.MAX_VALUE)));
    } catch (RuntimeException e) {
      // All that the library says of a file that it can't read.
      throw new IllegalArgumentException("the library can't read it: " + e.getMessage(), e);
    }
  }

  /** What the library reads may still name tokens that aren't there. */
  private void tryOut() {
    for (int token : encode("A line: 0x1F </s> caf\u00e9 \uD83D\uDE42\n")) {
      if (token < 0 || token >= size) {
        throw new IllegalArgumentException("token must be in [0, " + size + "); got " + token);
      }
      decode(new int[] {token});
    }
  }

  private static int id(String token, JsonNode id) {
    if (!id.isIntegralNumber()) {
      throw new IllegalArgumentException(
          "the id of token '" + token + "' must be a whole number; got " + id.getNodeType());
    }
    return TokenIds.checked(token, id.canConvertToLong() ? id.longValue() : -1);
  }

  @Override
  public int[] encode(String text) {
    if (text.isEmpty()) {
      return new int[0];
    }
    IntStream.Builder tokens = IntStream.builder();
    encode(Surrogates.replaceLone(text), tokens);
    return tokens.build().toArray();
  }

  /** Adds the tokens of a text; one that yields a special token is cut in two, again and again. */
  private void encode(String text, IntStream.Builder tokens) {
    long[] ids = library.encode(text, false, false).getIds();
    if (text.codePointCount(0, text.length()) > 1
        && Arrays.stream(ids).anyMatch(this::isForbidden)) {
      int middle = text.length() / 2;
      if (Character.isLowSurrogate(text.charAt(middle))) {
        middle++;
      }
      encode(text.substring(0, middle), tokens);
      encode(text.substring(middle), tokens);
      return;
    }
    for (long id : ids) {
      if (!isForbidden(id)) {
        tokens.add((int) id);
      }
    }
  }

  private boolean isForbidden(long id) {
    return isSpecial[(int) id] && id != unknown;
  }

  /** The id of the token for what is unknown, -1 where the model has none. */
  private static int unknown(JsonNode model) {
    JsonNode vocabulary = model.path("vocab");
    return vocabulary.isObject()
        ? vocabulary.path(model.path("unk_token").asText("")).asInt(-1)
        : model.path("unk_id").asInt(-1);
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
    return count == 0 ? "" : library.decode(Arrays.copyOf(ids, count), false);
  }

  /** Behind another token: alone some would lose the blank that they begin with. */
  @Override
  public byte[] bytes(int token) {
    int[] before = encode("a");
    int[] both = Arrays.copyOf(before, before.length + 1);
    both[before.length] = token;
    String first = decode(before);
    String all = decode(both);
    return (all.startsWith(first) ? all.substring(first.length()) : decode(new int[] {token}))
        .getBytes(StandardCharsets.UTF_8);
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
