package io.focusstream.jobs.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.focusstream.jobs.topology.ModelLoader;
import io.focusstream.jobs.training.TrainingCheckpoint;
import io.focusstream.jobs.training.eval.EngineBench;
import io.focusstream.operators.engine.djl.BundledModels;
import io.focusstream.operators.engine.djl.DjlCondensingEngine;
import io.focusstream.operators.engine.djl.DjlEngineSettings;
import io.focusstream.operators.kv.Quantisation;
import io.focusstream.operators.model.MachineRates;
import io.focusstream.operators.model.ModelWeights;
import io.focusstream.operators.model.Precision;
import io.focusstream.operators.model.checkpoint.FocusSettings.Readout;
import io.focusstream.operators.model.checkpoint.ModelConfig;
import io.focusstream.operators.model.checkpoint.TensorType;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code focus bench}: how fast the engine is here, beside what the machine could do. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Time the engine on random tokens, no chunk like another; medians after a warm-up, beside the"
          + " floor that the same run measures.",
      "",
      "condense  tokens a second, states encoded; floor: the matrices' operations over this machine's"
          + " best rate for products of that shape",
      "ask       seconds to the first answer token and for each further one, by the history's length;"
          + " floors: the operations of the question over all chunks; for a further token those of two"
          + " rows a chunk (a proposal: one, and the head), and the bytes of all chunk states over the"
          + " memory's bandwidth",
      "ingest    tokens a second from a file through an embedded Kafka and Flink into condensed chunks;"
          + " floor: the engine alone, condensing in the same run"
    })
public final class BenchCommand implements Callable<Integer> {
  private static final int CONDENSED_CHUNKS = 64;

  private final ModelLoader models;

  @Spec private CommandSpec spec;
  @Mixin private EngineMixin given;

  @Parameters(paramLabel = "WHAT", arity = "1..*", description = "${COMPLETION-CANDIDATES}")
  private List<What> what;

  @Option(
      names = "--shape",
      description = {
        "A model of random weights instead: ${COMPLETION-CANDIDATES}.",
        "A: 8 layers, width 256, 8/2 heads of 32, MLP 768, vocabulary 4096.",
        "B: 12 layers, width 512, 8/2 heads of 64, MLP 1536, vocabulary 8192."
      })
  private Shape shape;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "A model of random weights of this config.json's shape instead.")
  private Path configFile;

  @Option(
      names = "--random-weights",
      description = "Random weights in place of the model's own; --shape and --config imply it.")
  private boolean randomWeights;

  @Option(
      names = "--history",
      split = ",",
      defaultValue = "4K,32K,128K,400K",
      description = "Tokens, K = 1,024: ${DEFAULT-VALUE}.")
  private List<String> history;

  @Option(names = "--chunk", defaultValue = "256", description = "Tokens: ${DEFAULT-VALUE}.")
  private int chunk;

  @Option(names = "--question", defaultValue = "24", description = "Tokens: ${DEFAULT-VALUE}.")
  private int question;

  @Option(names = "--answer", defaultValue = "16", description = "Tokens: ${DEFAULT-VALUE}.")
  private int answer;

  @Option(
      names = "--at-once",
      paramLabel = "N",
      defaultValue = "1",
      description = {
        "Ask: also so many questions, each over a stream of its own, one after another and all at"
            + " once: ${DEFAULT-VALUE}."
      })
  private int atOnce;

  @Option(
      names = "--hot",
      description = "Keep all states ready to use; so it is unless --cold is given.")
  private boolean hot;

  @Option(
      names = "--cold",
      description = "Keep no states hot: each question reads them from a RocksDB and decodes them.")
  private boolean cold;

  @Option(names = "--repeats", defaultValue = "5", description = "Runs: ${DEFAULT-VALUE}.")
  private int repeats;

  @Option(names = "--seed", defaultValue = "1", description = "Of tokens and weights.")
  private long seed;

  @Option(
      names = "--precision",
      description =
          "Of the products: ${COMPLETION-CANDIDATES}; what the processor has where not given.")
  private Precision givenPrecision;

  @Option(
      names = "--ingest-tokens",
      defaultValue = "32K",
      description = "About so many tokens are read by ingest: ${DEFAULT-VALUE}.")
  private String ingestTokens;

  @Option(names = "--json", description = "Also write the results to this file.")
  private Path json;

  /** What is timed. */
  public enum What {
    condense,
    ask,
    ingest
  }

  /** Shapes that other engines have been measured with. */
  public enum Shape {
    A(8, 256, 32, 768, 4096),
    B(12, 512, 64, 1536, 8192);

    private final int layers;
    private final int width;
    private final int headDim;
    private final int mlp;
    private final int vocabulary;

    Shape(int layers, int width, int headDim, int mlp, int vocabulary) {
      this.layers = layers;
      this.width = width;
      this.headDim = headDim;
      this.mlp = mlp;
      this.vocabulary = vocabulary;
    }

    private String config() {
      return """
          {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu",
           "vocab_size": %d, "hidden_size": %d, "intermediate_size": %d, "num_hidden_layers": %d,
           "num_attention_heads": 8, "num_key_value_heads": 2, "head_dim": %d,
           "max_position_embeddings": 1024, "rms_norm_eps": 1e-05, "rope_theta": 500000.0,
           "tie_word_embeddings": true, "bos_token_id": 1, "eos_token_id": 2, "torch_dtype": "bfloat16",
           "focus": {"local_window": 256, "chunk_size": 256, "candidate_projections": ["q", "k", "v", "o"],
            "candidate_positions": "spread", "candidate_span": 16, "local": "incremental",
            "abstain_token_id": 5}}
          """
          .formatted(vocabulary, width, mlp, layers, headDim);
    }
  }

  BenchCommand(ModelLoader models) {
    this.models = models;
  }

  @Override
  public Integer call() throws IOException {
    List<Integer> lengths = history.stream().map(EvalCommand::parseLength).toList();
    if (repeats < 1) {
      throw new CliException(ExitCodes.USAGE, "--repeats must be at least 1; got " + repeats);
    }
    if (atOnce < 1) {
      throw new CliException(ExitCodes.USAGE, "--at-once must be at least 1; got " + atOnce);
    }
    if (hot && cold) {
      throw new CliException(ExitCodes.USAGE, "either --hot or --cold");
    }
    if (shape != null && configFile != null) {
      throw new CliException(ExitCodes.USAGE, "either --shape or --config");
    }
    if (shape == null && configFile == null && !randomWeights) {
      return run(given.folder(), given.model, lengths);
    }
    String name;
    String written;
    if (shape != null) {
      name = "shape " + shape + " of random weights";
      written = shape.config();
    } else {
      Path file = configFile != null ? configFile : given.folder().resolve("config.json");
      if (!Files.isReadable(file)) {
        throw new CliException(ExitCodes.USAGE, "no config.json can be read at " + file);
      }
      name = file + " with random weights";
      written = Files.readString(file);
    }
    Path folder = Files.createTempDirectory("focus-bench");
    try {
      writeRandom(folder, name, written);
      return run(folder, name, lengths);
    } finally {
      delete(folder);
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }

  private void writeRandom(Path folder, String origin, String written) throws IOException {
    ModelConfig config = ModelConfig.parse(origin, written);
    Random random = new Random(seed);
    Map<String, float[]> weights = new LinkedHashMap<>();
    for (String name : ModelWeights.names(config)) {
      float[] values = new float[ModelWeights.size(config, name)];
      for (int i = 0; i < values.length; i++) {
        values[i] = name.contains("norm") ? 1 : (float) (0.02 * random.nextGaussian());
      }
      weights.putIfAbsent(name, values);
    }
    TrainingCheckpoint.writeModel(
        folder.resolve("model.safetensors"), config, weights, TensorType.BF16);
    Files.writeString(folder.resolve("config.json"), written);
    // for ingest: the bundled model's, whose tokens such a model has too
    Files.copy(
        BundledModels.folder("small").resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
  }

  /** Of chunk states that are ready for use, as a CPU keeps them. */
  static double bytesANumber(Precision precision, Quantisation stored, ModelConfig config) {
    if (precision == Precision.BFLOAT16) {
      return Short.BYTES;
    }
    return stored == Quantisation.INT8 ? 1 + (double) Short.BYTES / config.headDim() : Float.BYTES;
  }

  /** Operations of a token in a layer's matrices. */
  private static double layerOperations(ModelConfig c) {
    double wide = (double) c.heads() * c.headDim();
    double narrow = (double) c.keyValueHeads() * c.headDim();
    return 2
        * (c.hiddenSize() * (2 * wide + 2 * narrow) + 3.0 * c.hiddenSize() * c.intermediateSize());
  }

  /**
   * Operations of a token of which only keys and values are wanted: none else in the last layer.
   */
  static double tokenOperations(ModelConfig c) {
    double narrow = (double) c.keyValueHeads() * c.headDim();
    return (c.layers() - 1) * layerOperations(c) + 4 * narrow * c.hiddenSize();
  }

  /**
   * Operations of one chunk in a step.
   *
   * @param rows tokens that join its prompt; those of the newest one count once more for a
   *     candidate, or as far as the head for a proposal
   */
  static double stepOperations(ModelConfig c, Readout readout, int rows) {
    double narrow = (double) c.keyValueHeads() * c.headDim();
    double more =
        readout == Readout.DECODER
            ? tokenOperations(c)
            : layerOperations(c)
                - 4 * narrow * c.hiddenSize()
                + 2.0 * c.vocabularySize() * c.hiddenSize();
    return rows * tokenOperations(c) + more;
  }

  /**
   * What the machine can do: the best that was measured so far. A machine shared with others has
   * slow moments, which would make a floor too low.
   */
  private static final class Machine {
    private final int rows;
    private final ModelConfig config;
    private final Precision precision;
    private double operations;
    private double bytes;

    Machine(int rows, ModelConfig config, Precision precision) {
      this.rows = rows;
      this.config = config;
      this.precision = precision;
      measure();
    }

    void measure() {
      operations =
          Math.max(
              operations,
              MachineRates.operations(
                  rows, config.hiddenSize(), config.intermediateSize(), precision));
      bytes = Math.max(bytes, MachineRates.bytes());
    }
  }

  private int run(Path folder, String name, List<Integer> lengths) throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    Precision precision = givenPrecision != null ? givenPrecision : Precision.forThisProcessor();
    DjlEngineSettings settings = given.settings(folder.toString()).withPrecision(precision);
    settings = settings.withHotBytes(cold ? 0 : 16L << 30);
    ModelConfig config =
        ModelConfig.parse(folder.toString(), Files.readString(folder.resolve("config.json")));
    Readout used = given.readout != null ? given.readout : config.focus().readout();
    Machine machine = new Machine(8 * chunk, config, precision);
    out.printf(
        Locale.ROOT,
        "%s, products in %s, states %s%s, %s, chunk %d, question %d, answer %d, %d runs%n"
            + "this machine: %.0f GFLOP/s in products of (%d, %d) x %d; memory %.1f GB/s read while as"
            + " much is written%n",
        name,
        precision,
        given.kv,
        cold ? ", cold" : ", hot",
        used.written(),
        chunk,
        question,
        answer,
        repeats,
        machine.operations / 1e9,
        8 * chunk,
        config.hiddenSize(),
        config.intermediateSize(),
        machine.bytes / 1e9);
    ObjectNode report = JsonMapper.builder().build().createObjectNode();
    report.put("model", name);
    report.put("kv", given.kv.name());
    report.put("cold", cold);
    report.put("readout", used.written());
    report.put("chunk", chunk);
    report.put("question", question);
    report.put("answer", answer);
    report.put("repeats", repeats);
    ArrayNode rows = report.putArray("rows");
    try (DjlCondensingEngine engine = new DjlCondensingEngine(settings)) {
      EngineBench bench = new EngineBench(engine, chunk, repeats, seed);
      double rate = Double.NaN;
      if (what.contains(What.condense) || what.contains(What.ingest)) {
        rate = bench.condenseRate(CONDENSED_CHUNKS);
        machine.measure();
        double floor = machine.operations / tokenOperations(config);
        out.printf(
            Locale.ROOT,
            "condense: %.0f tokens/s, %.0f%% of the floor of %.0f (products alone)%n",
            rate,
            100 * rate / floor,
            floor);
        out.flush();
        rows.addObject().put("what", "condense").put("tokensPerSecond", rate).put("floor", floor);
      }
      if (what.contains(What.ask)) {
        for (int length : lengths) {
          EngineBench.Ask ask = cold ? cold(bench, length) : bench.ask(length, question, answer);
          machine.measure();
          double operations = machine.operations;
          // the begin token and the question; a candidate is one row of them
          int asked = used == Readout.DECODER ? question : question + 1;
          double first = ask.chunks() * stepOperations(config, used, asked) / operations;
          double state =
              (double) ask.chunks()
                  * chunk
                  * config.stateElementsPerToken()
                  * bytesANumber(precision, given.kv, config);
          double read = state / machine.bytes;
          double products = ask.chunks() * stepOperations(config, used, 1) / operations;
          double further = read + products;
          out.printf(
              Locale.ROOT,
              "ask over %d tokens, %d chunks: first token %.3f s (loading %.3f), %.0f%% of the floor of"
                  + " %.3f; each further %.1f ms, %.0f%% of the floor of %.1f (%.1f bytes,"
                  + " %.1f products)%n",
              length,
              ask.chunks(),
              ask.firstTokenSeconds(),
              ask.loadSeconds(),
              100 * first / ask.firstTokenSeconds(),
              first,
              1000 * ask.tokenSeconds(),
              100 * further / ask.tokenSeconds(),
              1000 * further,
              1000 * read,
              1000 * products);
          out.flush();
          rows.addObject()
              .put("what", "ask")
              .put("tokens", length)
              .put("chunks", ask.chunks())
              .put("loadSeconds", ask.loadSeconds())
              .put("firstTokenSeconds", ask.firstTokenSeconds())
              .put("firstTokenFloor", first)
              .put("tokenSeconds", ask.tokenSeconds())
              .put("tokenBytesFloor", read)
              .put("tokenFloor", further);
          if (atOnce > 1) {
            askAtOnce(bench, length, rows, out);
          }
        }
      }
    }
    if (what.contains(What.ingest)) {
      ingest(folder, rows, out);
    }
    report.put("operationsPerSecond", machine.operations);
    report.put("bytesPerSecond", machine.bytes);
    if (json != null) {
      Files.writeString(json, report.toPrettyString() + "\n");
    }
    return ExitCodes.OK;
  }

  private void askAtOnce(EngineBench bench, int length, ArrayNode rows, PrintWriter out) {
    EngineBench.AtOnce asked = bench.atOnce(atOnce, length, question, answer);
    out.printf(
        Locale.ROOT,
        "  %d questions, each over %d tokens of its own, %d answer tokens: one after another %.3f s, at"
            + " once %.3f (x%.2f, %.1f questions/s)%n",
        atOnce,
        length,
        asked.answerTokens(),
        asked.oneByOneSeconds(),
        asked.atOnceSeconds(),
        asked.oneByOneSeconds() / asked.atOnceSeconds(),
        atOnce / asked.atOnceSeconds());
    out.flush();
    rows.addObject()
        .put("what", "ask at once")
        .put("tokens", length)
        .put("questions", atOnce)
        .put("answerTokens", asked.answerTokens())
        .put("oneByOneSeconds", asked.oneByOneSeconds())
        .put("atOnceSeconds", asked.atOnceSeconds());
  }

  private EngineBench.Ask cold(EngineBench bench, int length) throws IOException {
    Path directory = Files.createTempDirectory("focus-bench-states");
    try {
      return bench.askCold(length, question, answer, directory);
    } finally {
      delete(directory);
    }
  }

  private void ingest(Path folder, ArrayNode rows, PrintWriter out) throws IOException {
    double engine = rows.get(0).get("tokensPerSecond").asDouble();
    Path directory = Files.createTempDirectory("focus-bench-ingest");
    try {
      Logging.toFiles(directory.resolve("logs"));
      // a word of these lines is about two and a half tokens
      long words = EvalCommand.parseLength(ingestTokens) * 2L / 5;
      IngestBench.Ingest read =
          IngestBench.run(models, folder, directory, words, chunk, given.kv, seed);
      double rate = read.tokens() / read.seconds();
      out.printf(
          Locale.ROOT,
          "ingest: %d tokens in %d chunks through Kafka and Flink in %.2f s: %.0f tokens/s, %.0f%% of the"
              + " engine alone%n",
          read.tokens(),
          read.chunks(),
          read.seconds(),
          rate,
          100 * rate / engine);
      IngestBench.Engine did = read.engine();
      if (did.batches() > 0) {
        out.printf(
            Locale.ROOT,
            "  the engine was at it %.0f%% of the time, at %.0f tokens/s (%.0f%% of it alone), %.0f tokens a batch%n",
            100 * did.seconds() / read.seconds(),
            did.tokens() / did.seconds(),
            100 * did.tokens() / did.seconds() / engine,
            did.tokens() / did.batches());
      }
      out.flush();
      rows.addObject()
          .put("what", "ingest")
          .put("engineSeconds", did.seconds())
          .put("engineTokens", did.tokens())
          .put("engineBatches", did.batches())
          .put("tokens", read.tokens())
          .put("seconds", read.seconds())
          .put("tokensPerSecond", rate)
          .put("floor", engine);
    } finally {
      delete(directory);
    }
  }
}
