package io.focusstream.jobs.cli;

import io.focusstream.operators.kv.Quantisation;
import io.focusstream.operators.model.checkpoint.CandidateProjection;
import io.focusstream.operators.model.checkpoint.CheckpointException;
import io.focusstream.operators.model.checkpoint.CheckpointFolder;
import io.focusstream.operators.model.checkpoint.FocusSettings;
import io.focusstream.operators.model.checkpoint.ModelConfig;
import io.focusstream.operators.model.checkpoint.TensorView;
import io.focusstream.operators.text.JsonTokenizer;
import io.focusstream.operators.text.PromptTemplate;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code focus model inspect DIR}: what a checkpoint folder holds, without running it. Exit code 0;
 * 2 where the folder can't be used, with the reason on the error stream.
 */
@Command(
    name = "inspect",
    mixinStandardHelpOptions = true,
    description = "Show what a checkpoint folder holds: shape, parameters, FocusLLM settings.")
public final class ModelInspectCommand implements Callable<Integer> {
  private static final String ADDED = "added";
  private static final String UNUSED = "unused";

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "DIR",
      description = "Hugging Face folder: config.json, safetensors, perhaps tokenizer.json.")
  private Path directory;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    try (CheckpointFolder folder = CheckpointFolder.open(directory)) {
      // Collected first: a folder that fails half-way prints its error and nothing else.
      Map<String, String> facts = facts(folder);
      facts.forEach((name, value) -> out.printf("%-14s %s%n", name, value));
      out.flush();
      return ExitCodes.OK;
    } catch (CheckpointException e) {
      PrintWriter err = spec.commandLine().getErr();
      err.println("error: " + e.getMessage());
      err.flush();
      return ExitCodes.USAGE;
    }
  }

  private static Map<String, String> facts(CheckpointFolder folder) {
    ModelConfig config = folder.config();
    FocusSettings focus = config.focus();
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("model", folder.name() + " (" + config.modelType() + ")");
    facts.put(
        "decoder",
        "%d layers, width %d, %d heads of %d over %d key/value heads, MLP %d"
            .formatted(
                config.layers(),
                config.hiddenSize(),
                config.heads(),
                config.headDim(),
                config.keyValueHeads(),
                config.intermediateSize()));
    facts.put(
        "vocabulary",
        "%d tokens, begin %s, end %s, head %s"
            .formatted(
                config.vocabularySize(),
                config.beginToken() < 0 ? "none" : config.beginToken(),
                config.endTokens().stream().map(String::valueOf).collect(Collectors.joining(", ")),
                config.tiedEmbeddings() ? "tied to the embedding" : "of its own"));
    facts.put(
        "positions",
        "%d, rotary base %s%s"
            .formatted(
                config.maxPositions(),
                plain(config.ropeTheta()),
                config
                    .ropeScaling()
                    .map(scaling -> ", llama3 scaling by " + plain(scaling.factor()))
                    .orElse("")));
    facts.putAll(weights(folder));
    facts.put(
        "focus",
        "local window %d, chunks of %d, candidates %s%s, local context %s"
            .formatted(
                focus.localWindow(),
                focus.chunkSize(),
                focus.candidatePositions().written(),
                focus.candidatePositions() == FocusSettings.CandidatePositions.SEQUENTIAL
                    ? ""
                    : " over " + focus.candidateSpan(),
                focus.local().written()));
    facts.put("candidates", candidates(folder));
    facts.put("tokenizer", tokenizer(folder));
    facts.put(
        "chunk state",
        IntStream.range(0, Quantisation.values().length)
                .mapToObj(i -> Quantisation.values()[i])
                .map(
                    quantisation ->
                        "%s %,d"
                            .formatted(
                                quantisation.name().toLowerCase(Locale.ROOT),
                                (long) config.layers()
                                    * quantisation.tokenBytes(
                                        config.keyValueHeads(), config.headDim())))
                .collect(Collectors.joining(", "))
            + " bytes a token");
    facts.put("fingerprint", folder.fingerprint());
    return facts;
  }

  private static Map<String, String> weights(CheckpointFolder folder) {
    Map<String, Long> groups = new LinkedHashMap<>();
    for (String group : List.of("embedding", "attention", "MLP", "norms", "head", ADDED, UNUSED)) {
      groups.put(group, 0L);
    }
    Map<String, Integer> types = new TreeMap<>();
    long bytes = 0;
    for (String name : folder.tensorNames()) {
      TensorView tensor = folder.tensor(name);
      groups.merge(group(name), (long) tensor.elements(), Long::sum);
      types.merge(tensor.type().name(), 1, Integer::sum);
      bytes += tensor.data().remaining();
    }
    long added = groups.remove(ADDED);
    long unused = groups.remove(UNUSED);
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put(
        "parameters",
        "%,d frozen (%s), %,d added%s"
            .formatted(
                groups.values().stream().mapToLong(Long::longValue).sum(),
                groups.entrySet().stream()
                    .filter(entry -> entry.getValue() > 0)
                    .map(entry -> "%s %,d".formatted(entry.getKey(), entry.getValue()))
                    .collect(Collectors.joining(", ")),
                added,
                unused == 0 ? "" : ", %,d that nothing uses".formatted(unused)));
    facts.put(
        "weights",
        types.entrySet().stream()
                .map(entry -> entry.getValue() + " tensors of " + entry.getKey())
                .collect(Collectors.joining(", "))
            + ", %,d bytes".formatted(bytes));
    return facts;
  }

  private static String group(String name) {
    if (name.contains(".beacon_")) {
      return ADDED;
    }
    if (name.startsWith("model.embed_tokens.")) {
      return "embedding";
    }
    if (name.startsWith("lm_head.")) {
      return "head";
    }
    if (name.contains("norm.weight")) {
      return "norms";
    }
    if (name.contains(".self_attn.")) {
      return "attention";
    }
    return name.contains(".mlp.") ? "MLP" : UNUSED;
  }

  private static String candidates(CheckpointFolder folder) {
    ModelConfig config = folder.config();
    List<CandidateProjection> projections = config.focus().candidateProjections();
    if (projections.isEmpty()) {
      return "no projections of their own";
    }
    return projections.stream()
        .map(
            projection -> {
              long present =
                  IntStream.range(0, config.layers())
                      .filter(layer -> folder.has(projection.candidateWeight(layer)))
                      .count();
              return "%s in %s"
                  .formatted(
                      projection.letter(),
                      present == config.layers()
                          ? "every layer"
                          : present == 0
                              ? "no layer (a copy of the frozen one; train it)"
                              : present + " of " + config.layers() + " layers");
            })
        .collect(Collectors.joining(", "));
  }

  private static String tokenizer(CheckpointFolder folder) {
    if (folder.tokenizer().isEmpty()) {
      return "none: there is no tokenizer.json";
    }
    Path file = folder.tokenizer().get();
    try (JsonTokenizer tokenizer = JsonTokenizer.load(file)) {
      int entries = tokenizer.vocabularySize();
      int embedded = folder.config().vocabularySize();
      if (entries > embedded) {
        throw new CheckpointException(
            "%s has %d entries, but vocab_size is %d: it belongs to another model"
                .formatted(file, entries, embedded));
      }
      int question = tokenizer.specialToken(PromptTemplate.QUESTION);
      int answer = tokenizer.specialToken(PromptTemplate.ANSWER);
      return "%d entries, %s"
          .formatted(
              entries,
              question < 0 || answer < 0
                  ? "questions laid out as plain text"
                  : "questions between tokens " + question + " and " + answer);
    } catch (IOException | IllegalArgumentException e) {
      throw e instanceof CheckpointException known
          ? known
          : new CheckpointException("can't read " + file + ": " + e.getMessage(), e);
    }
  }

  private static String plain(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? String.valueOf((long) value)
        : String.valueOf(value);
  }
}
