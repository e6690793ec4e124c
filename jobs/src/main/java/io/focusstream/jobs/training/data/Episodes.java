package io.focusstream.jobs.training.data;

import io.focusstream.operators.text.ByteLevelBpe;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Makes episodes: one to three scenarios, their lines mixed, cut at a budget of tokens. */
final class Episodes {
  private final Books books;
  private final ByteLevelBpe tokenizer;
  private final QuestionMix mix;

  /**
   * @param mix shares of the kinds of episodes
   */
  Episodes(Books books, ByteLevelBpe tokenizer, QuestionMix mix) {
    this.books = books;
    this.tokenizer = tokenizer;
    this.mix = mix;
  }

  /** A draft of about the given number of tokens, at least one line. */
  Draft draft(Rng rng, int tokenBudget) {
    int count = tokenBudget < 96 ? 1 : rng.weighted(50, 35, 15) + 1;
    boolean form = tokenBudget >= 64 && rng.chance(mix.forms());
    boolean needle = !form && tokenBudget >= 96 && rng.chance(mix.needles());
    if (needle || form && rng.chance(0.85)) {
      count = 1;
    } else if (tokenBudget > 4000) {
      count += rng.below(3);
    }
    List<Scenario> scenarios = new ArrayList<>();
    List<Double> weights = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      scenarios.add(
          form && i == 0
              ? new FormScenario(rng, tokenBudget)
              : needle
                  ? new NeedleScenario(rng, books, tokenBudget)
                  : Scenarios.any(rng, books, tokenBudget));
      weights.add(rng.pick(1.0, 1.0, 0.3, 3.0));
    }
    return draft(rng, tokenBudget, scenarios, weights);
  }

  /** A draft of the logs of one or two {@link LogKind}s alone. */
  Draft ofKinds(Rng rng, int tokenBudget) {
    List<Scenario> scenarios = new ArrayList<>(List.of(new LogKindScenario(rng)));
    if (rng.chance(0.4)) {
      scenarios.add(new LogKindScenario(rng));
    }
    return draft(rng, tokenBudget, scenarios, Collections.nCopies(scenarios.size(), 1.0));
  }

  private Draft draft(Rng rng, int tokenBudget, List<Scenario> scenarios, List<Double> weights) {
    boolean blocks = rng.chance(0.3);
    List<DraftLine> lines = new ArrayList<>();
    List<int[]> tokens = new ArrayList<>();
    List<DraftLine> beyond = new ArrayList<>();
    int used = 0;
    int current = 0;
    int over = 0;
    double[] chances = weights.stream().mapToDouble(w -> w).toArray();
    List<DraftLine> emitted = new ArrayList<>();
    while (over < 3) {
      if (!blocks || rng.chance(0.1)) {
        current = rng.weighted(chances);
      }
      emitted.clear();
      scenarios.get(current).emit(rng, emitted);
      for (DraftLine line : emitted) {
        int[] ids = Draft.encode(tokenizer, line.text());
        if (used + ids.length <= tokenBudget || lines.isEmpty() && ids.length <= tokenBudget * 2) {
          if (over == 0) {
            lines.add(line);
            tokens.add(ids);
            used += ids.length;
            continue;
          }
        }
        beyond.add(line);
        over++;
      }
      if (over > 0 && lines.isEmpty() && over > 20) {
        break;
      }
    }
    for (Scenario scenario : scenarios) {
      beyond.addAll(scenario.unsaid(rng));
    }
    return new Draft(lines, tokens, beyond);
  }
}
