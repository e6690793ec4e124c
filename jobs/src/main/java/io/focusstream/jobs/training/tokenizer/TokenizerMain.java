package io.focusstream.jobs.training.tokenizer;

import io.focusstream.jobs.training.data.Books;
import io.focusstream.jobs.training.data.TextSamples;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;

/** Trains the tokenizer: {@code BOOKS_DIR OUT_FILE [VOCABULARY [SEED [MEGABYTES]]]}. */
public final class TokenizerMain {
  private TokenizerMain() {}

  /** Runs; see the class. */
  public static void main(String[] args) throws IOException {
    if (args.length < 2) {
      throw new IllegalArgumentException("give BOOKS_DIR OUT_FILE [VOCABULARY [SEED [MEGABYTES]]]");
    }
    int vocabulary = args.length > 2 ? Integer.parseInt(args[2]) : 4096;
    long seed = args.length > 3 ? Long.parseLong(args[3]) : 1;
    int megabytes = args.length > 4 ? Integer.parseInt(args[4]) : 24;
    BpeTrainer.Result result = train(Books.read(Path.of(args[0])), vocabulary, seed, megabytes);
    try (Writer out = Files.newBufferedWriter(Path.of(args[1]))) {
      result.write(out);
    }
    System.err.println("tokens " + result.pieces().size() + ", merges " + result.merges().size());
  }

  /** Trains on the books and on that many megabytes of generated lines. */
  public static BpeTrainer.Result train(Books books, int vocabulary, long seed, int megabytes) {
    BpeTrainer trainer = new BpeTrainer();
    for (String paragraph : books.all()) {
      trainer.add(paragraph + "\n");
    }
    TextSamples.lines(books, seed, megabytes * 1_000_000L, line -> trainer.add(line + "\n"));
    return trainer.train(vocabulary);
  }
}
