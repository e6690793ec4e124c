package io.focusstream.jobs.training.data;

import java.util.ArrayList;
import java.util.List;

/** Draws a scenario. */
final class Scenarios {
  private Scenarios() {}

  /** Without random keys, of which a tokenizer can learn nothing. */
  static Scenario forTokenizer(Rng rng, Books books) {
    Scenario scenario = any(rng, books, 1024);
    while (scenario instanceof KeyValueScenario && rng.chance(0.7)) {
      scenario = any(rng, books, 1024);
    }
    return scenario;
  }

  /** A few questions as people ask them. */
  static List<String> questionForms(Rng rng) {
    List<String> all = new ArrayList<>();
    Field field = rng.pick(Field.all());
    for (String template : field.templates()) {
      all.add(template.replace("{k}", rng.pick(Anchors.KINDS)));
    }
    for (String template : QuestionForms.FIELD_OF_KEY) {
      all.add(
          template
              .replace("{k}", rng.pick(Anchors.KINDS))
              .replace("{f}", rng.pick(field.spoken())));
    }
    all.add(Question.NOT_FOUND);
    return all;
  }

  static Scenario any(Rng rng, Books books, int tokenBudget) {
    if (tokenBudget < 48) {
      return new KeyValueScenario(rng);
    }
    return switch (rng.weighted(10, 10, 12, 10, 6, 4, 4, 3, 3, 3, 5, 24, 110)) {
      case 0 -> new RecordLogScenario(rng);
      case 1 -> new ProseLogScenario(rng);
      case 2 -> new KeyValueScenario(rng);
      case 3 -> new NeedleScenario(rng, books, tokenBudget);
      case 4 -> new StateScenario(rng);
      case 5 -> StateScenario.assignments(rng);
      case 6 -> new ConfigScenario(rng);
      case 7 -> new TraceScenario(rng);
      case 8 -> new AccessLogScenario(rng);
      case 9 -> new ChatScenario(rng, books);
      case 10 -> new PackageScenario(rng);
      case 11 -> new InventedLogScenario(rng);
      default -> new LogKindScenario(rng);
    };
  }
}
