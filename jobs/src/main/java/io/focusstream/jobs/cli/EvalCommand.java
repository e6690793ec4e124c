package io.focusstream.jobs.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.focusstream.jobs.training.data.Episode;
import io.focusstream.jobs.training.data.Question;
import io.focusstream.jobs.training.eval.LookupTask;
import io.focusstream.jobs.training.eval.PasskeyTask;
import io.focusstream.jobs.training.eval.StreamReader;
import io.focusstream.operators.engine.EngineAnswer;
import io.focusstream.operators.engine.djl.BundledModels;
import io.focusstream.operators.engine.djl.DjlCondensingEngine;
import io.focusstream.operators.engine.djl.DjlEngineSettings;
import io.focusstream.operators.kv.Quantisation;
import io.focusstream.operators.model.checkpoint.FocusSettings.LocalMode;
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
      "",
      "passkey  FocusLLM's: five digits somewhere in filler",
      "logs     questions over generated logs of kinds that are held out of training"
    })
public final class EvalCommand implements Callable<Integer> {
  private static final int MOST_ANSWER_TOKENS = 24;

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "SUITE", description = "${COMPLETION-CANDIDATES}")
  private Suite suite;

  @Option(
      names = "--model",
      defaultValue = "small",
      description = "Name or folder: ${DEFAULT-VALUE}.")
  private String model;

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

  @Option(names = "--kv", defaultValue = "INT8", description = "States: ${COMPLETION-CANDIDATES}.")
  private Quantisation kv;

  @Option(
      names = "--local",
      description = "${COMPLETION-CANDIDATES}; the model's own where not given.")
  private LocalMode local;

  @Option(names = "--json", description = "Also write the results to this file.")
  private Path json;

  @Option(names = "--show", description = "Print every wrong answer.")
  private boolean show;

  /** What is measured. */
  public enum Suite {
    passkey,
    logs
  }

  private static final class Score {
    int asked;
    int right;
    int evidenceAsked;
    int evidence;
    double firstTokenSeconds;
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
    DjlEngineSettings settings = DjlEngineSettings.of(model).withQuantisation(kv).withLocal(local);
    ObjectNode report = JsonMapper.builder().build().createObjectNode();
    try (DjlCondensingEngine engine = new DjlCondensingEngine(settings);
        TextTokenizer tokenizer =
            TextTokenizers.load(BundledModels.folder(model).resolve("tokenizer.json"))) {
      StreamReader reader = new StreamReader(engine, tokenizer, chunk, window);
      out.printf(
          "%s, model %s (%s), states %s, chunk %d, window %d, seed %d%n",
          suite, engine.model().name(), engine.model().fingerprint(), kv, chunk, window, seed);
      out.printf(
          "%8s %8s %8s %10s %14s %15s %8s%n",
          "tokens", "asked", "right", "evidence", "first token s", "condense tok/s", "wall s");
      report.put("suite", suite.name());
      report.put("model", engine.model().name());
      report.put("fingerprint", engine.model().fingerprint());
      report.put("kv", kv.name());
      report.put("chunk", chunk);
      report.put("window", window);
      report.put("seed", seed);
      ArrayNode rows = report.putArray("rows");
      for (int length : tokens) {
        Score score = new Score();
        for (int trial = 0; trial < trials; trial++) {
          switch (suite) {
            case passkey -> passkey(reader, tokenizer, length, trial, score);
            case logs -> logs(reader, tokenizer, length, trial, score);
          }
          progress(length, trial, score);
        }
        double wall = (System.nanoTime() - score.began) / 1e9;
        out.printf(
            Locale.ROOT,
            "%8d %8d %7.1f%% %9.1f%% %14.3f %15.0f %8.1f%n",
            length,
            score.asked,
            100.0 * score.right / score.asked,
            100.0 * score.evidence / Math.max(1, score.evidenceAsked),
            score.firstTokenSeconds / score.asked,
            score.condensedTokens / Math.max(1e-9, score.condenseSeconds),
            wall);
        out.flush();
        ObjectNode row = rows.addObject();
        row.put("tokens", length);
        row.put("asked", score.asked);
        row.put("right", score.right);
        row.put("evidenceAsked", score.evidenceAsked);
        row.put("evidence", score.evidence);
        row.put("meanFirstTokenSeconds", score.firstTokenSeconds / score.asked);
        row.put("condensedTokens", score.condensedTokens);
        row.put("condenseSeconds", score.condenseSeconds);
        row.put("wallSeconds", wall);
      }
    }
    if (json != null) {
      Files.writeString(json, report.toPrettyString() + "\n");
    }
    return ExitCodes.OK;
  }

  private static StreamReader.Condensed read(StreamReader reader, List<String> lines, Score score) {
    StreamReader.Condensed stream = reader.read(lines);
    score.condensedTokens += stream.condensedTokens();
    score.condenseSeconds += stream.condenseSeconds();
    return stream;
  }

  private void passkey(
      StreamReader reader, TextTokenizer tokenizer, int length, int index, Score score) {
    PasskeyTask.Trial trial = PasskeyTask.trial(tokenizer, length, seed, index);
    StreamReader.Condensed stream = read(reader, trial.lines(), score);
    EngineAnswer answer = reader.ask(stream, trial.question(), MOST_ANSWER_TOKENS);
    String text = reader.text(answer);
    count(
        score,
        answer,
        trial.accepts(text),
        stream.chunkOfLine()[trial.needleLine()],
        trial.question(),
        trial.expected(),
        text);
  }

  private void logs(
      StreamReader reader, TextTokenizer tokenizer, int length, int index, Score score) {
    int kind = index % LookupTask.kinds();
    Episode episode = LookupTask.episode(seed + index, kind, Math.max(8, length / 30));
    StreamReader.Condensed stream = read(reader, episode.lines(), score);
    for (Question question : episode.questions()) {
      EngineAnswer answer = reader.ask(stream, question.text(), MOST_ANSWER_TOKENS);
      String text = reader.text(answer);
      String expected = question.answer() == null ? Question.NOT_FOUND : question.answer();
      int line = question.answer() == null ? -1 : question.line();
      count(
          score,
          answer,
          LookupTask.accepts(expected, text),
          line < 0 ? Integer.MIN_VALUE : stream.chunkOfLine()[line],
          question.text(),
          expected,
          text);
    }
  }

  private void count(
      Score score,
      EngineAnswer answer,
      boolean right,
      int needleChunk,
      String question,
      String expected,
      String text) {
    score.asked++;
    score.right += right ? 1 : 0;
    score.firstTokenSeconds += answer.timings().firstToken().toNanos() / 1e9;
    if (needleChunk != Integer.MIN_VALUE) {
      score.evidenceAsked++;
      score.evidence += StreamReader.evidence(answer) == needleChunk ? 1 : 0;
    }
    if (show && !right) {
      spec.commandLine()
          .getOut()
          .printf("  wrong: «%s» expected «%s» got «%s»%n", question, expected, text);
    }
  }

  private void progress(int length, int trial, Score score) {
    if (System.console() == null) {
      return;
    }
    PrintWriter err = spec.commandLine().getErr();
    double seconds = (System.nanoTime() - score.began) / 1e9;
    double left = seconds / (trial + 1) * (trials - trial - 1);
    err.printf(
        Locale.ROOT,
        "\r%d tokens: %d of %d trials, %d of %d right, %.0f s left   ",
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
