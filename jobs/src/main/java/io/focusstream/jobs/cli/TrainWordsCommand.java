package io.focusstream.jobs.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.focusstream.jobs.training.TrainingCheckpoint;
import io.focusstream.jobs.training.WordEmbeddings;
import io.focusstream.jobs.training.data.Books;
import io.focusstream.jobs.training.data.TextSamples;
import io.focusstream.jobs.training.tokenizer.WordTokens;
import io.focusstream.operators.model.checkpoint.ModelConfig;
import io.focusstream.operators.model.checkpoint.TensorType;
import io.focusstream.operators.text.ByteLevelBpe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code focus train words}. */
@Command(
    name = "words",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Give a trained model's tokenizer whole words, with a blank before them and without, and the model embeddings for them; to be trained on.")
final class TrainWordsCommand implements Callable<Integer> {
  private static final String EMBEDDING = "model.embed_tokens.weight";

  @Spec private CommandSpec spec;

  @Option(
      names = "--from",
      required = true,
      description = "Checkpoint folder with config.json and tokenizer.json.")
  private Path from;

  @Option(names = "--books", description = "Folder of plain-text books; none without it.")
  private Path books;

  @Option(names = "--out", required = true, description = "The folder to write.")
  private Path out;

  @Option(
      names = "--batches",
      defaultValue = "400",
      description = "Training batches whose words are counted: ${DEFAULT-VALUE}.")
  private int batches;

  @Option(
      names = "--least",
      defaultValue = "20",
      description = "How often a word occurs in them at least: ${DEFAULT-VALUE}.")
  private int least;

  @Option(
      names = "--alike",
      defaultValue = "0.35",
      description =
          "How far the spellings of a word are drawn together, from 0 to 1: ${DEFAULT-VALUE}.")
  private double alike;

  @Option(
      names = "--seed",
      defaultValue = "9005",
      description = "Of the batches: ${DEFAULT-VALUE}.")
  private long seed;

  @Override
  public Integer call() throws IOException {
    if (!(alike >= 0 && alike <= 1)) {
      throw new ParameterException(spec.commandLine(), "--alike must be from 0 to 1; got " + alike);
    }
    if (least < 1 || batches < 1) {
      throw new ParameterException(spec.commandLine(), "--least and --batches must be at least 1");
    }
    Path file = from.resolve("tokenizer.json");
    ByteLevelBpe before = ByteLevelBpe.load(file);
    WordTokens words = new WordTokens(Files.readAllBytes(file));
    TextSamples.ofProposals(
        before, books == null ? null : Books.read(books), seed, batches, words::add);
    TextSamples.askedOfKinds(words::addAsked);
    WordTokens.Result grown = words.extend(least);
    Files.createDirectories(out);
    Path tokenizer = out.resolve("tokenizer.json");
    Files.write(tokenizer, JsonMapper.builder().build().writeValueAsBytes(grown.json()));
    ByteLevelBpe after = ByteLevelBpe.load(tokenizer);

    JsonMapper json = JsonMapper.builder().build();
    ObjectNode config = (ObjectNode) json.readTree(Files.readAllBytes(from.resolve("config.json")));
    config.put("vocab_size", after.vocabularySize());
    Path configFile = out.resolve("config.json");
    Files.writeString(
        configFile, json.writerWithDefaultPrettyPrinter().writeValueAsString(config) + "\n");
    ModelConfig read = ModelConfig.parse(configFile.toString(), Files.readString(configFile));
    if (!read.tiedEmbeddings()) {
      throw new ParameterException(
          spec.commandLine(), from + " has a head of its own; only tied embeddings can be grown");
    }
    Map<String, float[]> weights = new LinkedHashMap<>(TrainingCheckpoint.weights(from));
    weights.put(
        EMBEDDING,
        WordEmbeddings.grow(weights.get(EMBEDDING), read.hiddenSize(), before, after, alike));
    TrainingCheckpoint.writeModel(out.resolve("model.safetensors"), read, weights, TensorType.BF16);
    spec.commandLine()
        .getOut()
        .printf(
            "%d words in %d new tokens: %d in all, in %s%n",
            grown.words().size(), grown.added().size(), after.vocabularySize(), out);
    return ExitCodes.OK;
  }
}
