package io.focusstream.operators.model.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * A Hugging Face checkpoint folder: {@code config.json}, the weights in {@code model.safetensors}
 * or in the shards that {@code model.safetensors.index.json} names, and perhaps {@code
 * tokenizer.json}. Opening it checks that every weight the configuration asks for is there in the
 * right shape; the added projections ({@link CandidateProjection#candidateWeight(int)}) may be
 * absent, all or some, which {@link #missingCandidateProjections()} tells.
 *
 * <p>Weights are memory-mapped. The one who opens closes; tensor views stay usable after. Safe for
 * use by many threads.
 */
public final class CheckpointFolder implements Closeable {
  /** Bytes of a fingerprint; it is written as twice as many hex digits. */
  public static final int FINGERPRINT_BYTES = 16;

  private static final String WEIGHTS = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";
  private static final long MAX_JSON_BYTES = 64L << 20;
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private final Path directory;
  private final ModelConfig config;
  private final List<Safetensors> files;
  private final Map<String, Safetensors> tensors;
  private String fingerprint;

  private CheckpointFolder(
      Path directory,
      ModelConfig config,
      List<Safetensors> files,
      Map<String, Safetensors> tensors) {
    this.directory = directory;
    this.config = config;
    this.files = files;
    this.tensors = Collections.unmodifiableMap(tensors);
  }

  /**
   * Opens a folder and checks it.
   *
   * @throws CheckpointException if something is missing, damaged or not supported
   */
  public static CheckpointFolder open(Path directory) {
    if (!Files.isDirectory(directory)) {
      throw new CheckpointException(
          directory + " is not a folder; give the folder that holds config.json and the weights");
    }
    Path configFile = directory.resolve("config.json");
    if (!Files.isRegularFile(configFile)) {
      throw new CheckpointException(
          directory + " has no config.json; give a Hugging Face checkpoint folder");
    }
    ModelConfig config = ModelConfig.parse(configFile.toString(), text(configFile));
    List<Safetensors> files = new ArrayList<>();
    try {
      Map<String, Safetensors> tensors = openWeights(directory, files);
      CheckpointFolder folder = new CheckpointFolder(directory, config, files, tensors);
      folder.checkWeights();
      return folder;
    } catch (RuntimeException e) {
      for (Safetensors file : files) {
        try {
          file.close();
        } catch (IOException suppressed) {
          e.addSuppressed(suppressed);
        }
      }
      throw e;
    }
  }

  private static Map<String, Safetensors> openWeights(Path directory, List<Safetensors> files) {
    Map<String, Safetensors> tensors = new TreeMap<>();
    Path single = directory.resolve(WEIGHTS);
    Path index = directory.resolve(INDEX);
    if (Files.exists(single)) {
      Safetensors file = Safetensors.open(single);
      files.add(file);
      file.names().forEach(name -> tensors.put(name, file));
      return tensors;
    }
    if (!Files.exists(index)) {
      for (String pickle : List.of("pytorch_model.bin", "pytorch_model.bin.index.json")) {
        if (Files.exists(directory.resolve(pickle))) {
          throw Safetensors.pickle(directory.resolve(pickle).toString());
        }
      }
      throw new CheckpointException(
          "%s has neither %s nor %s".formatted(directory, WEIGHTS, INDEX));
    }
    Map<String, Safetensors> shards = new LinkedHashMap<>();
    for (Map.Entry<String, String> entry : weightMap(index).entrySet()) {
      String shard = entry.getValue();
      if (shard.isEmpty() || shard.startsWith(".") || shard.contains("/") || shard.contains("\\")) {
        throw new CheckpointException(
            "%s: tensor %s is in file '%s'; shards must be plain names of files in the same folder"
                .formatted(index, entry.getKey(), shard));
      }
      Safetensors file = shards.get(shard);
      if (file == null) {
        file = Safetensors.open(shard(directory, index, shard));
        files.add(file);
        shards.put(shard, file);
      }
      if (!file.names().contains(entry.getKey())) {
        throw new CheckpointException(
            "%s says that tensor %s is in %s, but it isn't; download the checkpoint again"
                .formatted(index, entry.getKey(), shard));
      }
      tensors.put(entry.getKey(), file);
    }
    return tensors;
  }

  private static Path shard(Path directory, Path index, String name) {
    try {
      return directory.resolve(name);
    } catch (InvalidPathException e) {
      throw new CheckpointException(
          "%s: a file can't be named '%s'; download the checkpoint again".formatted(index, name),
          e);
    }
  }

  private static Map<String, String> weightMap(Path index) {
    JsonNode root;
    try {
      root = JSON.readTree(text(index));
    } catch (JsonProcessingException e) {
      throw new CheckpointException(index + " is not valid JSON: " + e.getMessage(), e);
    }
    JsonNode map = root.path("weight_map");
    if (!map.isObject() || map.isEmpty()) {
      throw new CheckpointException(index + ": weight_map must be an object that names shards");
    }
    Map<String, String> weights = new TreeMap<>();
    map.properties()
        .forEach(
            e -> {
              if (!e.getValue().isTextual()) {
                throw new CheckpointException(
                    "%s: weight_map of tensor %s must be a file name; got %s"
                        .formatted(index, e.getKey(), e.getValue().getNodeType()));
              }
              weights.put(e.getKey(), e.getValue().textValue());
            });
    return weights;
  }

  private static String text(Path file) {
    try {
      long size = Files.size(file);
      if (size > MAX_JSON_BYTES) {
        throw new CheckpointException(
            "%s has %d bytes; at most %d are read".formatted(file, size, MAX_JSON_BYTES));
      }
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new CheckpointException("can't read " + file + ": " + e.getMessage(), e);
    }
  }

  private void checkWeights() {
    expectedShapes(config).forEach(this::checkShape);
    for (Map.Entry<String, long[]> added : candidateShapes(config).entrySet()) {
      if (has(added.getKey())) {
        checkShape(added.getKey(), added.getValue());
      }
    }
  }

  private void checkShape(String name, long[] expected) {
    if (!has(name)) {
      throw new CheckpointException(
          "%s has no tensor %s, which config.json asks for".formatted(directory, name));
    }
    long[] shape = tensors.get(name).shape(name);
    if (!Arrays.equals(shape, expected)) {
      throw new CheckpointException(
          "%s: tensor %s has shape %s; expected %s by config.json"
              .formatted(
                  tensors.get(name).source(),
                  name,
                  Arrays.toString(shape),
                  Arrays.toString(expected)));
    }
  }

  /**
   * Names and shapes of the frozen model's weights under this configuration; projections are [out,
   * in]. A tied head is not among them.
   */
  public static Map<String, long[]> expectedShapes(ModelConfig config) {
    long width = config.hiddenSize();
    long mlp = config.intermediateSize();
    Map<String, long[]> shapes = new LinkedHashMap<>();
    shapes.put("model.embed_tokens.weight", new long[] {config.vocabularySize(), width});
    for (int layer = 0; layer < config.layers(); layer++) {
      String prefix = "model.layers." + layer + ".";
      shapes.put(prefix + "input_layernorm.weight", new long[] {width});
      for (CandidateProjection projection : CandidateProjection.values()) {
        long[] shape = projectionShape(config, projection);
        String name = projection.frozenWeight(layer);
        shapes.put(name, shape);
        boolean output = projection == CandidateProjection.O;
        if (output ? config.outputBias() : config.projectionBias()) {
          shapes.put(name.replace(".weight", ".bias"), new long[] {shape[0]});
        }
      }
      if (config.queryKeyNorm()) {
        shapes.put(prefix + "self_attn.q_norm.weight", new long[] {config.headDim()});
        shapes.put(prefix + "self_attn.k_norm.weight", new long[] {config.headDim()});
      }
      shapes.put(prefix + "post_attention_layernorm.weight", new long[] {width});
      shapes.put(prefix + "mlp.gate_proj.weight", new long[] {mlp, width});
      shapes.put(prefix + "mlp.up_proj.weight", new long[] {mlp, width});
      shapes.put(prefix + "mlp.down_proj.weight", new long[] {width, mlp});
    }
    shapes.put("model.norm.weight", new long[] {width});
    if (!config.tiedEmbeddings()) {
      shapes.put("lm_head.weight", new long[] {config.vocabularySize(), width});
    }
    return shapes;
  }

  /**
   * Names and shapes of the added projections that {@link FocusSettings#candidateProjections()}
   * names, layer by layer; each has the shape of the frozen one it stands for.
   */
  public static Map<String, long[]> candidateShapes(ModelConfig config) {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    for (int layer = 0; layer < config.layers(); layer++) {
      for (CandidateProjection projection : config.focus().candidateProjections()) {
        shapes.put(projection.candidateWeight(layer), projectionShape(config, projection));
      }
    }
    return shapes;
  }

  private static long[] projectionShape(ModelConfig config, CandidateProjection projection) {
    long queries = (long) config.heads() * config.headDim();
    long keys = (long) config.keyValueHeads() * config.headDim();
    return switch (projection) {
      case Q -> new long[] {queries, config.hiddenSize()};
      case K, V -> new long[] {keys, config.hiddenSize()};
      case O -> new long[] {config.hiddenSize(), queries};
    };
  }

  /** The folder. */
  public Path directory() {
    return directory;
  }

  /** The folder's name: what to call the model. */
  public String name() {
    return String.valueOf(directory.toAbsolutePath().normalize().getFileName());
  }

  /** What {@code config.json} says. */
  public ModelConfig config() {
    return config;
  }

  /** {@code tokenizer.json}, where there is one. */
  public Optional<Path> tokenizer() {
    Path file = directory.resolve("tokenizer.json");
    return Files.isRegularFile(file) ? Optional.of(file) : Optional.empty();
  }

  /** Names of all tensors, sorted. */
  public Set<String> tensorNames() {
    return tensors.keySet();
  }

  /** Whether there is a tensor of this name. */
  public boolean has(String name) {
    return tensors.containsKey(name);
  }

  /**
   * A tensor's view.
   *
   * @throws CheckpointException if there is none, or it is larger than can be mapped
   */
  public TensorView tensor(String name) {
    Safetensors file = tensors.get(name);
    if (file == null) {
      throw new CheckpointException(directory + " has no tensor " + name);
    }
    return file.tensor(name);
  }

  /**
   * Added projections that the configuration names but the folder has no weights for: they start as
   * copies of the frozen ones ({@link CandidateProjection#frozenWeight(int)}), and a model so made
   * must be trained before its candidates carry anything.
   */
  public List<String> missingCandidateProjections() {
    return candidateShapes(config).keySet().stream().filter(name -> !has(name)).toList();
  }

  /**
   * What this model is: the first {@value #FINGERPRINT_BYTES} bytes of SHA-256, as hex, over the
   * configuration and every tensor's name, type, shape and bytes in the order of names. How the
   * tensors are split into files, and where the folder lies, doesn't matter. Reads all weights
   * once; then kept.
   */
  public synchronized String fingerprint() {
    if (fingerprint == null) {
      MessageDigest digest = sha256();
      digest.update(config.canonical().getBytes(StandardCharsets.UTF_8));
      for (String name : tensors.keySet()) {
        TensorView tensor = tensor(name);
        digest.update(
            (name + " " + tensor.type() + Arrays.toString(tensor.shape()) + "\n")
                .getBytes(StandardCharsets.UTF_8));
        ByteBuffer data = tensor.data();
        digest.update(data);
      }
      fingerprint = HexFormat.of().formatHex(digest.digest(), 0, FINGERPRINT_BYTES);
    }
    return fingerprint;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  @Override
  public void close() throws IOException {
    IOException failure = null;
    for (Safetensors file : files) {
      try {
        file.close();
      } catch (IOException e) {
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  @Override
  public String toString() {
    return directory + " (" + config.modelType() + ", " + tensors.size() + " tensors)";
  }
}
