package io.focusstream.jobs.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.focusstream.jobs.training.data.Books;
import io.focusstream.jobs.training.eval.Perplexity;
import io.focusstream.jobs.training.eval.StreamReader;
import io.focusstream.jobs.training.eval.Suite;
import io.focusstream.jobs.training.eval.Trial;
import io.focusstream.operators.engine.EngineAnswer;
import io.focusstream.operators.engine.djl.DjlCondensingEngine;
import io.focusstream.operators.engine.djl.DjlEngineSettings;
import io.focusstream.operators.model.checkpoint.FocusSettings.LocalMode;
import io.focusstream.operators.model.checkpoint.FocusSettings.Readout;
import io.focusstream.operators.text.TextTokenizer;
import io.focusstream.operators.text.TextTokenizers;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code focus eval}: how often a model is right, by the length of the stream. */
@Command(
    name = "eval",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Measure a model on streams that training never saw, through the engine and the stored chunk"
          + " states that the operator uses.",
      ""
    },
    footer = {
      "",
      "Suites:",
      "  passkey          FocusLLM's: five digits somewhere in filler",
      "  number           Infinity-Bench's: ten digits somewhere in filler",
      "  kv               Infinity-Bench's: JSON pairs of random UUIDs, one asked for",
      "  niah-single      RULER's: a magic number of a key, in filler",
      "  niah-multikey    RULER's: one asked for, every other line another key's",
      "  niah-multivalue  RULER's: four values of one key; the part of them found",
      "  niah-multiquery  RULER's: four keys at once; the part of them found",
      "  vt               RULER's: variables set from one another; the part of them found",
      "  latest           eight keys set again and again: the last value",
      "  absent           a key that never occurred: 'not found'",
      "  when             things that happened once each: at what time one did",
      "  logs             questions over generated logs of kinds held out of training; each trial one",
      "                   of eight kinds in turn, so compare multiples of eight",
      "  perplexity       the last 256 tokens given what stands before them, on held-out logs and,",
      "                   with --books, on prose; the lower the better",
      "",
      "Evidence counts where the chunk with the largest part in the answer holds a line that answers."
    })
public final class EvalCommand implements Callable<Integer> {
  private static final int MOST_ANSWER_TOKENS = 40;
  private static final String PERPLEXITY = "perplexity";

  /** Most tokens for plain attention over everything. */
  private static final int FULL_ATTENTION = 1024;

  @Spec private CommandSpec spec;
  @Mixin private EngineMixin given;

  @Parameters(paramLabel = "SUITE", arity = "1..*", description = "One or more; see below.")
  private List<String> suites;

  @Option(
      names = "--lengths",
      split = ",",
      defaultValue = "4K,8K,16K,32K",
      description = "Tokens a stream, K = 1,024: ${DEFAULT-VALUE}.")
  private List<String> lengths;

  @Option(names = "--trials", defaultValue = "50", description = "A length: ${DEFAULT-VALUE}.")
  private int trials;

  @Option(names = "--seed", defaultValue = "2026", description = "Of the trials: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--chunk",
      defaultValue = "240",
      description = "Most tokens a chunk: ${DEFAULT-VALUE}.")
  private int chunk;

  @Option(
      names = "--window",
      defaultValue = "256",
      description = "Most tokens of the tail: ${DEFAULT-VALUE}.")
  private int window;

  @Option(
      names = "--local",
      description = "${COMPLETION-CANDIDATES}; the model's own where not given.")
  private LocalMode local;

  @Option(names = "--books", description = "Folder of books for perplexity.")
  private Path books;

  @Option(
      names = "--excerpts",
      defaultValue = "32",
      description =
          "Of how many chunks, at most, the lines that share the question's rare words are read by"
              + " themselves too: ${DEFAULT-VALUE}.")
  private int excerpts;

  @Option(
      names = "--prefilter-chunks",
      defaultValue = "0",
      description =
          "Where there are more, ask only so many chunks, those that share most words with the"
              + " question; 0 for all: ${DEFAULT-VALUE}.")
  private int prefilterChunks;

  @Option(names = "--json", description = "Also write the results to this file.")
  private Path json;

  @Option(names = "--show", description = "Print every wrong answer.")
  private boolean show;

  private static final class Score {
    int asked;
    double right;
    int evidenceAsked;
    int evidence;
    double firstTokenSeconds;
    double furtherSeconds;
    long furtherTokens;
    long condensedTokens;
    double condenseSeconds;
    long began = System.nanoTime();
  }

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    List<Integer> tokens = new ArrayList<>();
    for (String length : lengths) {
      tokens.add(parseLength(length));
    }
    boolean perplexity = suites.contains(PERPLEXITY);
    List<Suite> asked =
        suites.stream().filter(s -> !s.equals(PERPLEXITY)).map(EvalCommand::parseSuite).toList();
    DjlEngineSettings settings =
        given.settings(given.model).withLocal(local).withExcerpts(excerpts);
    ObjectNode report = JsonMapper.builder().build().createObjectNode();
    try (DjlCondensingEngine engine = new DjlCondensingEngine(settings);
        TextTokenizer tokenizer = TextTokenizers.load(given.folder().resolve("tokenizer.json"))) {
      StreamReader reader = new StreamReader(engine, tokenizer, chunk, window);
      out.printf(
          "model %s (%s), states %s, chunk %d, window %d, seed %d%n",
          engine.model().name(), engine.model().fingerprint(), given.kv, chunk, window, seed);
      if (!asked.isEmpty()) {
        out.printf(
            "%-16s %8s %6s %8s %9s %14s %14s %15s %8s%n",
            "suite",
            "tokens",
            "asked",
            "right",
            "evidence",
            "first token s",
            "next token ms",
            "condense tok/s",
            "wall s");
      }
      report.put("model", engine.model().name());
      report.put("fingerprint", engine.model().fingerprint());
      report.put("kv", given.kv.name());
      report.put("chunk", chunk);
      report.put("window", window);
      report.put("seed", seed);
      report.put("focusShare", given.focusShare);
      report.put("prefilterChunks", prefilterChunks);
      report.put("excerpts", excerpts);
      ArrayNode rows = report.putArray("rows");
      for (Suite suite : asked) {
        for (int length : tokens) {
          Score score = new Score();
          for (int trial = 0; trial < trials; trial++) {
            measure(reader, suite.trial(tokenizer, length, seed, trial), score);
            progress(suite, length, trial, score);
          }
          double wall = (System.nanoTime() - score.began) / 1e9;
          out.printf(
              Locale.ROOT,
              "%-16s %8d %6d %7.1f%% %9s %14.3f %14.1f %15.0f %8.1f%n",
              suite,
              length,
              score.asked,
              100.0 * score.right / score.asked,
              score.evidenceAsked == 0
                  ? "-"
                  : String.format(
                      Locale.ROOT, "%.1f%%", 100.0 * score.evidence / score.evidenceAsked),
              score.firstTokenSeconds / score.asked,
              1000 * score.furtherSeconds / Math.max(1, score.furtherTokens),
              score.condensedTokens / Math.max(1e-9, score.condenseSeconds),
              wall);
          out.flush();
          ObjectNode row = rows.addObject();
          row.put("suite", suite.toString());
          row.put("tokens", length);
          row.put("asked", score.asked);
          row.put("right", score.right);
          row.put("evidenceAsked", score.evidenceAsked);
          row.put("evidence", score.evidence);
          row.put("meanFirstTokenSeconds", score.firstTokenSeconds / score.asked);
          row.put("furtherTokens", score.furtherTokens);
          row.put("furtherTokenSeconds", score.furtherSeconds);
          row.put("condensedTokens", score.condensedTokens);
          row.put("condenseSeconds", score.condenseSeconds);
          row.put("wallSeconds", wall);
          if (json != null) {
            // after every row: a long run that is stopped leaves what it has
            Files.writeString(json, report.toPrettyString() + "\n");
          }
        }
      }
      if (perplexity) {
        int block =
            engine.readout() == Readout.PROPOSALS
                ? Perplexity.PROPOSALS_BLOCK
                : Perplexity.DECODER_BLOCK;
        Perplexity task = new Perplexity(engine::score, reader, chunk, block);
        perplexity(task, tokenizer, tokens, rows);
        if (json != null) {
          Files.writeString(json, report.toPrettyString() + "\n");
        }
      }
    }
    return ExitCodes.OK;
  }

  /** Mean over all trials, then the exponential: perplexity. */
  private void perplexity(
      Perplexity task, TextTokenizer tokenizer, List<Integer> tokens, ArrayNode rows)
      throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        "%-16s %8s %8s %8s %8s %8s%n", "perplexity", "tokens", "chunks", "local", "full", "wall s");
    for (Perplexity.Text text : Perplexity.Text.values()) {
      if (text == Perplexity.Text.books && books == null) {
        continue;
      }
      Books read = text == Perplexity.Text.books ? Books.read(books) : null;
      for (int length : tokens) {
        long began = System.nanoTime();
        double[] sums = new double[3];
        for (int trial = 0; trial < trials; trial++) {
          int[] stream = Perplexity.stream(tokenizer, text, read, length, seed, trial);
          Perplexity.Score score = task.score(stream, FULL_ATTENTION);
          sums[0] += score.chunks() / trials;
          sums[1] += score.local() / trials;
          sums[2] += score.full() / trials;
        }
        double wall = (System.nanoTime() - began) / 1e9;
        out.printf(
            Locale.ROOT,
            "%-16s %8d %8.2f %8.2f %8s %8.1f%n",
            text,
            length,
            Math.exp(sums[0]),
            Math.exp(sums[1]),
            Double.isNaN(sums[2]) ? "-" : String.format(Locale.ROOT, "%.2f", Math.exp(sums[2])),
            wall);
        out.flush();
        ObjectNode row = rows.addObject();
        row.put("suite", PERPLEXITY + "-" + text);
        row.put("tokens", length);
        row.put("trials", trials);
        row.put("chunks", Math.exp(sums[0]));
        row.put("local", Math.exp(sums[1]));
        if (!Double.isNaN(sums[2])) {
          row.put("full", Math.exp(sums[2]));
        }
        row.put("wallSeconds", wall);
      }
    }
  }

  private void measure(StreamReader reader, Trial trial, Score score) {
    StreamReader.Condensed stream = reader.read(trial.lines());
    score.condensedTokens += stream.condensedTokens();
    score.condenseSeconds += stream.condenseSeconds();
    for (Trial.Probe probe : trial.probes()) {
      EngineAnswer answer =
          reader.ask(stream, probe.question(), MOST_ANSWER_TOKENS, prefilterChunks);
      count(score, stream, answer, probe, reader.text(answer));
    }
  }

  private static Suite parseSuite(String written) {
    for (Suite suite : Suite.values()) {
      if (suite.toString().equals(written)) {
        return suite;
      }
    }
    throw new CliException(
        ExitCodes.USAGE,
        "no suite " + written + "; there are " + List.of(Suite.values()) + " and perplexity");
  }

  private void count(
      Score score,
      StreamReader.Condensed stream,
      EngineAnswer answer,
      Trial.Probe probe,
      String text) {
    double right = probe.scoring().score(probe.expected(), text);
    score.asked++;
    score.right += right;
    EngineAnswer.Timings timings = answer.timings();
    score.firstTokenSeconds += timings.firstToken().toNanos() / 1e9;
    score.furtherSeconds += timings.total().minus(timings.firstToken()).toNanos() / 1e9;
    score.furtherTokens += answer.furtherSteps();
    if (!probe.evidence().isEmpty()) {
      int place = StreamReader.evidence(answer);
      score.evidenceAsked++;
      score.evidence +=
          probe.evidence().stream().anyMatch(line -> stream.chunkOfLine()[line] == place) ? 1 : 0;
    }
    if (show && right < 1) {
      spec.commandLine()
          .getOut()
          .printf(
              "  wrong: «%s» expected «%s» got «%s»%n", probe.question(), probe.expected(), text);
    }
  }

  private void progress(Suite suite, int length, int trial, Score score) {
    if (System.console() == null) {
      return;
    }
    PrintWriter err = spec.commandLine().getErr();
    double seconds = (System.nanoTime() - score.began) / 1e9;
    double left = seconds / (trial + 1) * (trials - trial - 1);
    err.printf(
        Locale.ROOT,
        "\r%s, %d tokens: %d of %d trials, %.0f of %d right, %.0f s left   ",
        suite,
        length,
        trial + 1,
        trials,
        score.right,
        score.asked,
        left);
    if (trial + 1 == trials) {
      err.print("\r" + " ".repeat(72) + "\r");
    }
    err.flush();
  }

  /** Reads {@code 4K}, {@code 1M} or a plain number of tokens. */
  static int parseLength(String written) {
    String text = written.strip().toUpperCase(Locale.ROOT);
    int unit = text.endsWith("K") ? 1024 : text.endsWith("M") ? 1024 * 1024 : 1;
    try {
      int value = Integer.parseInt(unit == 1 ? text : text.substring(0, text.length() - 1));
      int tokens = Math.multiplyExact(value, unit);
      if (tokens < 1) {
        throw new NumberFormatException("not above 0");
      }
      return tokens;
    } catch (ArithmeticException | NumberFormatException e) {
      throw new CliException(
          ExitCodes.USAGE,
          "a length is a number of tokens such as 4096, 32K or 1M; got " + written,
          e);
    }
  }
}
