package io.focusstream.jobs.training.data;

import io.focusstream.operators.text.ByteLevelBpe;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Writes batches as bytes to standard output or a file; needs our classes and jackson-core only.
 * Options: {@code --kind base|focus|proposals --tokenizer FILE --books DIR --seed N --first N
 * --batches N --threads N --lengths S --batch-tokens N --chunks S --memory-tokens N --row-tokens N
 * --excerpts P --sequences P --together N --out FILE}. Ends quietly when the reader closes the
 * pipe.
 */
public final class BatchMain {
  private BatchMain() {}

  /** Runs; see the class. */
  public static void main(String[] args) throws IOException {
    Map<String, String> given = options(args);
    ByteLevelBpe tokenizer = ByteLevelBpe.load(Path.of(required(given, "tokenizer")));
    Books books = given.containsKey("books") ? Books.read(Path.of(given.get("books"))) : null;
    BatchOptions options = batchOptions(given);
    long first = Long.parseLong(given.getOrDefault("first", "0"));
    long batches = Long.parseLong(given.getOrDefault("batches", String.valueOf(Long.MAX_VALUE)));
    int threads = Integer.parseInt(given.getOrDefault("threads", "2"));
    try (OutputStream out =
            new BufferedOutputStream(
                given.containsKey("out")
                    ? Files.newOutputStream(Path.of(given.get("out")))
                    : System.out,
                1 << 20);
        BatchStream stream =
            switch (given.getOrDefault("kind", "base")) {
              case "base" -> BatchStream.base(tokenizer, books, options, first, threads);
              case "focus" -> BatchStream.focus(tokenizer, books, options, first, threads);
              case "proposals" ->
                  BatchStream.proposalsTogether(
                      tokenizer,
                      books,
                      options,
                      share(given, "sequences", 0),
                      Math.max(1, number(given, "together", 1)),
                      first,
                      threads);
              default ->
                  throw new IllegalArgumentException(
                      "--kind is base, focus or proposals; got " + given.get("kind"));
            }) {
      for (long i = 0; i < batches; i++) {
        out.write(stream.next().toBytes());
        if (i % 8 == 0) {
          out.flush();
        }
        if (System.out.checkError()) {
          return;
        }
      }
    }
  }

  static BatchOptions batchOptions(Map<String, String> given) {
    BatchOptions defaults = BatchOptions.defaults(Long.parseLong(given.getOrDefault("seed", "1")));
    return new BatchOptions(
        defaults.seed(),
        given.containsKey("lengths") ? Schedule.parse(given.get("lengths")) : defaults.lengths(),
        number(given, "batch-tokens", defaults.batchTokens()),
        given.containsKey("chunks") ? Schedule.parse(given.get("chunks")) : defaults.chunks(),
        number(given, "memory-tokens", defaults.memoryTokens()),
        number(given, "row-tokens", defaults.rowTokens()),
        new QuestionMix(
            share(given, "not-found", defaults.mix().notFound()),
            share(given, "needles", defaults.mix().needles()),
            share(given, "forms", defaults.mix().forms()),
            share(given, "objectives", defaults.mix().objectives())),
        Boolean.parseBoolean(given.getOrDefault("ordered", "false")),
        share(given, "excerpts", defaults.excerpts()));
  }

  static int number(Map<String, String> given, String name, int otherwise) {
    return given.containsKey(name) ? Integer.parseInt(given.get(name)) : otherwise;
  }

  private static double share(Map<String, String> given, String name, double otherwise) {
    return given.containsKey(name) ? Double.parseDouble(given.get(name)) : otherwise;
  }

  static String required(Map<String, String> given, String name) {
    String value = given.get(name);
    if (value == null) {
      throw new IllegalArgumentException("give --" + name);
    }
    return value;
  }

  static Map<String, String> options(String[] args) {
    Map<String, String> given = new HashMap<>();
    for (int i = 0; i < args.length; i += 2) {
      if (!args[i].startsWith("--") || i + 1 == args.length) {
        throw new IllegalArgumentException("options come in pairs, --name value; got " + args[i]);
      }
      given.put(args[i].substring(2), args[i + 1]);
    }
    return given;
  }
}
