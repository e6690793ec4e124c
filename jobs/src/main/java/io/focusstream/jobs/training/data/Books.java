package io.focusstream.jobs.training.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Paragraphs of the training books. Safe for several threads. */
public final class Books {
  private final List<String> paragraphs;

  private Books(List<String> paragraphs) {
    this.paragraphs = paragraphs;
  }

  /** Reads each {@code .txt} of a folder; paragraphs are what blank lines part. */
  public static Books read(Path folder) throws IOException {
    List<String> paragraphs = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".txt")).sorted().toList()) {
        for (String block : Files.readString(file).replace("\r", "").split("\n\\s*\n")) {
          String text = block.replaceAll("\\s+", " ").strip();
          if (text.length() >= 40) {
            paragraphs.add(text);
          }
        }
      }
    }
    if (paragraphs.isEmpty()) {
      throw new IllegalArgumentException(
          folder + " holds no text; give the folder of the training books (*.txt)");
    }
    return new Books(paragraphs);
  }

  /** Paragraphs given one by one. */
  public static Books of(List<String> paragraphs) {
    if (paragraphs.isEmpty()) {
      throw new IllegalArgumentException("books need a paragraph at least");
    }
    return new Books(List.copyOf(paragraphs));
  }

  public int size() {
    return paragraphs.size();
  }

  /** A paragraph by its index, which is taken modulo their number. */
  public String paragraph(int index) {
    return paragraphs.get(index % paragraphs.size());
  }

  /** One line of some 40 to 200 characters, cut at spaces. */
  String line(Rng rng) {
    String text = paragraphs.get(rng.below(paragraphs.size()));
    int wanted = rng.between(40, 200);
    if (text.length() <= wanted) {
      return text;
    }
    int start = rng.below(text.length() - wanted);
    while (start > 0 && text.charAt(start - 1) != ' ') {
      start--;
    }
    int end = text.indexOf(' ', start + wanted);
    return text.substring(start, end < 0 ? text.length() : end).strip();
  }

  /** All text, for the tokenizer. */
  public List<String> all() {
    return List.copyOf(paragraphs);
  }
}
