package io.focusstream.jobs.training.data;

import io.focusstream.operators.text.ByteLevelBpe;
import io.focusstream.operators.text.PromptTemplate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Asks about a draft's lines. A question is given up (null) wherever its answer might not be the
 * only one, or is no whole number of tokens of its line.
 */
final class QuestionMaker {
  static final int MAX_ANSWER_TOKENS = 40;

  /** Field of a question whose answer has several parts. */
  static final String SEVERAL = "several";

  private static final int MAX_TIMES_ASKED = 6;
  private static final int MAX_PROMPT_TOKENS = 72;
  private static final int MAX_LINE_ANSWER = 36;

  private final Draft draft;
  private final ByteLevelBpe tokenizer;
  private final int questionToken;
  private final int answerToken;
  private final int endToken;
  private final int[] notFound;
  private final Set<String> asked = new HashSet<>();
  private final Map<String, Integer> timesAsked = new HashMap<>();

  QuestionMaker(Draft draft, ByteLevelBpe tokenizer) {
    this.draft = draft;
    this.tokenizer = tokenizer;
    this.questionToken = tokenizer.specialToken(PromptTemplate.QUESTION);
    this.answerToken = tokenizer.specialToken(PromptTemplate.ANSWER);
    this.endToken = tokenizer.specialToken("</s>");
    int[] words = tokenizer.encode(Question.NOT_FOUND);
    this.notFound = Arrays.copyOf(words, words.length + 1);
    this.notFound[words.length] = endToken;
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
        default -> cloze(rng, line);
      };
    }
    int way = facts == 0 ? 3 : rng.weighted(52, 4, 3, 26, 15);
    return switch (way) {
      case 0 -> field(rng, line, rng.below(facts));
      case 1 -> reverse(rng, line, rng.below(facts));
      case 2 -> wholeLine(rng, line, drafted.facts().get(rng.below(facts)).anchor());
      case 4 -> upToValue(rng, line, drafted.facts().get(rng.below(facts)));
      default -> cloze(rng, line);
    };
  }

  /** A question that the lines don't answer, or null where this try gave none. */
  Asked unanswerable(Rng rng) {
    if (draft.facts.isEmpty() || rng.chance(0.12)) {
      return brokenCloze(rng);
    }
    Fact fact = draft.fact(rng.pick(draft.facts));
    if (fact.field().equals(FormScenario.VARIABLE)) {
      String value = rng.number(5);
      return draft.contains(value)
          ? null
          : finish(rng, rng.pick(QuestionForms.ASSIGNED).replace("{k}", value), null, -1, -1, -1);
    }
    return switch (rng.weighted(60, 6, 34)) {
      case 0 -> {
        String other =
            fact.anchor().matches("[A-Za-z]+( [A-Za-z]+)+") && rng.chance(0.75)
                ? otherWord(rng, fact.anchor())
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
    return about(anchor, fact.field(), finish(rng, text, null, -1, -1, -1));
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
    return about(fact.anchor(), name, finish(rng, text, null, -1, -1, -1));
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
    Asked made = finish(rng, text, draft.lines.get(line), line, fact.start(), fact.end());
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
        Asked.Part part = part(at, -1);
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
    if (!fresh(text)) {
      return null;
    }
    boolean chained = fact.field().equals(FormScenario.VARIABLE);
    List<Asked.Part> slices = new ArrayList<>();
    for (int[] part : parts) {
      Asked.Part slice = part(part, chained ? slices.size() - 1 : -1);
      if (slice == null) {
        return null;
      }
      slices.add(slice);
    }
    int[] answer = joined(slices.stream().map(Asked.Part::tokens).toList());
    int[] words = tokenizer.encode(text);
    if (answer.length > MAX_ANSWER_TOKENS || words.length + 2 > MAX_PROMPT_TOKENS) {
      return null;
    }
    int[] first = parts.get(0);
    return new Asked(
        null,
        SEVERAL,
        new Question(
            text,
            tokenizer.decode(answer, 0, answer.length - 1).strip(),
            first[0],
            draft.fact(first).start()),
        framed(words),
        answer,
        slices,
        List.of());
  }

  /** A fact's value in tokens; null where it is no whole number of them. */
  private Asked.Part part(int[] at, int after) {
    Fact said = draft.fact(at);
    int[] span = span(at[0], said.start(), said.end());
    if (span == null) {
      return null;
    }
    int[] slice = Arrays.copyOfRange(draft.tokens.get(at[0]), span[0], span[1]);
    return tokenizer.decode(slice, 0, slice.length).strip().equals(draft.value(at))
        ? new Asked.Part(at[0], slice, after)
        : null;
  }

  /** Answers in one, with commas, and one end. */
  int[] joined(List<int[]> answers) {
    int[] comma = tokenizer.encode(",");
    int[] blank = tokenizer.encode(" ");
    List<Integer> all = new ArrayList<>();
    for (int[] answer : answers) {
      if (!all.isEmpty()) {
        all.add(comma[0]);
        if (!tokenizer.decode(answer, 0, 1).startsWith(" ")) {
          all.add(blank[0]);
        }
      }
      for (int token : answer) {
        all.add(token);
      }
    }
    all.add(endToken);
    return all.stream().mapToInt(Integer::intValue).toArray();
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
    return finish(rng, text, drafted, line, start, start + fact.anchor().length());
  }

  private Asked wholeLine(Rng rng, int line, String anchor) {
    if (draft.onlyLineWith(anchor) != line) {
      return null;
    }
    int[] tokens = draft.tokens.get(line);
    int count = tokens.length - 1;
    if (count > MAX_LINE_ANSWER) {
      return null;
    }
    String text = rng.pick(QuestionForms.LINE_WITH).replace("{k}", anchor);
    String answer = tokenizer.decode(tokens, 0, count).strip();
    if (answer.isEmpty() || !draft.lines.get(line).text().contains(answer)) {
      return null;
    }
    return finish(
        rng, text, answer, line, draft.lines.get(line).text().indexOf(answer), tokens, 0, count);
  }

  /** The value of a fact, after the piece of the line from its anchor to it. */
  private Asked upToValue(Rng rng, int line, Fact fact) {
    DraftLine drafted = draft.lines.get(line);
    int anchor = drafted.text().lastIndexOf(fact.anchor(), fact.start() - 1);
    if (fact.mention() || anchor < 0 || anchor + fact.anchor().length() > fact.start()) {
      return null;
    }
    String piece = drafted.text().substring(anchor, fact.start()).strip();
    int at = draft.text.indexOf(piece);
    if (draft.text.indexOf(piece, at + 1) >= 0 || !fresh(piece)) {
      return null;
    }
    int[] span = span(line, fact.start(), fact.end());
    return span == null
        ? null
        : finish(
            piece,
            drafted.value(fact).strip(),
            line,
            fact.start(),
            draft.tokens.get(line),
            span[0],
            span[1]);
  }

  /** The next word after a piece of the line that stands nowhere else. */
  private Asked cloze(Rng rng, int line) {
    int[] tokens = draft.tokens.get(line);
    int last = tokens.length - 1;
    if (last < 4) {
      return null;
    }
    int from = rng.chance(0.4) ? 0 : rng.below(last - 2);
    int to = from + (rng.chance(0.75) ? rng.between(3, 12) : rng.between(12, 40));
    if (to >= last) {
      return null;
    }
    String prefix = tokenizer.decode(tokens, from, to);
    String question = prefix.strip();
    if (question.length() < 3 || prefix.indexOf('\uFFFD') >= 0) {
      return null;
    }
    int at = draft.text.indexOf(question);
    if (at < 0 || draft.text.indexOf(question, at + 1) >= 0) {
      return null;
    }
    int end = to;
    StringBuilder answer = new StringBuilder();
    while (end < last && end - to <= 12) {
      String piece = tokenizer.decode(tokens, end, end + 1);
      String soFar = answer.toString().strip();
      if (!soFar.isEmpty() && ends(soFar, piece.charAt(0))) {
        break;
      }
      answer.append(piece);
      end++;
    }
    if (end - to > 12) {
      return null;
    }
    if (end - to > 1
        && List.of(":", ".", "!", "?").contains(tokenizer.decode(tokens, end - 1, end))) {
      end--;
      answer.setLength(answer.length() - 1);
    }
    String given = answer.toString().strip();
    if (given.isEmpty()
        || !(Character.isLetterOrDigit(given.charAt(0)) || "/-$#<".indexOf(given.charAt(0)) >= 0)) {
      return null;
    }
    // A word cut in two is asked only where the question shows the cut.
    if (Character.isLetterOrDigit(given.charAt(0))
        && Character.isLetterOrDigit(prefix.charAt(prefix.length() - 1))
        && !Character.isWhitespace(answer.charAt(0))) {
      return null;
    }
    String text = draft.lines.get(line).text();
    int start = text.indexOf(question) + question.length();
    start = text.indexOf(given, start);
    if (start < 0 || !fresh(question)) {
      return null;
    }
    for (Fact fact : draft.lines.get(line).facts()) {
      // a value that goes on behind a blank: all of it
      if (fact.start() == start && fact.end() > start + given.length()) {
        int[] span = span(line, start, fact.end());
        return span == null
            ? null
            : finish(question, text.substring(start, fact.end()), line, start, tokens, to, span[1]);
      }
    }
    return finish(question, given, line, start, tokens, to, end);
  }

  /** Whether an answer ends before that character: white space, or what closes or parts values. */
  private static boolean ends(String answer, char next) {
    return Character.isWhitespace(next)
        || ",;|\"".indexOf(next) >= 0
        || (next == ')' && answer.indexOf('(') < 0)
        || (next == ']' && answer.indexOf('[') < 0)
        || (next == '}' && answer.indexOf('{') < 0);
  }

  /** A piece of a line with a character changed, so that it stands nowhere. */
  private Asked brokenCloze(Rng rng) {
    int[] tokens = draft.tokens.get(rng.below(draft.tokens.size()));
    int last = tokens.length - 1;
    if (last < 4) {
      return null;
    }
    int from = rng.chance(0.4) ? 0 : rng.below(last - 2);
    int to = Math.min(last, from + rng.between(3, 12));
    String piece = tokenizer.decode(tokens, from, to).strip();
    if (piece.length() < 6 || !piece.matches(".*[0-9].*") && piece.indexOf(' ') < 0) {
      return null;
    }
    String broken =
        piece.matches(".*[0-9].*") ? Values.lookAlike(rng, piece) : otherWord(rng, piece);
    if (draft.contains(broken) || !fresh(broken)) {
      return null;
    }
    return finish(broken, null, -1, -1, null, 0, 0);
  }

  /** {@code pale-anchor}: another adjective, or another noun. */
  private static String otherHalf(Rng rng, String key) {
    String[] parts = key.split("-");
    return rng.chance(0.5)
        ? rng.pick(Words.ADJECTIVES) + "-" + parts[1]
        : parts[0] + "-" + rng.pick(Words.NOUNS);
  }

  private static String otherWord(Rng rng, String piece) {
    String[] parts = piece.split(" ");
    parts[rng.below(parts.length)] = Words.any(rng);
    return String.join(" ", parts);
  }

  private boolean fresh(String text) {
    return asked.add(text.toLowerCase(Locale.ROOT).replaceAll("[?.]+$", ""));
  }

  private Asked finish(Rng rng, String text, DraftLine drafted, int line, int start, int end) {
    if (drafted == null) {
      return finish(rng, text, null, -1, -1, null, 0, 0);
    }
    int[] span = span(line, start, end);
    String answer = drafted.text().substring(start, end).strip();
    if (span == null || answer.isEmpty()) {
      return null;
    }
    return finish(rng, text, answer, line, start, draft.tokens.get(line), span[0], span[1]);
  }

  /** The tokens of a line, from and to, that hold the characters from start to end; or null. */
  private int[] span(int line, int start, int end) {
    int[] tokens = draft.tokens.get(line);
    String text = draft.lines.get(line).text();
    // Byte offsets of the answer; lines are mostly ASCII, where they are its character offsets.
    int byteStart = bytes(text, 0, start);
    int byteEnd = byteStart + bytes(text, start, end);
    int from = -1;
    int at = 0;
    for (int i = 0; i < tokens.length; i++) {
      int next = at + tokenizer.byteLength(tokens[i]);
      if (from < 0 && next > byteStart) {
        from = i;
      }
      at = next;
      if (at >= byteEnd) {
        return from < 0 ? null : new int[] {from, i + 1};
      }
    }
    return null;
  }

  private static int bytes(String text, int from, int to) {
    int count = 0;
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      count += c < 0x80 ? 1 : c < 0x800 ? 2 : Character.isSurrogate(c) ? 2 : 3;
    }
    return count;
  }

  private Asked finish(
      Rng rng, String text, String answer, int line, int start, int[] tokens, int from, int to) {
    String written = text.strip();
    switch (rng.below(10)) {
      case 0 ->
          written = written.endsWith("?") ? written.substring(0, written.length() - 1) : written;
      case 1 -> written = Words.capital(written);
      case 2 -> {
        if (written.length() > 1 && Character.isLowerCase(written.charAt(1))) {
          written = Character.toLowerCase(written.charAt(0)) + written.substring(1);
        }
      }
      case 3 -> {
        if (answer == null || rng.chance(0.3)) {
          written = rng.chance(0.3) ? written.toLowerCase(Locale.ROOT) : written;
        }
      }
      default -> {}
    }
    return fresh(written) ? finish(written, answer, line, start, tokens, from, to) : null;
  }

  private Asked finish(
      String text, String answer, int line, int start, int[] tokens, int from, int to) {
    int[] words = tokenizer.encode(text);
    if (words.length + 2 > MAX_PROMPT_TOKENS || words.length == 0) {
      return null;
    }
    int[] prompt = framed(words);
    if (answer == null) {
      return new Asked(
          null, null, new Question(text, null, -1, -1), prompt, notFound, List.of(), List.of());
    }
    int count = to - from;
    if (count + 1 > MAX_ANSWER_TOKENS
        || !tokenizer.decode(tokens, from, to).strip().equals(answer)) {
      return null;
    }
    int[] ids = Arrays.copyOf(Arrays.copyOfRange(tokens, from, to), count + 1);
    ids[count] = endToken;
    return new Asked(
        null,
        null,
        new Question(text, answer, line, start),
        prompt,
        ids,
        List.of(new Asked.Part(line, Arrays.copyOf(ids, count), -1)),
        List.of());
  }

  private int[] framed(int[] words) {
    int[] prompt = new int[words.length + 2];
    prompt[0] = questionToken;
    System.arraycopy(words, 0, prompt, 1, words.length);
    prompt[prompt.length - 1] = answerToken;
    return prompt;
  }
}
