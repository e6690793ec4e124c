package io.focusstream.jobs.cli;

import io.focusstream.jobs.training.InductionInit;
import io.focusstream.jobs.training.TrainingCheckpoint;
import io.focusstream.jobs.training.TrainingLoop;
import io.focusstream.jobs.training.TrainingPlan;
import io.focusstream.jobs.training.data.BatchOptions;
import io.focusstream.jobs.training.data.BatchStream;
import io.focusstream.jobs.training.data.Books;
import io.focusstream.jobs.training.data.Schedule;
import io.focusstream.jobs.training.tokenizer.BpeTrainer;
import io.focusstream.jobs.training.tokenizer.TokenizerMain;
import io.focusstream.operators.model.Precision;
import io.focusstream.operators.model.TrainableModel;
import io.focusstream.operators.model.checkpoint.FocusSettings;
import io.focusstream.operators.model.checkpoint.ModelConfig;
import io.focusstream.operators.model.checkpoint.TensorType;
import io.focusstream.operators.text.ByteLevelBpe;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code focus train}: from text to a checkpoint folder that the engine loads. */
@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      TrainCommand.Tokenizer.class,
      TrainCommand.Base.class,
      TrainCommand.Projections.class,
      TrainCommand.Together.class,
      TrainCommand.ProposalsCommand.class,
      TrainCommand.Export.class
    },
    description =
        "Train a tokenizer, a base model, what its chunks propose, its added projections; write a checkpoint folder.",
    footer = {
      "",
      "In this order: tokenizer, base, proposals, projections, export; docs/model.md has the recipe.",
      "A run that is stopped goes on from its last checkpoint when the same command is given again."
    })
public final class TrainCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    throw new ParameterException(
        spec.commandLine(), "tokenizer, base, projections, together, proposals or export?");
  }

  private static Books books(Path folder) throws IOException {
    return folder == null ? null : Books.read(folder);
  }

  /** {@code focus train tokenizer}. */
  @Command(
      name = "tokenizer",
      mixinStandardHelpOptions = true,
      description = "Train a byte-level BPE tokenizer on books and generated logs.")
  static final class Tokenizer implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Option(names = "--books", required = true, description = "Folder of plain-text books.")
    private Path books;

    @Option(names = "--out", required = true, description = "The tokenizer.json to write.")
    private Path out;

    @Option(
        names = "--vocabulary",
        defaultValue = "4096",
        description = "Entries: ${DEFAULT-VALUE}.")
    private int vocabulary;

    @Option(
        names = "--seed",
        defaultValue = "1",
        description = "Of the generated lines: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
        names = "--megabytes",
        defaultValue = "24",
        description = "Generated lines, in megabytes: ${DEFAULT-VALUE}.")
    private int megabytes;

    @Override
    public Integer call() throws IOException {
      BpeTrainer.Result result = TokenizerMain.train(books(books), vocabulary, seed, megabytes);
      try (Writer writer = Files.newBufferedWriter(out)) {
        result.write(writer);
      }
      spec.commandLine().getOut().printf("%d entries in %s%n", result.pieces().size(), out);
      return ExitCodes.OK;
    }
  }

  /** What both runs need. */
  static final class RunOptions {
    @Option(names = "--config", required = true, description = "The model's config.json.")
    private Path config;

    @Option(names = "--tokenizer", required = true, description = "Its tokenizer.json.")
    private Path tokenizer;

    @Option(names = "--books", description = "Folder of plain-text books; none without it.")
    private Path books;

    @Option(names = "--out", required = true, description = "Folder of the run's checkpoint.")
    private Path out;

    @Option(
        names = "--minutes",
        required = true,
        description = "Time in all, resumed runs counted.")
    private double minutes;

    @Option(
        names = "--seed",
        defaultValue = "1",
        description = "Of weights and data: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(names = "--warm-up", defaultValue = "80", description = "Steps: ${DEFAULT-VALUE}.")
    private int warmUp;

    @Option(
        names = "--optimizer",
        defaultValue = "ADAMW",
        description = "${COMPLETION-CANDIDATES}: ${DEFAULT-VALUE}.")
    private TrainingPlan.Method method;

    @Option(
        names = "--every",
        defaultValue = "20",
        description = "Steps a progress line: ${DEFAULT-VALUE}.")
    private int every;

    @Option(
        names = "--threads",
        defaultValue = "1",
        description = "Threads that make data: ${DEFAULT-VALUE}.")
    private int threads;

    @Option(
        names = "--precision",
        description =
            "Of the products: ${COMPLETION-CANDIDATES}; what the processor has where not given.")
    private Precision precision;

    ModelConfig modelConfig() throws IOException {
      return ModelConfig.parse(config.toString(), Files.readString(config));
    }

    void run(
        CommandSpec spec,
        TrainableModel.Part part,
        String stages,
        double learningRate,
        Map<String, float[]> initial,
        StageData data)
        throws IOException {
      TrainingPlan plan =
          new TrainingPlan(
              Duration.ofMillis(Math.round(minutes * 60_000)),
              TrainingPlan.parseStages(stages),
              learningRate,
              warmUp,
              seed,
              method.settings(),
              every,
              out);
      ByteLevelBpe bpe = ByteLevelBpe.load(tokenizer);
      Books read = books(books);
      TrainingLoop loop =
          new TrainingLoop(
              modelConfig(),
              plan,
              part,
              precision != null ? precision : Precision.forThisProcessor(),
              // another seed a stage, so that no batch comes twice
              stage -> data.open(bpe, read, plan.stages().get(stage), seed * 1000 + stage, threads),
              spec.commandLine().getOut());
      Signals.onStop(loop::stop);
      loop.run(initial);
    }
  }

  private interface StageData {
    BatchStream open(
        ByteLevelBpe tokenizer, Books books, TrainingPlan.Stage stage, long seed, int threads);
  }

  /** {@code focus train base}. */
  @Command(
      name = "base",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = "Train a base model from fresh weights: text, logs, copies, look-ups.")
  static final class Base implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @Mixin private RunOptions options;

    @Option(
        names = "--stages",
        defaultValue = "64:0.12,128:0.2,256:0.35,512:0.33",
        description =
            "Row lengths and their part of the time, LIMIT:PART[:NOT_FOUND[:NEEDLES[:FORMS[:OBJECTIVES]]]],...: ${DEFAULT-VALUE}.")
    private String stages;

    @Option(
        names = "--learning-rate",
        defaultValue = "1.5e-3",
        description = "Largest: ${DEFAULT-VALUE}.")
    private double learningRate;

    @Option(
        names = "--batch-tokens",
        defaultValue = "4096",
        description = "A step: ${DEFAULT-VALUE}.")
    private int batchTokens;

    @Option(
        names = "--init",
        description = "Checkpoint folder to begin with instead of fresh weights.")
    private Path init;

    @Override
    public Integer call() throws IOException {
      Map<String, float[]> initial =
          init == null
              ? InductionInit.weights(options.modelConfig(), options.seed)
              : TrainingCheckpoint.weights(init);
      options.run(
          spec,
          TrainableModel.Part.BASE,
          stages,
          learningRate,
          initial,
          (tokenizer, books, stage, seed, threads) -> {
            BatchOptions d = BatchOptions.defaults(seed);
            return BatchStream.base(
                tokenizer,
                books,
                new BatchOptions(
                    seed,
                    Schedule.parse("0:" + stage.limit()),
                    batchTokens,
                    d.chunks(),
                    d.memoryTokens(),
                    d.rowTokens(),
                    stage.mix(),
                    false,
                    0),
                0,
                threads);
          });
      return ExitCodes.OK;
    }
  }

  /** What trains on memories of chunks: the added projections, alone or with all else. */
  static final class MemoryOptions {
    @Option(
        names = "--init",
        required = true,
        description = "Checkpoint folder of the run before: the base's, or the projections'.")
    private Path init;

    @Option(
        names = "--stages",
        defaultValue = "2:0.15,6:0.2,16:0.3,48:0.35",
        description =
            "Most chunks and their part of the time, LIMIT:PART[:NOT_FOUND[:NEEDLES[:FORMS[:OBJECTIVES]]]],...: ${DEFAULT-VALUE}.")
    private String stages;

    @Option(
        names = "--memory-tokens",
        defaultValue = "4096",
        description = "Most tokens of a step's memory: ${DEFAULT-VALUE}.")
    private int memoryTokens;

    @Option(
        names = "--row-tokens",
        defaultValue = "8192",
        description = "Most chunks x questions x prompt tokens of a step: ${DEFAULT-VALUE}.")
    private int rowTokens;

    BatchOptions batches(
        ModelConfig config, TrainingPlan.Stage stage, long seed, Schedule lengths) {
      return batches(config, stage, seed, lengths, 0);
    }

    BatchOptions batches(
        ModelConfig config,
        TrainingPlan.Stage stage,
        long seed,
        Schedule lengths,
        double excerpts) {
      return new BatchOptions(
          seed,
          lengths,
          4096,
          Schedule.parse("0:" + stage.limit()),
          memoryTokens,
          rowTokens,
          stage.mix(),
          config.focus().candidatePositions() == FocusSettings.CandidatePositions.RECENCY,
          excerpts);
    }
  }

  /** {@code focus train projections}. */
  @Command(
      name = "projections",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = "Train the added projections beside a frozen base (FocusLLM section 3.3).")
  static final class Projections implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @Mixin private RunOptions options;
    @Mixin private MemoryOptions memory;

    @Option(
        names = "--learning-rate",
        defaultValue = "1.5e-3",
        description = "Largest: ${DEFAULT-VALUE}.")
    private double learningRate;

    @Override
    public Integer call() throws IOException {
      ModelConfig config = options.modelConfig();
      options.run(
          spec,
          TrainableModel.Part.ADDED,
          memory.stages,
          learningRate,
          TrainingCheckpoint.weights(memory.init),
          (tokenizer, books, stage, seed, threads) ->
              BatchStream.focus(
                  tokenizer,
                  books,
                  memory.batches(config, stage, seed, Schedule.parse("0:256")),
                  0,
                  threads));
      return ExitCodes.OK;
    }
  }

  /** {@code focus train proposals}. */
  @Command(
      name = "proposals",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description =
          "Teach a base to propose an answer's next token where a chunk holds it, and else to abstain (focus.readout = proposals).")
  static final class ProposalsCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @Mixin private RunOptions options;
    @Mixin private MemoryOptions memory;

    @Option(
        names = "--learning-rate",
        defaultValue = "6e-4",
        description = "Largest: ${DEFAULT-VALUE}.")
    private double learningRate;

    @Option(
        names = "--sequences",
        defaultValue = "0.1",
        description = "Part of the steps that are plain text: ${DEFAULT-VALUE}.")
    private double sequences;

    @Option(
        names = "--excerpts",
        defaultValue = "0.5",
        description =
            "Part of the other steps whose questions stand behind the lines that share rare words with them: ${DEFAULT-VALUE}.")
    private double excerpts;

    @Override
    public Integer call() throws IOException {
      ModelConfig config = options.modelConfig();
      if (config.focus().abstainToken() == FocusSettings.NO_TOKEN) {
        throw new ParameterException(
            spec.commandLine(),
            options.config
                + " has no focus.abstain_token_id: what should a chunk propose that has nothing to say?");
      }
      options.run(
          spec,
          TrainableModel.Part.BASE,
          memory.stages,
          learningRate,
          TrainingCheckpoint.weights(memory.init),
          (tokenizer, books, stage, seed, threads) ->
              BatchStream.proposals(
                  tokenizer,
                  books,
                  memory.batches(config, stage, seed, Schedule.parse("0:256"), excerpts),
                  sequences,
                  0,
                  threads));
      return ExitCodes.OK;
    }
  }

  /** {@code focus train together}. */
  @Command(
      name = "together",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description =
          "Train a base and its added projections on together: all weights, from the answers' end to the chunks' states.")
  static final class Together implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @Mixin private RunOptions options;
    @Mixin private MemoryOptions memory;

    @Option(
        names = "--learning-rate",
        defaultValue = "6e-4",
        description = "Largest: ${DEFAULT-VALUE}.")
    private double learningRate;

    @Option(
        names = "--sequences",
        defaultValue = "0.25",
        description = "Part of the steps that are the base's own batches: ${DEFAULT-VALUE}.")
    private double sequences;

    @Option(
        names = "--row-length",
        defaultValue = "256",
        description = "Longest row of those, in tokens: ${DEFAULT-VALUE}.")
    private int rowLength;

    @Override
    public Integer call() throws IOException {
      ModelConfig config = options.modelConfig();
      if (!(sequences >= 0 && sequences <= 1)) {
        throw new ParameterException(
            spec.commandLine(), "--sequences must be from 0 to 1; got " + sequences);
      }
      options.run(
          spec,
          TrainableModel.Part.ALL,
          memory.stages,
          learningRate,
          TrainingCheckpoint.weights(memory.init),
          (tokenizer, books, stage, seed, threads) ->
              BatchStream.both(
                  tokenizer,
                  books,
                  memory.batches(config, stage, seed, Schedule.parse("0:" + rowLength)),
                  sequences,
                  0,
                  threads));
      return ExitCodes.OK;
    }
  }

  /** {@code focus train export}. */
  @Command(
      name = "export",
      mixinStandardHelpOptions = true,
      description =
          "Write a checkpoint folder that the engine loads: bfloat16 weights, config, tokenizer.")
  static final class Export implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Option(
        names = "--from",
        required = true,
        description = "Checkpoint folder of a run; given several times: the mean of their weights.")
    private List<Path> from;

    @Option(names = "--config", required = true, description = "The model's config.json.")
    private Path config;

    @Option(names = "--tokenizer", required = true, description = "Its tokenizer.json.")
    private Path tokenizer;

    @Option(names = "--out", required = true, description = "The folder to write.")
    private Path out;

    @Override
    public Integer call() throws IOException {
      ModelConfig read = ModelConfig.parse(config.toString(), Files.readString(config));
      Files.createDirectories(out);
      TrainingCheckpoint.writeModel(
          out.resolve("model.safetensors"), read, TrainingCheckpoint.mean(from), TensorType.BF16);
      copy(config, out.resolve("config.json"));
      copy(tokenizer, out.resolve("tokenizer.json"));
      spec.commandLine().getOut().println("written: " + out);
      return ExitCodes.OK;
    }

    private static void copy(Path source, Path target) throws IOException {
      if (!source.toAbsolutePath().normalize().equals(target.toAbsolutePath().normalize())) {
        Files.copy(source, target, StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }
}
