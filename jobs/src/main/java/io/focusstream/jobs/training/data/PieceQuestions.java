package io.focusstream.jobs.training.data;

import io.focusstream.operators.text.ByteLevelBpe;
import java.util.List;

/** Asks how a line of a draft goes on. Null where a try came to nothing. */
final class PieceQuestions {
  private static final int MAX_LINE_ANSWER = 36;

  private final Draft draft;
  private final ByteLevelBpe tokenizer;
  private final QuestionBuilder builder;

  PieceQuestions(Draft draft, ByteLevelBpe tokenizer, QuestionBuilder builder) {
    this.draft = draft;
    this.tokenizer = tokenizer;
    this.builder = builder;
  }

  /** The line with a name that stands in no other. */
  Asked wholeLine(Rng rng, int line, String anchor) {
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
    return builder.finish(
        rng, text, answer, line, draft.lines.get(line).text().indexOf(answer), tokens, 0, count);
  }

  /** The value of a fact, after the piece of the line from its anchor to it. */
  Asked upToValue(Rng rng, int line, Fact fact) {
    DraftLine drafted = draft.lines.get(line);
    int anchor = drafted.text().lastIndexOf(fact.anchor(), fact.start() - 1);
    if (fact.mention() || anchor < 0 || anchor + fact.anchor().length() > fact.start()) {
      return null;
    }
    String piece = drafted.text().substring(anchor, fact.start()).strip();
    int at = draft.text.indexOf(piece);
    if (draft.text.indexOf(piece, at + 1) >= 0 || !builder.fresh(piece)) {
      return null;
    }
    int[] span = builder.span(line, fact.start(), fact.end());
    return span == null
        ? null
        : builder.finish(
            piece,
            drafted.value(fact).strip(),
            line,
            fact.start(),
            draft.tokens.get(line),
            span[0],
            span[1]);
  }

  /** The next word after a piece of the line that stands nowhere else. */
  Asked cloze(Rng rng, int line) {
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
    if (start < 0 || !builder.fresh(question)) {
      return null;
    }
    for (Fact fact : draft.lines.get(line).facts()) {
      // a value that goes on behind a blank: all of it
      if (fact.start() == start && fact.end() > start + given.length()) {
        int[] span = builder.span(line, start, fact.end());
        return span == null
            ? null
            : builder.finish(
                question, text.substring(start, fact.end()), line, start, tokens, to, span[1]);
      }
    }
    return builder.finish(question, given, line, start, tokens, to, end);
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
  Asked brokenCloze(Rng rng) {
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
    if (draft.contains(broken) || !builder.fresh(broken)) {
      return null;
    }
    return builder.finish(broken, null, -1, -1, null, 0, 0);
  }

  /** With one of its words changed. */
  static String otherWord(Rng rng, String piece) {
    String[] parts = piece.split(" ");
    parts[rng.below(parts.length)] = Words.any(rng);
    return String.join(" ", parts);
  }
}
