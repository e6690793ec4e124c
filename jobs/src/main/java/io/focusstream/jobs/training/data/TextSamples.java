package io.focusstream.jobs.training.data;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Generated lines without questions, for the tokenizer. */
public final class TextSamples {
  private TextSamples() {}

  /** Gives lines of all scenarios until there are that many characters. */
  public static void lines(Books books, long seed, long characters, Consumer<String> to) {
    Rng rng = new Rng(seed);
    List<DraftLine> lines = new ArrayList<>();
    for (long given = 0; given < characters; ) {
      Scenario scenario = Scenarios.forTokenizer(rng, books);
      for (int i = 0; i < 40; i++) {
        lines.clear();
        scenario.emit(rng, lines);
        for (DraftLine line : lines) {
          to.accept(line.text());
          given += line.text().length() + 1;
        }
      }
      for (String question : Scenarios.questionForms(rng)) {
        to.accept(question);
        given += question.length() + 1;
      }
    }
  }
}
