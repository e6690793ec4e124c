package io.focusstream.jobs.training.data;

import io.focusstream.operators.text.ByteLevelBpe;
import io.focusstream.operators.text.PromptTemplate;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Generated text for the tokenizer. */
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

  /**
   * Gives the texts and questions of batches as {@code focus train proposals} learns from them,
   * most of them about lines of kinds.
   *
   * @param batches how many
   */
  public static void ofProposals(
      ByteLevelBpe tokenizer, Books books, long seed, int batches, Consumer<String> to) {
    BatchOptions defaults = BatchOptions.defaults(seed);
    BatchOptions options =
        new BatchOptions(
            seed,
            Schedule.parse("0:256"),
            defaults.batchTokens(),
            Schedule.parse("0:10"),
            2048,
            4200,
            new QuestionMix(0.15, 0.05, 0.15, 0),
            false,
            0.8);
    ProposalBatches made = new ProposalBatches(tokenizer, books, options);
    int begin = tokenizer.specialToken("<s>");
    int question = tokenizer.specialToken(PromptTemplate.QUESTION);
    int answer = tokenizer.specialToken(PromptTemplate.ANSWER);
    for (int i = 0; i < batches; i++) {
      ProposalBatch batch = made.make(i);
      for (int row = 0; row < batch.rows(); row++) {
        int end = (row + 1) * batch.length();
        int last = batch.columns()[row].length;
        for (int at = row * batch.length(); at < end && batch.segments()[at] <= last; ) {
          int segment = batch.segments()[at];
          int from = at;
          while (at < end && batch.segments()[at] == segment) {
            at++;
          }
          while (from < at && (batch.tokens()[from] == begin || batch.tokens()[from] == question)) {
            from++;
          }
          int stop = from;
          while (stop < at && (segment == 0 || batch.tokens()[stop] != answer)) {
            stop++;
          }
          to.accept(tokenizer.decode(batch.tokens(), from, stop) + "\n");
        }
      }
    }
  }

  /** Gives what the questions about lines of kinds are asked with. */
  public static void askedOfKinds(Consumer<String> to) {
    for (LogKind kind : LogKind.all()) {
      for (LogKind.Message message : kind.messages()) {
        for (LogKind.Ask ask : message.asks()) {
          ask.names().forEach(to);
          ask.questions().forEach(text -> to.accept(text.replace("{k}", "")));
        }
      }
    }
  }
}
