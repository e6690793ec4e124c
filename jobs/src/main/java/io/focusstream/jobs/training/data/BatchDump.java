package io.focusstream.jobs.training.data;

import io.focusstream.operators.text.ByteLevelBpe;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/** Prints batches as text, to be read by people. Options as {@link BatchMain}. */
public final class BatchDump {
  private BatchDump() {}

  /** Runs; see the class. */
  public static void main(String[] args) throws IOException {
    Map<String, String> given = BatchMain.options(args);
    ByteLevelBpe tokenizer = ByteLevelBpe.load(Path.of(BatchMain.required(given, "tokenizer")));
    Books books = given.containsKey("books") ? Books.read(Path.of(given.get("books"))) : null;
    BatchOptions options = BatchMain.batchOptions(given);
    long first = Long.parseLong(given.getOrDefault("first", "0"));
    int batches = BatchMain.number(given, "batches", 1);
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    String kind = given.getOrDefault("kind", "base");
    int rows = BatchMain.number(given, "rows", 8);
    try (BatchStream stream =
        switch (kind) {
          case "focus" -> BatchStream.focus(tokenizer, books, options, first, 1);
          case "proposals" -> BatchStream.proposals(tokenizer, books, options, 0, first, 1);
          default -> BatchStream.base(tokenizer, books, options, first, 1);
        }) {
      for (int i = 0; i < batches; i++) {
        Batch batch = stream.next();
        if (batch instanceof BaseBatch base) {
          print(out, tokenizer, base, rows);
        } else if (batch instanceof FocusBatch questions) {
          print(out, tokenizer, questions, rows);
        } else if (batch instanceof ProposalBatch proposals) {
          print(out, tokenizer, proposals, rows);
        }
      }
    }
  }

  private static void print(PrintStream out, ByteLevelBpe tokenizer, BaseBatch batch, int rows) {
    out.println("=== base batch " + batch.rows() + " x " + batch.length());
    for (int row = 0; row < Math.min(rows, batch.rows()); row++) {
      int[] tokens =
          Arrays.copyOfRange(batch.tokens(), row * batch.length(), (row + 1) * batch.length());
      out.println("--- row " + row);
      StringBuilder text = new StringBuilder();
      boolean inAnswer = false;
      for (int t = 0; t < tokens.length; t++) {
        boolean heavy = batch.weights()[row * batch.length() + t] >= 16;
        if (heavy != inAnswer) {
          text.append(heavy ? "⟦" : "⟧");
          inAnswer = heavy;
        }
        text.append(written(tokenizer, tokens[t]));
      }
      out.println(text);
    }
  }

  private static void print(PrintStream out, ByteLevelBpe tokenizer, FocusBatch batch, int rows) {
    out.printf(
        "=== focus batch C=%d Tc=%d Q=%d Sp=%d Sl=%d A=%d%n",
        batch.chunks(),
        batch.chunkTokensMax(),
        batch.questions(),
        batch.promptMax(),
        batch.localMax(),
        batch.answerMax());
    for (int c = 0; c < Math.min(4, batch.chunks()); c++) {
      int from = c * batch.chunkTokensMax();
      out.println("--- chunk " + c + " of " + batch.chunkLength()[c] + " tokens");
      out.println(tokenizer.decode(batch.chunkTokens(), from, from + batch.chunkLength()[c]));
    }
    for (int q = 0; q < Math.min(rows, batch.questions()); q++) {
      out.printf("--- question %d, evidence %d%n", q, batch.evidenceChunk()[q]);
      StringBuilder prompt = new StringBuilder();
      for (int t = 0; t <= batch.promptLast()[q]; t++) {
        prompt.append(written(tokenizer, batch.prompt()[q * batch.promptMax() + t]));
      }
      prompt.append("⟦");
      for (int a = 0; a < batch.answerLength()[q]; a++) {
        prompt.append(written(tokenizer, batch.target()[q * batch.answerMax() + a]));
      }
      out.println(prompt.append("⟧"));
    }
    int from = 0;
    out.println("--- local of question 0");
    StringBuilder local = new StringBuilder();
    for (int t = 0; t <= batch.localLast()[0]; t++) {
      local.append(written(tokenizer, batch.local()[from + t]));
    }
    out.println(local);
  }

  private static void print(
      PrintStream out, ByteLevelBpe tokenizer, ProposalBatch batch, int rows) {
    int s = batch.length();
    out.printf("=== proposals %d x %d%n", batch.rows(), s);
    for (int row = 0; row < Math.min(rows, batch.rows()); row++) {
      int at = row * s;
      int end = at;
      while (end < at + s && batch.segments()[end] == 0) {
        end++;
      }
      out.println("--- chunk " + row);
      out.println(tokenizer.decode(batch.tokens(), at, end));
      StringBuilder text = new StringBuilder();
      for (int i = end; i < at + s; i++) {
        if (batch.segments()[i] != batch.segments()[i - 1]) {
          text.append('\n');
        }
        text.append(written(tokenizer, batch.tokens()[i]));
        if (batch.weights()[i] > 0) {
          int target = batch.targets()[i];
          text.append('⟦').append(target == 5 ? "-" : written(tokenizer, target)).append('⟧');
        }
      }
      out.println(text);
    }
  }

  private static String written(ByteLevelBpe tokenizer, int token) {
    return switch (token) {
      case 0 -> "";
      case 1 -> "<s>";
      case 2 -> "</s>";
      case 3 -> "<Q>";
      case 4 -> "<A>";
      default -> tokenizer.decode(new int[] {token});
    };
  }
}
