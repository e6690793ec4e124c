package io.focusstream.jobs.training.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.operators.text.ByteLevelBpe;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class QuestionMakerTest {
  private static ByteLevelBpe tokenizer;
  private static Map<Draft, List<Asked>> drawn;

  @BeforeAll
  static void draw() {
    tokenizer = Small.tokenizer();
    drawn = drawn();
  }

  /** Many episodes of all scenarios, small and large, with the questions that came of them. */
  private static Map<Draft, List<Asked>> drawn() {
    Episodes episodes =
        new Episodes(Small.books(), tokenizer, new QuestionMix(0.2, 0.12, 0.25, 0.15));
    Map<Draft, List<Asked>> all = new HashMap<>();
    for (int i = 0; i < 300; i++) {
      Rng rng = Rng.of(99, i);
      Draft draft = episodes.draft(rng, rng.logBetween(40, 3000));
      if (draft.lines.isEmpty()) {
        continue;
      }
      QuestionMaker maker = new QuestionMaker(draft, tokenizer);
      List<Integer> lines = new ArrayList<>();
      for (int l = 0; l < draft.lines.size(); l++) {
        lines.add(l);
      }
      List<Asked> asked = new ArrayList<>();
      for (int q = 0; q < 60; q++) {
        Asked made = rng.chance(0.4) ? maker.unanswerable(rng) : maker.answerable(rng, lines);
        if (made != null) {
          asked.add(made);
        }
      }
      all.put(draft, asked);
    }
    return all;
  }

  @Test
  void whatWasSetAgainIsAskedOfItsLastLineHoweverManyTriesFailedBefore() {
    List<DraftLine> lines = new ArrayList<>();
    List<int[]> tokens = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      DraftLine line = status(i % 4 == 3 ? "blue-door" : "red-lamp", Integer.toString(1000 + i));
      lines.add(line);
      tokens.add(Draft.encode(tokenizer, line.text()));
    }
    lines.add(status("grey-hat", "77"));
    tokens.add(Draft.encode(tokenizer, lines.get(40).text()));
    QuestionMaker maker = new QuestionMaker(new Draft(lines, tokens, List.of()), tokenizer);
    assertEquals(List.of(38, 39), maker.lastSet());

    Rng rng = Rng.of(5, 1);
    for (int i = 0; i < 100; i++) {
      Asked early = maker.answerable(rng, List.of(rng.below(36)));
      assertTrue(early == null || early.field() == null, "asked of an older line: " + early);
    }
    int made = 0;
    for (int i = 0; i < 40; i++) {
      Asked last = maker.answerable(rng, maker.lastSet());
      if (last != null && "set status".equals(last.field())) {
        made++;
        assertEquals(last.question().line() == 38 ? "1038" : "1039", last.question().answer());
      }
    }
    assertTrue(made >= 4, made + " questions of last lines");
  }

  @Test
  void aPieceOfALineUpToAValueIsAnsweredWithAllOfIt() {
    DraftLine line =
        new LineBuilder()
            .add("vm-17 claimed memory ")
            .fact("vm-17", null, "memory", List.of(), List.of("memory of {k}"), "4096 MB", false)
            .add(", disk 20")
            .build();
    Draft draft =
        new Draft(List.of(line), List.of(Draft.encode(tokenizer, line.text())), List.of());
    int whole = 0;
    for (int i = 0; i < 300; i++) {
      Asked made = new QuestionMaker(draft, tokenizer).answerable(Rng.of(8, i), List.of(0));
      if (made != null && made.question().text().toLowerCase(Locale.ROOT).endsWith("memory")) {
        assertEquals("4096 MB", made.question().answer(), made.question().text());
        whole++;
      }
    }
    assertTrue(whole > 20, whole + " questions");
  }

  private static DraftLine status(String key, String value) {
    return new LineBuilder()
        .add("set " + key + " status to ")
        .fact(
            key,
            null,
            "set status",
            List.of("status"),
            List.of("What is the current status of {k}?"),
            value,
            true)
        .build();
  }

  @Test
  void answersAreSlicesOfTheirLinesInTextAndInTokens() {
    int answers = 0;
    for (Map.Entry<Draft, List<Asked>> entry : drawn.entrySet()) {
      for (Asked asked : entry.getValue()) {
        Question question = asked.question();
        if (question.answer() == null) {
          assertEquals(
              Question.NOT_FOUND, tokenizer.decode(asked.answer()), "answer of " + question);
          continue;
        }
        if (QuestionMaker.SEVERAL.equals(asked.field())) {
          continue;
        }
        String line = entry.getKey().lines.get(question.line()).text();
        assertTrue(
            line.startsWith(question.answer(), question.charStart()),
            question + " is not in " + line);
        assertEquals(question.answer(), tokenizer.decode(asked.answer()).strip());
        assertEquals(2, asked.answer()[asked.answer().length - 1]);
        int[] words = Arrays.copyOf(asked.answer(), asked.answer().length - 1);
        int[] tokens = entry.getKey().tokens.get(question.line());
        boolean found = false;
        for (int i = 0; i + words.length <= tokens.length; i++) {
          found |= Arrays.equals(tokens, i, i + words.length, words, 0, words.length);
        }
        assertTrue(found, "the tokens of " + question + " are not a slice of its line's");
        answers++;
      }
    }
    assertTrue(answers > 4000, "answers: " + answers);
  }

  /** All values of a key in order, those of several keys as they are asked, variables by hops. */
  @Test
  void answersOfSeveralPartsAreAllOfThem() {
    int several = 0;
    for (Map.Entry<Draft, List<Asked>> entry : drawn.entrySet()) {
      for (Asked asked : entry.getValue()) {
        if (!QuestionMaker.SEVERAL.equals(asked.field())) {
          continue;
        }
        String text = asked.question().text();
        List<String> wanted = new ArrayList<>();
        if (text.contains("variables")) {
          String name = text.replaceAll("\\D", "");
          for (String next = name; next != null; ) {
            String from = next;
            next = null;
            for (DraftLine line : entry.getKey().lines) {
              if (line.text().matches("VAR [A-Z]+ = (VAR )?" + from)) {
                next = line.text().substring(4, 9);
                wanted.add(next);
              }
            }
          }
        } else {
          String keys = text.replaceAll(".*for | mentioned.*|[?]", "");
          for (String key : keys.split(", and | and |, ")) {
            for (DraftLine line : entry.getKey().lines) {
              if (line.text().contains(" for " + key + " is: ")) {
                wanted.add(line.text().replaceAll(".* is: |[.]$", ""));
              }
            }
          }
        }
        assertEquals(
            String.join(", ", wanted),
            tokenizer.decode(asked.answer()).strip(),
            "answer of " + text);
        several++;
      }
    }
    assertTrue(several > 30, "questions of several parts: " + several);
  }

  @Test
  void whatIsAskedOfAThingIsSaidOnceOrTheLastCounts() {
    int fields = 0;
    for (Map.Entry<Draft, List<Asked>> entry : drawn.entrySet()) {
      Draft draft = entry.getKey();
      for (Asked asked : entry.getValue()) {
        if (asked.about() == null || asked.question().answer() == null) {
          continue;
        }
        String last = null;
        boolean several = false;
        boolean ordered = true;
        for (DraftLine line : draft.lines) {
          for (Fact fact : line.facts()) {
            if (fact.anchor().equalsIgnoreCase(asked.about())
                && fact.field().equals(asked.field())) {
              several |= last != null && !last.equals(line.value(fact));
              ordered &= fact.ordered();
              last = line.value(fact);
            }
          }
        }
        assertEquals(last, asked.question().answer(), "answer of " + asked.question());
        assertTrue(!several || ordered, asked.question() + " has several answers");
        fields++;
      }
    }
    assertTrue(fields > 2500, "questions of fields: " + fields);
  }

  @Test
  void whatIsNotFoundIsNowhere() {
    int absent = 0;
    for (Map.Entry<Draft, List<Asked>> entry : drawn.entrySet()) {
      Draft draft = entry.getKey();
      for (Asked asked : entry.getValue()) {
        Question question = asked.question();
        if (question.answer() != null) {
          continue;
        }
        if (asked.about() == null) {
          assertFalse(draft.text.contains(question.text()), question.text());
          continue;
        }
        assertTrue(
            question
                .text()
                .toLowerCase(Locale.ROOT)
                .contains(asked.about().toLowerCase(Locale.ROOT)),
            question.text());
        for (DraftLine line : draft.lines) {
          for (Fact fact : line.facts()) {
            assertFalse(
                fact.anchor().equalsIgnoreCase(asked.about()) && fact.field().equals(asked.field()),
                () -> question + " is answered by " + line.text());
          }
        }
        absent++;
      }
    }
    assertTrue(absent > 1200, "questions without an answer: " + absent);
  }

  @Test
  void noQuestionIsAskedTwice() {
    for (List<Asked> asked : drawn.values()) {
      List<String> texts = new ArrayList<>();
      for (Asked one : asked) {
        texts.add(one.question().text().toLowerCase(Locale.ROOT).replaceAll("[?.]+$", ""));
      }
      assertEquals(texts.size(), texts.stream().distinct().count());
    }
  }

  @Test
  void anAmbiguousThingIsNotAsked() {
    DraftLine one =
        new LineBuilder()
            .add("req-1 status=")
            .fact("req-1", null, Field.of("status"), List.of("status"), "ok")
            .build();
    DraftLine two =
        new LineBuilder()
            .add("req-1 status=")
            .fact("req-1", null, Field.of("status"), List.of("status"), "failed")
            .build();
    List<int[]> tokens =
        List.of(Draft.encode(tokenizer, one.text()), Draft.encode(tokenizer, two.text()));
    QuestionMaker maker =
        new QuestionMaker(new Draft(List.of(one, two), tokens, List.of()), tokenizer);
    for (int i = 0; i < 300; i++) {
      Asked asked = maker.answerable(new Rng(i), List.of(0, 1));
      assertTrue(asked == null || asked.about() == null, () -> asked.question().text());
    }
  }

  @Test
  void aThingThatAnotherLineMentionsIsNotAsked() {
    DraftLine one =
        new LineBuilder()
            .add("alice: I like ")
            .fact("alice", null, "likes", List.of(), List.of("What does {k} like?"), "tea", false)
            .build();
    DraftLine other = DraftLine.plain("bob: Alice hates tea");
    List<int[]> tokens =
        List.of(Draft.encode(tokenizer, one.text()), Draft.encode(tokenizer, other.text()));
    Draft alone = new Draft(List.of(one), tokens.subList(0, 1), List.of());
    Draft both = new Draft(List.of(one, other), tokens, List.of());
    assertTrue(alone.anchorIsItsOwn("alice"));
    assertFalse(both.anchorIsItsOwn("alice"));
    boolean asked = false;
    for (int i = 0; i < 100; i++) {
      Asked made = new QuestionMaker(alone, tokenizer).answerable(new Rng(i), List.of(0));
      asked |= made != null && "tea".equals(made.question().answer());
      Asked none = new QuestionMaker(both, tokenizer).answerable(new Rng(i), List.of(0));
      assertTrue(none == null || none.about() == null);
    }
    assertTrue(asked);
  }

  @Test
  void heldOutLogsAreNeverInTraining() {
    int lines = 0;
    List<DraftLine> emitted = new ArrayList<>();
    for (int i = 0; i < 600; i++) {
      Rng rng = Rng.of(5, i);
      Scenario scenario = Scenarios.any(rng, Small.books(), 1000);
      for (int n = 0; n < 20; n++) {
        emitted.clear();
        scenario.emit(rng, emitted);
        for (DraftLine line : emitted) {
          lines++;
          HeldOutLogs.SHAPES.forEach(
              shape -> assertFalse(shape.matcher(line.text()).find(), line.text()));
        }
      }
    }
    assertTrue(lines > 9_000, "lines: " + lines);
  }

  @Test
  void heldOutLogsHaveTheirShapesAndTrueAnswers() {
    for (int kind = 0; kind < HeldOutLogs.kinds(); kind++) {
      Episode episode = HeldOutLogs.episode(3, kind, 100);
      int withAnswer = 0;
      for (String line : episode.lines()) {
        assertTrue(HeldOutLogs.SHAPES.get(kind).matcher(line).find(), line);
      }
      for (Question question : episode.questions()) {
        if (question.answer() == null) {
          assertEquals(Question.NOT_FOUND, question.expected());
        } else {
          String line = episode.lines().get(question.line());
          assertTrue(line.startsWith(question.answer(), question.charStart()), line);
          withAnswer++;
        }
      }
      assertTrue(withAnswer >= 10, "kind " + kind + " has " + withAnswer + " answers");
      assertEquals(episode, HeldOutLogs.episode(3, kind, 100));
    }
  }

  @Test
  void lookAlikesDiffer() {
    Rng rng = new Rng(1);
    for (String text : List.of("req-8123", "3fa9c0de", "alice", "A-17", "node")) {
      for (int i = 0; i < 50; i++) {
        String other = Values.lookAlike(rng, text);
        assertNotNull(other);
        assertEquals(text.length(), other.length());
      }
    }
    assertNull(Field.known("no such field"));
  }
}
