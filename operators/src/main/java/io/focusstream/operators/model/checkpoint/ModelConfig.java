package io.focusstream.operators.model.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * A decoder's shape and settings: what {@code config.json} of a Hugging Face folder says. LLaMA,
 * Mistral, Qwen2 and Qwen3 are read; they share one shape: rotary positions, RMS norms, gated SiLU.
 *
 * @param modelType {@code llama}, {@code mistral}, {@code qwen2} or {@code qwen3}
 * @param vocabularySize number of token ids
 * @param hiddenSize width
 * @param intermediateSize width of the gated MLP
 * @param layers decoder layers
 * @param heads query heads
 * @param keyValueHeads key and value heads; divides {@code heads}
 * @param headDim size of a head, even; {@code heads * headDim} need not be {@code hiddenSize}
 * @param rmsNormEpsilon added to the mean square
 * @param ropeTheta base of the rotary embedding's wave lengths
 * @param ropeScaling LLaMA 3's scaling of these; empty for none
 * @param tiedEmbeddings whether the head is the embedding's matrix
 * @param beginToken id put before a text; -1 where the model has none
 * @param endTokens ids that end a text, at least one
 * @param maxPositions positions that the model was made for
 * @param projectionBias whether the query, key and value projections have a bias
 * @param outputBias whether the output projection has a bias
 * @param queryKeyNorm whether each head's queries and keys pass an RMS norm (Qwen3)
 * @param focus FocusLLM's settings
 */
public record ModelConfig(
    String modelType,
    int vocabularySize,
    int hiddenSize,
    int intermediateSize,
    int layers,
    int heads,
    int keyValueHeads,
    int headDim,
    double rmsNormEpsilon,
    double ropeTheta,
    Optional<RopeScaling> ropeScaling,
    boolean tiedEmbeddings,
    int beginToken,
    List<Integer> endTokens,
    int maxPositions,
    boolean projectionBias,
    boolean outputBias,
    boolean queryKeyNorm,
    FocusSettings focus) {

  /** The model types that are read. */
  public static final List<String> MODEL_TYPES = List.of("llama", "mistral", "qwen2", "qwen3");

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  public ModelConfig {
    if (!MODEL_TYPES.contains(modelType)) {
      throw new CheckpointException(
          "model_type must be one of " + MODEL_TYPES + "; got " + modelType);
    }
    range("vocab_size", vocabularySize, 2, 1 << 22);
    range("hidden_size", hiddenSize, 1, 1 << 17);
    range("intermediate_size", intermediateSize, 1, 1 << 20);
    range("num_hidden_layers", layers, 1, 1024);
    range("num_attention_heads", heads, 1, 1024);
    range("num_key_value_heads", keyValueHeads, 1, heads);
    range("head_dim", headDim, 2, 1024);
    range("max_position_embeddings", maxPositions, 1, Integer.MAX_VALUE);
    if (heads % keyValueHeads != 0) {
      throw new CheckpointException(
          "num_key_value_heads must divide num_attention_heads %d; got %d"
              .formatted(heads, keyValueHeads));
    }
    if (headDim % 2 != 0) {
      throw new CheckpointException("head_dim must be even; got " + headDim);
    }
    positive("rms_norm_eps", rmsNormEpsilon);
    positive("rope_theta", ropeTheta);
    range("bos_token_id", beginToken, -1, vocabularySize - 1);
    endTokens = List.copyOf(endTokens);
    if (endTokens.isEmpty()) {
      throw new CheckpointException("eos_token_id is missing; give the id that ends a text");
    }
    for (int token : endTokens) {
      range("eos_token_id", token, 0, vocabularySize - 1);
    }
  }

  /**
   * Reads the text of a {@code config.json}.
   *
   * @param source what to call it in messages
   * @throws CheckpointException if it is not JSON, a field is missing or wrong, or the model is one
   *     that we don't run; the message names the field and its value
   */
  public static ModelConfig parse(String source, String json) {
    JsonNode root;
    try {
      root = JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new CheckpointException(source + " is not valid JSON: " + e.getMessage(), e);
    }
    try {
      return read(new Fields("", root));
    } catch (CheckpointException e) {
      throw new CheckpointException(source + ": " + e.getMessage(), e);
    }
  }

  private static ModelConfig read(Fields fields) {
    String modelType = fields.text("model_type", null);
    String activation = fields.text("hidden_act", "silu");
    if (!activation.equals("silu")) {
      throw new CheckpointException(
          "hidden_act must be silu; got " + activation + ": other activations are not supported");
    }
    if (fields.flag("mlp_bias", false)) {
      throw new CheckpointException("mlp_bias must be false; got true: it is not supported");
    }
    int hiddenSize = fields.integer("hidden_size", null);
    int heads = fields.integer("num_attention_heads", null);
    range("num_attention_heads", heads, 1, 1024);
    boolean qwen2 = modelType.equals("qwen2");
    // Qwen2 has these biases without saying so; the others follow attention_bias.
    boolean bias = qwen2 || fields.flag("attention_bias", false);
    FocusSettings focus = focus(fields.object("focus"));
    checkSlidingWindow(fields, focus);
    Fields rope = fields.object("rope_parameters").orElse(fields);
    return new ModelConfig(
        modelType,
        fields.integer("vocab_size", null),
        hiddenSize,
        fields.integer("intermediate_size", null),
        fields.integer("num_hidden_layers", null),
        heads,
        fields.integer("num_key_value_heads", heads),
        fields.integer("head_dim", hiddenSize / heads),
        fields.number("rms_norm_eps", 1e-6),
        rope.number("rope_theta", 10_000.0),
        ropeScaling(fields.object("rope_parameters").or(() -> fields.object("rope_scaling"))),
        fields.flag("tie_word_embeddings", false),
        fields.integer("bos_token_id", -1),
        fields.integers("eos_token_id"),
        fields.integer("max_position_embeddings", 2048),
        bias,
        bias && !qwen2,
        modelType.equals("qwen3"),
        focus);
  }

  private static Optional<RopeScaling> ropeScaling(Optional<Fields> scaling) {
    if (scaling.isEmpty()) {
      return Optional.empty();
    }
    Fields fields = scaling.get();
    String type = fields.text("rope_type", fields.text("type", "default"));
    if (type.equals("default")) {
      return Optional.empty();
    }
    if (!type.equals("llama3")) {
      throw new CheckpointException(
          fields.path("rope_type")
              + " must be llama3 or default; got "
              + type
              + ": this scaling is not supported");
    }
    return Optional.of(
        new RopeScaling(
            fields.number("factor", null),
            fields.number("low_freq_factor", null),
            fields.number("high_freq_factor", null),
            fields.integer("original_max_position_embeddings", null)));
  }

  private static void checkSlidingWindow(Fields fields, FocusSettings focus) {
    int window = fields.integer("sliding_window", 0);
    if (window > 0
        && fields.flag("use_sliding_window", true)
        && (focus.localWindow() > window || focus.chunkSize() > window)) {
      throw new CheckpointException(
          ("sliding_window is %d, but attention over chunks and local context is full; set"
                  + " focus.local_window (%d) and focus.chunk_size (%d) to at most that")
              .formatted(window, focus.localWindow(), focus.chunkSize()));
    }
  }

  private static FocusSettings focus(Optional<Fields> object) {
    if (object.isEmpty()) {
      return FocusSettings.DEFAULT;
    }
    Fields fields = object.get();
    FocusSettings standard = FocusSettings.DEFAULT;
    return new FocusSettings(
        fields.integer("local_window", standard.localWindow()),
        fields.integer("chunk_size", standard.chunkSize()),
        fields
            .texts("candidate_projections")
            .map(
                letters ->
                    letters.stream()
                        .map(
                            letter ->
                                fields.constant(
                                    "candidate_projections", letter, CandidateProjection.values()))
                        .toList())
            .orElse(standard.candidateProjections()),
        fields.constant(
            "candidate_positions",
            fields.text("candidate_positions", standard.candidatePositions().written()),
            FocusSettings.CandidatePositions.values()),
        fields.integer("candidate_span", standard.candidateSpan()),
        fields.constant(
            "local",
            fields.text("local", standard.local().written()),
            FocusSettings.LocalMode.values()),
        fields.constant(
            "readout",
            fields.text("readout", standard.readout().written()),
            FocusSettings.Readout.values()),
        fields.integer("abstain_token_id", standard.abstainToken()));
  }

  /** Query heads to one key and value head. */
  public int groupSize() {
    return heads / keyValueHeads;
  }

  /** Numbers in a token's chunk state: keys and values of all layers. */
  public int stateElementsPerToken() {
    return 2 * layers * keyValueHeads * headDim;
  }

  /** One line a setting, in an order that never changes: what the fingerprint covers. */
  String canonical() {
    return String.join(
        "\n",
        "model_type=" + modelType,
        "vocab_size=" + vocabularySize,
        "hidden_size=" + hiddenSize,
        "intermediate_size=" + intermediateSize,
        "layers=" + layers,
        "heads=" + heads,
        "key_value_heads=" + keyValueHeads,
        "head_dim=" + headDim,
        "rms_norm_eps=" + rmsNormEpsilon,
        "rope_theta=" + ropeTheta,
        "rope_scaling="
            + ropeScaling
                .map(
                    r ->
                        r.factor()
                            + ","
                            + r.lowFrequencyFactor()
                            + ","
                            + r.highFrequencyFactor()
                            + ","
                            + r.originalMaxPositions())
                .orElse("none"),
        "tied=" + tiedEmbeddings,
        "begin=" + beginToken,
        "end=" + endTokens,
        "max_positions=" + maxPositions,
        "projection_bias=" + projectionBias,
        "output_bias=" + outputBias,
        "query_key_norm=" + queryKeyNorm,
        "local_window=" + focus.localWindow(),
        "chunk_size=" + focus.chunkSize(),
        "candidate_projections=" + focus.candidateProjections(),
        "candidate_positions=" + focus.candidatePositions().written(),
        "candidate_span=" + focus.candidateSpan(),
        "local=" + focus.local().written(),
        // said only where it is not what checkpoints without it have: their fingerprints stay
        focus.readout() == FocusSettings.Readout.DECODER
            ? ""
            : "readout=" + focus.readout().written() + "," + focus.abstainToken() + "\n");
  }

  private static void range(String field, int value, int least, int most) {
    if (value < least || value > most) {
      throw new CheckpointException(
          "%s must be in [%d, %d]; got %d".formatted(field, least, most, value));
    }
  }

  private static void positive(String field, double value) {
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new CheckpointException(field + " must be positive and finite; got " + value);
    }
  }

  /**
   * LLaMA 3's scaling of the rotary embedding's frequencies.
   *
   * @param factor by which low frequencies are divided
   * @param lowFrequencyFactor original positions over wave length below which a frequency is low
   * @param highFrequencyFactor original positions over wave length above which it is kept
   * @param originalMaxPositions positions before scaling
   */
  public record RopeScaling(
      double factor,
      double lowFrequencyFactor,
      double highFrequencyFactor,
      int originalMaxPositions) {
    public RopeScaling {
      positive("rope_scaling.factor", factor);
      positive("rope_scaling.low_freq_factor", lowFrequencyFactor);
      positive("rope_scaling.high_freq_factor", highFrequencyFactor);
      range(
          "rope_scaling.original_max_position_embeddings",
          originalMaxPositions,
          1,
          Integer.MAX_VALUE);
      if (highFrequencyFactor <= lowFrequencyFactor) {
        throw new CheckpointException(
            "rope_scaling.high_freq_factor must be greater than low_freq_factor %s; got %s"
                .formatted(lowFrequencyFactor, highFrequencyFactor));
      }
    }
  }

  /** Typed access to a JSON object's fields; a null counts as absent. */
  private static final class Fields {
    private final String prefix;
    private final JsonNode node;

    Fields(String prefix, JsonNode node) {
      this.prefix = prefix;
      this.node = node;
      if (!node.isObject()) {
        throw new CheckpointException(
            (prefix.isEmpty() ? "the file" : prefix.substring(0, prefix.length() - 1))
                + " must hold a JSON object; got "
                + node.getNodeType());
      }
    }

    String path(String field) {
      return prefix + field;
    }

    int integer(String field, Integer standard) {
      return value(field, standard, "an integer", v -> v.canConvertToInt() && v.isIntegralNumber())
          .map(JsonNode::intValue)
          .orElse(standard);
    }

    double number(String field, Double standard) {
      return value(field, standard, "a number", JsonNode::isNumber)
          .map(JsonNode::doubleValue)
          .orElse(standard);
    }

    boolean flag(String field, Boolean standard) {
      return value(field, standard, "true or false", JsonNode::isBoolean)
          .map(JsonNode::booleanValue)
          .orElse(standard);
    }

    String text(String field, String standard) {
      return value(field, standard, "a string", JsonNode::isTextual)
          .map(JsonNode::textValue)
          .orElse(standard);
    }

    Optional<Fields> object(String field) {
      return value(field, "", "an object", JsonNode::isObject)
          .map(v -> new Fields(path(field) + ".", v));
    }

    /** A number or a list of numbers. */
    List<Integer> integers(String field) {
      Optional<JsonNode> found =
          value(
              field,
              "",
              "an integer or a list of integers",
              v ->
                  v.isArray()
                      ? stream(v).allMatch(i -> i.isIntegralNumber() && i.canConvertToInt())
                      : v.isIntegralNumber() && v.canConvertToInt());
      return found
          .map(
              v -> v.isArray() ? stream(v).map(JsonNode::intValue).toList() : List.of(v.intValue()))
          .orElse(List.of());
    }

    Optional<List<String>> texts(String field) {
      return value(
              field,
              "",
              "a list of strings",
              v -> v.isArray() && stream(v).allMatch(JsonNode::isTextual))
          .map(v -> stream(v).map(JsonNode::textValue).toList());
    }

    <E extends Enum<E>> E constant(String field, String written, E[] constants) {
      for (E constant : constants) {
        if (constant.name().toLowerCase(Locale.ROOT).equals(written)) {
          return constant;
        }
      }
      throw new CheckpointException(
          "%s must be one of %s; got %s"
              .formatted(
                  path(field),
                  Arrays.stream(constants).map(c -> c.name().toLowerCase(Locale.ROOT)).toList(),
                  written));
    }

    private static Stream<JsonNode> stream(JsonNode array) {
      return StreamSupport.stream(array.spliterator(), false);
    }

    private Optional<JsonNode> value(
        String field, Object standard, String expected, Predicate<JsonNode> fits) {
      JsonNode value = node.get(field);
      if (value == null || value.isNull()) {
        if (standard == null) {
          throw new CheckpointException(path(field) + " is missing; expected " + expected);
        }
        return Optional.empty();
      }
      if (!fits.test(value)) {
        String got = value.toString();
        throw new CheckpointException(
            "%s must be %s; got %s"
                .formatted(
                    path(field), expected, got.length() > 80 ? got.substring(0, 80) + "…" : got));
      }
      return Optional.of(value);
    }
  }
}
