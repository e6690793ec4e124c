package io.focusstream.operators.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Steps of several questions, finished together. */
class ProposalRunsTest extends ProposalFixture {
  private static final int STEPS = 7;

  /** One question's chunks, prompt and tail. */
  private record Question(List<int[]> chunks, int[] prompt, int[] tail, List<Excerpt> excerpts) {
    /** What is said after a step: what it says, which is drafted ahead, or now and then another. */
    int said(int at, AnswerDecoder.Step step) {
      return (at + prompt.length) % 4 == 0
          ? 20 + (at * 7 + prompt.length) % 11
          : TokenChoice.likeliest(step.logits());
    }
  }

  private static List<Question> questions() {
    List<Question> all = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      // of the third, fourth, … some lines are asked first, and whole chunks when these aren't sure
      List<Excerpt> excerpts = i < 3 ? List.of() : List.of(excerpt(0, 1, 8), excerpt(1, 2, 5 + i));
      all.add(
          new Question(
              chunks(2 + 17 * i % 70), tokens(50 + i, 4 + 3 * i), tokens(9, 8 * i), excerpts));
    }
    return all;
  }

  private ProposalDecoder begin(FocusModel of, Question question) {
    ProposalDecoder decoder = of.propose(question.prompt(), question.tail(), 20);
    List<FocusModel.States> states =
        question.chunks().stream()
            .map(chunk -> of.take(manager, of.prefill(manager, List.of(chunk)), 0, chunk.length))
            .toList();
    for (Excerpt excerpt : question.excerpts()) {
      decoder.excerpt(excerpt.chunk(), states.get(excerpt.chunk()), excerpt.tokens());
    }
    if (question.excerpts().isEmpty()) {
      decoder.expect(states.size());
      decoder.add(states);
    } else {
      decoder.askLater(states.size(), false, () -> decoder.add(states));
    }
    return decoder;
  }

  private void assertTogetherIsAsAlone(FocusModel of, float tolerance) {
    List<Question> questions = questions();
    List<List<AnswerDecoder.Step>> alone = new ArrayList<>();
    for (Question question : questions) {
      try (ProposalDecoder decoder = begin(of, question)) {
        List<AnswerDecoder.Step> steps = new ArrayList<>(List.of(decoder.first()));
        for (int i = 0; i < STEPS; i++) {
          steps.add(decoder.next(question.said(i, steps.get(i))));
        }
        alone.add(steps);
      }
    }
    List<ProposalDecoder> decoders = questions.stream().map(one -> begin(of, one)).toList();
    for (int step = 0; step <= STEPS; step++) {
      List<MovingStage<AnswerDecoder.Step>> steps = new ArrayList<>();
      List<AnswerDecoder.Step> given = new ArrayList<>(Collections.nCopies(decoders.size(), null));
      for (int i = 0; i < decoders.size(); i++) {
        int at = i;
        steps.add(
            new MovingStage<>(
                step == 0
                    ? decoders.get(i).toFirst()
                    : decoders
                        .get(i)
                        .toNext(questions.get(i).said(step - 1, alone.get(i).get(step - 1))),
                (result, failure) -> {
                  assertNull(failure);
                  assertNull(given.set(at, result), "told twice");
                }));
      }
      of.finish(steps);
      for (int i = 0; i < decoders.size(); i++) {
        AnswerDecoder.Step expected = alone.get(i).get(step);
        assertArrayEquals(expected.logits(), given.get(i).logits(), tolerance);
        assertArrayEquals(expected.attention(), given.get(i).attention(), tolerance);
        assertArrayEquals(expected.relevance(), given.get(i).relevance(), tolerance);
      }
    }
    decoders.forEach(ProposalDecoder::close);
  }

  @Test
  void stepsTogetherGiveWhatEachGivesAlone() {
    assertTogetherIsAsAlone(model, 1e-4f);
  }

  @Test
  void stepsTogetherGiveWhatEachGivesAloneInBfloat16() {
    try (FocusModel other = new FocusModel(checkpoint, Device.cpu(), Precision.BFLOAT16)) {
      assertTogetherIsAsAlone(other, 0.03f);
    }
  }

  /** The batch of one is closed, another's step throws when its batches have been run. */
  @Test
  void aFailureOfOneIsNoneOfTheOthers() {
    List<Question> questions = questions().subList(0, 4);
    float[] expected;
    try (ProposalDecoder decoder = begin(model, questions.get(0))) {
      decoder.first();
      expected = decoder.next(11).logits();
    }
    List<ProposalDecoder> decoders = questions.stream().map(one -> begin(model, one)).toList();
    decoders.forEach(ProposalDecoder::first);
    List<Throwable> failures = new ArrayList<>(Collections.nCopies(4, null));
    List<AnswerDecoder.Step> given = new ArrayList<>(Collections.nCopies(4, null));
    List<MovingStage<AnswerDecoder.Step>> steps = new ArrayList<>();
    IllegalStateException thrown = new IllegalStateException("of the third");
    for (int i = 0; i < 4; i++) {
      int at = i;
      Stage<AnswerDecoder.Step> stage = decoders.get(i).toNext(11);
      steps.add(
          new MovingStage<>(
              at != 2
                  ? stage
                  : stage.then(
                      step -> {
                        throw thrown;
                      }),
              (result, failure) -> {
                given.set(at, result);
                failures.set(at, failure);
              }));
    }
    decoders.get(1).close();
    model.finish(steps);
    assertNull(failures.get(0));
    assertArrayEquals(expected, given.get(0).logits(), 1e-4f);
    assertTrue(failures.get(1) instanceof RuntimeException, String.valueOf(failures.get(1)));
    assertSame(thrown, failures.get(2));
    assertNull(failures.get(3));
    // the tokens joined the prompts once, although the batches ran twice
    float[] next = decoders.get(0).next(12).logits();
    try (ProposalDecoder decoder = begin(model, questions.get(0))) {
      decoder.first();
      decoder.next(11);
      assertArrayEquals(decoder.next(12).logits(), next, 1e-4f);
    }
    decoders.forEach(ProposalDecoder::close);
  }

  @Test
  void whatHasItsResultIsToldAtOnceAndNothingRuns() {
    List<String> told = new ArrayList<>();
    model.finish(
        List.of(
            new MovingStage<>(Stage.of("a"), (result, failure) -> told.add(result)),
            new MovingStage<>(Stage.of("b"), (result, failure) -> told.add(result))));
    model.finish(List.<MovingStage<String>>of());
    assertEquals(List.of("a", "b"), told);
  }

  @Test
  void groupsAreAsManyAsCoresAndNoneTooLarge() {
    SplittableRandom random = new SplittableRandom(3);
    for (int cores : new int[] {1, 2, 5}) {
      ProposalRuns runs = new ProposalRuns(model, cores);
      assertEquals(List.of(), runs.groups(new int[0]));
      for (int count : new int[] {1, 2, 3, 20, 90}) {
        for (int most : new int[] {3, 60, 900}) {
          int[] rows = random.ints(count, 1, most).toArray();
          List<List<Integer>> groups = runs.groups(rows);
          assertEquals(
              IntStream.range(0, count).boxed().toList(),
              groups.stream().flatMap(List::stream).sorted().toList());
          assertTrue(groups.size() >= Math.min(cores, count));
          int all = IntStream.of(rows).sum();
          boolean large = false;
          for (List<Integer> group : groups) {
            int size = group.stream().mapToInt(i -> rows[i]).sum();
            assertTrue(group.size() == 1 || size <= ProposalRuns.MOST_ROWS, "rows: " + size);
            large |= size > ProposalRuns.MOST_ROWS / 2;
          }
          assertTrue(groups.size() <= cores || large, groups.size() + " groups of " + all);
        }
      }
    }
    // equally large, and the order within is that of their size
    ProposalRuns two = new ProposalRuns(model, 2);
    assertEquals(List.of(List.of(1), List.of(3, 0, 2)), two.groups(new int[] {2, 9, 1, 3}));
  }

  @Test
  void aStageSaysWhatHasToBeRunBeforeItHasAResult() {
    try (NDManager own = model.newManager()) {
      ChunkBatch batch = new ChunkBatch(model, own, List.of(states(tokens(1, 9))), 4);
      ProposalRun run = new ProposalRun(batch, own, new int[] {8, 9}, true);
      assertEquals(2, run.rows());
      Stage<Integer> stage =
          Stage.running(List.of(run)).then(outputs -> Stage.of(outputs.size())).then(Stage::of);
      assertFalse(stage.hasResult());
      assertEquals(List.of(run), stage.runs());
      assertEquals(1, model.finish(stage));
      assertEquals(2, batch.prompt());
    }
  }
}
