package io.focusstream.jobs.training.data;

import io.focusstream.operators.text.ByteLevelBpe;
import io.focusstream.operators.text.PromptTemplate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Makes questions about a draft out of their text and the place of their answer. Null wherever the
 * answer is no whole number of tokens of its line, the question was asked before, or either is too
 * long.
 */
final class QuestionBuilder {
  private static final int MAX_ANSWER_TOKENS = 40;
  private static final int MAX_PROMPT_TOKENS = 72;

  private final Draft draft;
  private final ByteLevelBpe tokenizer;
  private final int questionToken;
  private final int answerToken;
  private final int endToken;
  private final int[] notFound;
  private final Set<String> asked = new HashSet<>();

  QuestionBuilder(Draft draft, ByteLevelBpe tokenizer) {
    this.draft = draft;
    this.tokenizer = tokenizer;
    this.questionToken = tokenizer.specialToken(PromptTemplate.QUESTION);
    this.answerToken = tokenizer.specialToken(PromptTemplate.ANSWER);
    this.endToken = tokenizer.specialToken("</s>");
    int[] words = tokenizer.encode(Question.NOT_FOUND);
    this.notFound = Arrays.copyOf(words, words.length + 1);
    this.notFound[words.length] = endToken;
  }

  /** A fact's value in tokens; null where it is no whole number of them. */
  Asked.Part part(int[] at, int after) {
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
  private int[] joined(List<int[]> answers) {
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

  /** Whether it is asked for the first time; from then on it isn't. */
  boolean fresh(String text) {
    return asked.add(text.toLowerCase(Locale.ROOT).replaceAll("[?.]+$", ""));
  }

  /**
   * A question as a person might write it.
   *
   * @param drafted the line with the answer; null where there is none
   * @param start character of the line where the answer begins
   * @param end behind its last
   */
  Asked finish(Rng rng, String text, DraftLine drafted, int line, int start, int end) {
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
  int[] span(int line, int start, int end) {
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

  /** The same where the answer's tokens, from and to, are known. */
  Asked finish(
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

  /** The same, written as it is given. */
  Asked finish(String text, String answer, int line, int start, int[] tokens, int from, int to) {
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

  /** A question's tokens between those that frame it. */
  private int[] framed(int[] words) {
    int[] prompt = new int[words.length + 2];
    prompt[0] = questionToken;
    System.arraycopy(words, 0, prompt, 1, words.length);
    prompt[prompt.length - 1] = answerToken;
    return prompt;
  }

  /**
   * A question whose answer has several parts.
   *
   * @param start character of the first part's line where it begins
   */
  Asked several(String text, List<Asked.Part> parts, int start) {
    int[] answer = joined(parts.stream().map(Asked.Part::tokens).toList());
    int[] words = tokenizer.encode(text);
    if (answer.length > MAX_ANSWER_TOKENS || words.length + 2 > MAX_PROMPT_TOKENS) {
      return null;
    }
    String written = tokenizer.decode(answer, 0, answer.length - 1).strip();
    return new Asked(
        null,
        QuestionMaker.SEVERAL,
        new Question(text, written, parts.get(0).line(), start),
        framed(words),
        answer,
        parts,
        List.of());
  }
}
