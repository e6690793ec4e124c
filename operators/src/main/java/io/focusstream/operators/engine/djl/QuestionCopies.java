package io.focusstream.operators.engine.djl;

import io.focusstream.operators.model.CopyRule;
import io.focusstream.operators.text.FieldLabels;
import io.focusstream.operators.text.TextTokenizer;
import io.focusstream.operators.text.WordCopies;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** How one question's answer is copied out of texts. For the engine's thread. */
final class QuestionCopies implements CopyRule {
  /** What rules need of a vocabulary. */
  record Rules(WordCopies copies, FieldLabels labels) {
    Rules(TextTokenizer tokenizer) {
      this(new WordCopies(tokenizer), new FieldLabels(tokenizer));
    }
  }

  private final Rules rules;
  // what the question names, and its words: no answers by themselves
  private final List<String> given;
  private final FieldLabels.Asked asked;
  private final Map<int[], Map<Integer, Double>> valuesOf = new IdentityHashMap<>();

  QuestionCopies(Rules rules, int[] question) {
    this.rules = rules;
    List<String> names = rules.copies().names(question);
    asked = rules.labels().asked(question, names);
    given = Stream.concat(names.stream(), asked.words().stream()).toList();
  }

  @Override
  public boolean covers(int token) {
    return rules.copies().covers(token);
  }

  @Override
  public int[] next(int[] text, int[] said) {
    return rules.copies().next(text, said);
  }

  @Override
  public boolean repeats(int[] text, int[] said, int token) {
    return rules.copies().repeats(given, text, said, token);
  }

  @Override
  public Map<Integer, Double> labelled(int[] text, int[] said) {
    Map<Integer, Double> values =
        valuesOf.computeIfAbsent(text, some -> rules.labels().values(asked, some));
    return values.isEmpty() ? values : rules.labels().next(values, text, said);
  }
}
