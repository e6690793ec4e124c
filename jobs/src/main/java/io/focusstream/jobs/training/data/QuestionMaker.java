package io.focusstream.jobs.training.data;

import io.focusstream.operators.text.ByteLevelBpe;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Asks about a draft's lines. A question is given up (null) wherever its answer might not be the
 * only one, or is no whole number of tokens of its line.
 */
final class QuestionMaker {
  /** Field of a question whose answer has several parts. */
  static final String SEVERAL = "several";

  private static final int MAX_TIMES_ASKED = 6;

  private final Draft draft;
  private final QuestionBuilder builder;
  private final PieceQuestions pieces;
  private final Map<String, Integer> timesAsked = new HashMap<>();

  QuestionMaker(Draft draft, ByteLevelBpe tokenizer) {
    this.draft = draft;
    this.builder = new QuestionBuilder(draft, tokenizer);
    this.pieces = new PieceQuestions(draft, tokenizer, builder);
  }

  /** A question whose answer stands in one of the given lines, or null where this try gave none. */
  Asked answerable(Rng rng, List<Integer> inLines) {
    int line = rng.pick(inLines);
    DraftLine drafted = draft.lines.get(line);
    int facts = drafted.facts().size();
    if (facts > 0 && FormScenario.FIELDS.contains(drafted.facts().get(0).field())) {
      return switch (rng.weighted(62, 30, 8)) {
        case 0 -> field(rng, line, rng.below(facts));
        case 1 -> several(rng, line, rng.below(facts));
        default -> pieces.cloze(rng, line);
      };
    }
    int way = facts == 0 ? 3 : rng.weighted(52, 4, 3, 26, 15);
    return switch (way) {
      case 0 -> field(rng, line, rng.below(facts));
      case 1 -> reverse(rng, line, rng.below(facts));
      case 2 -> pieces.wholeLine(rng, line, drafted.facts().get(rng.below(facts)).anchor());
      case 4 -> pieces.upToValue(rng, line, drafted.facts().get(rng.below(facts)));
      default -> pieces.cloze(rng, line);
    };
  }

  /** A question that the lines don't answer, or null where this try gave none. */
  Asked unanswerable(Rng rng) {
    if (draft.facts.isEmpty() || rng.chance(0.12)) {
      return pieces.brokenCloze(rng);
    }
    Fact fact = draft.fact(rng.pick(draft.facts));
    if (fact.field().equals(FormScenario.VARIABLE)) {
      String value = rng.number(5);
      return draft.contains(value)
          ? null
          : builder.finish(
              rng, rng.pick(QuestionForms.ASSIGNED).replace("{k}", value), null, -1, -1, -1);
    }
    return switch (rng.weighted(60, 6, 34)) {
      case 0 -> {
        String other =
            fact.anchor().matches("[A-Za-z]+( [A-Za-z]+)+") && rng.chance(0.75)
                ? PieceQuestions.otherWord(rng, fact.anchor())
                : fact.anchor().matches("[a-z]+-[a-z]+") && rng.chance(0.85)
                    ? otherHalf(rng, fact.anchor())
                    : Values.lookAlike(rng, fact.anchor());
        yield draft.contains(other) ? null : missing(rng, fact, other);
      }
      case 1 -> otherField(rng, fact);
      default -> {
        if (draft.beyond.isEmpty()) {
          yield null;
        }
        DraftLine line = rng.pick(draft.beyond);
        if (line.facts().isEmpty()) {
          yield null;
        }
        Fact absent = rng.pick(line.facts());
        yield absent.mention() || draft.contains(absent.anchor())
            ? null
            : missing(rng, absent, absent.anchor());
      }
    };
  }

  /** Lines that set something for the last time which earlier lines had set. */
  List<Integer> lastSet() {
    List<Integer> lines = new ArrayList<>();
    for (int[] at : draft.facts) {
      if (draft.fact(at).ordered()) {
        List<int[]> same = draft.sameFacts(draft.fact(at));
        int[] last = same.get(same.size() - 1);
        if (same.size() > 1 && last[0] == at[0] && last[1] == at[1]) {
          lines.add(at[0]);
        }
      }
    }
    return lines;
  }

  /** Other lines that say something of the same thing and field as the question's answer. */
  List<Integer> rivals(Question question) {
    List<Integer> lines = new ArrayList<>();
    for (Fact fact : draft.lines.get(question.line()).facts()) {
      if (fact.ordered()) {
        for (int[] at : draft.sameFacts(fact)) {
          if (at[0] != question.line()) {
            lines.add(at[0]);
          }
        }
      }
    }
    return lines;
  }

  private Asked missing(Rng rng, Fact fact, String anchor) {
    String text = fieldText(rng, fact, anchor, spoken(rng, fact));
    if (!text.contains(anchor)) {
      return null;
    }
    return about(anchor, fact.field(), builder.finish(rng, text, null, -1, -1, -1));
  }

  /** A known thing, a field that it doesn't have. */
  private Asked otherField(Rng rng, Fact fact) {
    if (!draft.anchorIsItsOwn(fact.anchor())) {
      return null;
    }
    String name;
    List<String> spoken;
    List<String> templates;
    if (fact.kind() == null || rng.chance(0.5)) {
      Field field = rng.pick(Field.all());
      name = field.name();
      spoken = field.spoken();
      templates = field.templates();
    } else {
      Fact other = draft.fact(rng.pick(draft.facts));
      name = other.field();
      spoken = other.spoken();
      templates = other.templates();
    }
    if (spoken.isEmpty() && (fact.kind() != null || templates.isEmpty())
        || name.equals("value")
        || name.contains("time")
        || fact.field().equals("value")) {
      return null;
    }
    Field known = Field.known(name);
    for (int line : draft.linesOf(fact.anchor())) {
      String text = draft.lines.get(line).text().toLowerCase(Locale.ROOT);
      for (Fact said : draft.lines.get(line).facts()) {
        if (said.field().equals(name)) {
          return null;
        }
      }
      List<String> names = new ArrayList<>(spoken);
      if (known != null) {
        names.addAll(known.written());
        names.addAll(known.spoken());
      }
      for (String word : names) {
        if (word.length() > 2 && text.contains(word.toLowerCase(Locale.ROOT))) {
          return null;
        }
      }
    }
    // Only forms that name the field: "where did it run" might be answered by something else.
    Fact invented =
        new Fact(
            fact.anchor(),
            fact.kind(),
            name,
            spoken,
            spoken.isEmpty() ? templates : List.of(),
            0,
            0,
            false);
    String text = fieldText(rng, invented, fact.anchor(), spoken(rng, invented));
    return about(fact.anchor(), name, builder.finish(rng, text, null, -1, -1, -1));
  }

  private Asked field(Rng rng, int line, int index) {
    Fact fact = draft.lines.get(line).facts().get(index);
    if (fact.field().equals(FormScenario.VARIABLE)
        || fact.field().equals(FormScenario.MAGIC) && draft.sameFacts(fact).size() > 1) {
      return several(rng, line, index);
    }
    String asked = fact.anchor() + "\n" + fact.field();
    if (timesAsked.getOrDefault(asked, 0) >= MAX_TIMES_ASKED) {
      return null;
    }
    if (fact.mention() || !draft.anchorIsItsOwn(fact.anchor())) {
      return null;
    }
    if (fact.field().equals("time") && draft.linesOf(fact.anchor()).size() > 1) {
      return null;
    }
    List<int[]> same = draft.sameFacts(fact);
    String text;
    if (same.size() > 1 && !draft.agree(same)) {
      int[] last = same.get(same.size() - 1);
      if (!fact.ordered() || last[0] != line || last[1] != index) {
        return null;
      }
      String template =
          rng.chance(0.3) ? rng.pick(QuestionForms.FIELD_OF_KEY) : rng.pick(QuestionForms.LATEST);
      text = template.replace("{f}", spoken(rng, fact)).replace("{k}", fact.anchor());
    } else {
      text = fieldText(rng, fact, fact.anchor(), spoken(rng, fact));
    }
    Asked made = builder.finish(rng, text, draft.lines.get(line), line, fact.start(), fact.end());
    if (made != null) {
      // only now: where a thing is set again and again, most tries come to nothing
      timesAsked.merge(asked, 1, Integer::sum);
      if (same.size() > 1) {
        made = withEarlier(made, same, line, index);
      }
    }
    return about(fact.anchor(), fact.field(), made);
  }

  /** With what else is said of the same; null where that is no whole number of tokens. */
  private Asked withEarlier(Asked asked, List<int[]> same, int line, int index) {
    List<Asked.Part> earlier = new ArrayList<>();
    for (int[] at : same) {
      if (at[0] != line || at[1] != index) {
        Asked.Part part = builder.part(at, -1);
        if (part == null) {
          return null;
        }
        earlier.add(part);
      }
    }
    return new Asked(
        asked.about(),
        asked.field(),
        asked.question(),
        asked.prompt(),
        asked.answer(),
        asked.parts(),
        earlier);
  }

  /** A question whose answer has several parts, each from a line of its own. */
  private Asked several(Rng rng, int line, int index) {
    Fact fact = draft.lines.get(line).facts().get(index);
    List<int[]> parts = new ArrayList<>();
    String text;
    if (fact.field().equals(FormScenario.VARIABLE)) {
      List<int[]> roots =
          draft.facts.stream()
              .filter(at -> draft.fact(at).field().equals(FormScenario.VARIABLE))
              .filter(at -> Character.isDigit(draft.fact(at).anchor().charAt(0)))
              .toList();
      if (roots.isEmpty()) {
        return null;
      }
      int[] root = rng.pick(roots);
      Fact first = draft.fact(root);
      for (List<int[]> next = List.of(root); next != null && next.size() == 1; ) {
        parts.add(next.get(0));
        next = draft.factsOf(draft.value(next.get(0)), FormScenario.VARIABLE);
      }
      text = rng.pick(QuestionForms.ASSIGNED).replace("{k}", first.anchor());
    } else if (fact.field().equals(FormScenario.MAGIC)) {
      List<int[]> same = draft.sameFacts(fact);
      if (same.size() > 1) {
        parts.addAll(same);
        text = rng.pick(QuestionForms.ALL_VALUES).replace("{k}", fact.anchor());
      } else {
        List<String> keys = new ArrayList<>(List.of(fact.anchor()));
        parts.add(same.get(0));
        int wanted = rng.between(2, 4);
        for (int tries = 0; parts.size() < wanted && tries < 12; tries++) {
          int[] other = rng.pick(draft.facts);
          Fact also = draft.fact(other);
          if (also.field().equals(FormScenario.MAGIC)
              && draft.sameFacts(also).size() == 1
              && !keys.contains(also.anchor())) {
            keys.add(also.anchor());
            parts.add(other);
          }
        }
        if (parts.size() < 2) {
          return null;
        }
        String all =
            String.join(", ", keys.subList(0, keys.size() - 1))
                + (keys.size() > 2 ? "," : "")
                + " and "
                + keys.get(keys.size() - 1);
        text = rng.pick(QuestionForms.ALL_VALUES).replace("{k}", all);
      }
    } else {
      return null;
    }
    if (!builder.fresh(text)) {
      return null;
    }
    boolean chained = fact.field().equals(FormScenario.VARIABLE);
    List<Asked.Part> slices = new ArrayList<>();
    for (int[] part : parts) {
      Asked.Part slice = builder.part(part, chained ? slices.size() - 1 : -1);
      if (slice == null) {
        return null;
      }
      slices.add(slice);
    }
    return builder.several(text, slices, draft.fact(parts.get(0)).start());
  }

  private static Asked about(String anchor, String field, Asked asked) {
    return asked == null
        ? null
        : new Asked(
            anchor,
            field,
            asked.question(),
            asked.prompt(),
            asked.answer(),
            asked.parts(),
            asked.earlier());
  }

  private static String spoken(Rng rng, Fact fact) {
    return fact.spoken().isEmpty() ? "" : rng.pick(fact.spoken());
  }

  private static String fieldText(Rng rng, Fact fact, String anchor, String spoken) {
    String named = anchor;
    if (fact.kind() != null && !anchor.toLowerCase(Locale.ROOT).startsWith(fact.kind())) {
      named = rng.chance(0.35) ? fact.kind() + " " + anchor : anchor;
    }
    boolean own =
        !fact.templates().isEmpty()
            && (fact.field().equals("value") || fact.spoken().isEmpty() || rng.chance(0.35));
    String template = own ? rng.pick(fact.templates()) : rng.pick(QuestionForms.FIELD_OF_KEY);
    if (fact.kind() != null && template.contains(fact.kind() + " {k}")) {
      named = anchor;
    }
    return template.replace("{f}", spoken).replace("{k}", named);
  }

  private Asked reverse(Rng rng, int line, int index) {
    DraftLine drafted = draft.lines.get(line);
    Fact fact = drafted.facts().get(index);
    String value = drafted.value(fact);
    if (fact.mention()
        || fact.kind() == null
        || fact.spoken().isEmpty()
        || Character.isDigit(value.charAt(0)) && value.indexOf(':') > 0
        || value.length() < 2
        || value.length() > 40
        || draft.onlyLineWith(value) != line) {
      return null;
    }
    int start = drafted.text().indexOf(fact.anchor());
    for (Fact other : drafted.facts()) {
      if (!other.anchor().equals(fact.anchor())) {
        return null;
      }
    }
    if (start < 0 || drafted.text().indexOf(fact.anchor(), start + 1) >= 0) {
      return null;
    }
    String text =
        rng.pick(QuestionForms.KEY_OF_FIELD)
            .replace("{n}", fact.kind())
            .replace("{f}", spoken(rng, fact))
            .replace("{v}", value);
    return builder.finish(rng, text, drafted, line, start, start + fact.anchor().length());
  }

  /** {@code pale-anchor}: another adjective, or another noun. */
  private static String otherHalf(Rng rng, String key) {
    String[] parts = key.split("-");
    return rng.chance(0.5)
        ? rng.pick(Words.ADJECTIVES) + "-" + parts[1]
        : parts[0] + "-" + rng.pick(Words.NOUNS);
  }
}
