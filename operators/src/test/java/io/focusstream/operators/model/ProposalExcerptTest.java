package io.focusstream.operators.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Some tokens of a chunk as a source of their own, before whole chunks are asked. */
class ProposalExcerptTest extends ProposalFixture {
  /** All of a chunk, or of the tail, is what that is: and its part is the chunk's part. */
  @Test
  void anExcerptOfAllSaysWhatTheWholeSays() {
    int[] tail = tokens(99, 30);
    for (int at = 0; at < 3; at++) {
      List<int[]> two = chunks(2);
      int[] whole = at < 2 ? two.get(at) : tail;
      float[] alone;
      try (AnswerDecoder decoder = begin(List.of(whole), PROMPT, new int[0])) {
        alone = decoder.first().relevance();
      }
      float[] sources;
      float[] without;
      AnswerDecoder.Step step;
      try (AnswerDecoder decoder = begin(two, PROMPT, tail)) {
        without = decoder.first().relevance();
      }
      try (AnswerDecoder decoder =
          begin(two, PROMPT, tail, List.of(excerpt(at, 0, whole.length)))) {
        step = decoder.first();
        sources = step.relevance();
      }
      assertEquals(3, step.attention().length);
      if (at < 2) {
        assertEquals(alone[0], sources[at], 1e-5);
      }
      for (int i = 0; i < 2; i++) {
        assertEquals(without[i], sources[i], 1e-5, "chunk " + i);
      }
      // the newest that is sure takes what it can get: an excerpt is newer than all chunks
      double odds = Math.pow(alone[0] / (1 - alone[0]), 2);
      assertTrue(step.attention()[at] >= odds / (9 + odds) * 0.9, "part " + step.attention()[at]);
    }
  }

  /** Moved together, the lowest layer's keys are those of the tokens alone. */
  @Test
  void anExcerptIsAsIfNothingHadStoodBetween() {
    int[] chunk = tokens(5, 30);
    int[] columns = {3, 4, 5, 17, 18, 29};
    int[] alone = Arrays.stream(columns).map(i -> chunk[i]).toArray();
    try (NDManager own = model.newManager()) {
      FocusModel.States some = model.excerpt(own, states(chunk), columns);
      FocusModel.States wanted =
          model.take(own, model.prefill(own, List.of(alone)), 0, alone.length);
      assertArrayEquals(
          wanted.keys().get("0").toFloatArray(), some.keys().get("0").toFloatArray(), 1e-5f);
      assertArrayEquals(
          wanted.values().get("0").toFloatArray(), some.values().get("0").toFloatArray(), 1e-5f);
      assertEquals(wanted.keys().getShape(), some.keys().getShape());
    }
  }

  /** As if all had been asked at once, from the step on in which they are needed. */
  @Test
  void wholeChunksAreAskedWhenExcerptsAreNotSure() {
    List<int[]> many = chunks(70);
    List<Excerpt> some = List.of(excerpt(3, 2, 9), excerpt(40, 1, 6), excerpt(70, 1, 12));
    int[] tail = tokens(99, 30);
    int atOnce = 0;
    int later = 0;
    int never = 0;
    for (double left : new double[] {0, 1e-12, 1e-10, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3}) {
      int[] question = tokens(300 + (long) (1e6 * left), 6);
      AtomicInteger brought = new AtomicInteger();
      try (ProposalDecoder eager = begin(many, question, tail, some);
          ProposalDecoder lazy = new ProposalDecoder(model, question, tail, 20, left)) {
        lazy.excerpt(3, states(many.get(3)), some.get(0).tokens());
        lazy.excerpt(40, states(many.get(40)), some.get(1).tokens());
        lazy.excerptOfTail(some.get(2).tokens());
        lazy.askLater(
            many.size(),
            false,
            () -> {
              brought.incrementAndGet();
              add(lazy, many);
            });
        AnswerDecoder.Step wanted = eager.first();
        AnswerDecoder.Step step = lazy.first();
        atOnce += brought.get();
        int begun = brought.get();
        for (int i = 0; i < 12; i++) {
          assertEquals(71, step.attention().length);
          assertEquals(brought.get() == 1, lazy.hasAskedAll());
          if (lazy.hasAskedAll()) {
            assertArrayEquals(wanted.relevance(), step.relevance(), 1e-4f, "step " + i);
          }
          int token = TokenChoice.likeliest(wanted.logits());
          wanted = eager.next(token);
          step = lazy.next(token);
        }
        later += brought.get() - begun;
        never += 1 - brought.get();
      }
    }
    assertTrue(
        atOnce > 0 && later > 0 && never > 0, atOnce + ", " + later + " and " + never + " times");
  }

  @Test
  void linesThatHaveWhatIsNamedNeedNotBeAsSure() {
    List<int[]> many = chunks(3);
    int onlyWithout = 0;
    for (int seed = 0; seed < 60; seed++) {
      boolean[] asked = new boolean[2];
      for (int naming = 0; naming < 2; naming++) {
        try (ProposalDecoder decoder = model.propose(tokens(700 + seed, 6), new int[0], 20)) {
          decoder.excerpt(1, states(many.get(1)), new int[] {2 + seed % 5, 9});
          decoder.askLater(many.size(), naming == 1, () -> add(decoder, many));
          decoder.first();
          asked[naming] = decoder.hasAskedAll();
        }
      }
      assertTrue(asked[0] || !asked[1], "seed " + seed + ": asked because lines name it");
      onlyWithout += asked[0] && !asked[1] ? 1 : 0;
    }
    assertTrue(onlyWithout > 0, "naming made no difference");
  }

  @Test
  void whereWhatIsNamedStandsNowhereSourcesMustBeSurer() {
    List<int[]> many = chunks(3);
    double[] none = new double[2];
    for (int doubted = 0; doubted < 2; doubted++) {
      try (ProposalDecoder decoder = begin(many, PROMPT, new int[0])) {
        if (doubted == 1) {
          decoder.doubt();
        }
        none[doubted] = 1;
        for (float part : decoder.first().attention()) {
          none[doubted] -= part;
        }
        assertThrows(IllegalStateException.class, decoder::doubt);
      }
    }
    assertTrue(none[1] > none[0], "said without any: " + Arrays.toString(none));
  }

  @Test
  void chunksThatWereToBeAddedLaterMustAllBe() {
    try (ProposalDecoder decoder = model.propose(PROMPT, new int[0], 4)) {
      decoder.askLater(3, false, () -> add(decoder, chunks(2)));
      assertTrue(
          assertThrows(IllegalStateException.class, decoder::first).getMessage().contains("3"));
    }
  }

  /** A rule that lets nothing follow but the first token of what is copied from. */
  private static CopyRule onlyTheFirst(Set<Integer> covered) {
    return new CopyRule() {
      @Override
      public boolean covers(int token) {
        return covered.contains(token);
      }

      @Override
      public int[] next(int[] text, int[] said) {
        return said.length == 0 ? new int[0] : new int[] {text[0]};
      }

      @Override
      public boolean repeats(int[] text, int[] said, int token) {
        return false;
      }

      @Override
      public Map<Integer, Double> labelled(int[] text, int[] said) {
        return Map.of();
      }
    };
  }

  /** Steps that are made ahead too; an excerpt's text is that of its tokens. */
  @Test
  void whoSpeaksIsHeldToItsText() {
    List<int[]> many = chunks(5);
    int[] tail = tokens(99, 30);
    Set<Integer> all = IntStream.range(0, VOCABULARY).boxed().collect(Collectors.toSet());
    Set<Integer> firsts = new HashSet<>(List.of(tail[0], many.get(1)[4], many.get(4)[3]));
    many.forEach(chunk -> firsts.add(chunk[0]));
    Set<Integer> saidWith = new HashSet<>();
    int free = 0;
    for (int seed = 0; seed < 12; seed++) {
      int[] question = tokens(400 + seed, 5);
      for (Set<Integer> covered : List.of(all, Set.<Integer>of())) {
        try (ProposalDecoder decoder = model.propose(question, tail, 20)) {
          decoder.copying(onlyTheFirst(covered), many);
          decoder.excerpt(1, states(many.get(1)), new int[] {4, 5, 9});
          decoder.excerpt(4, states(many.get(4)), new int[] {3, 6});
          add(decoder, many);
          AnswerDecoder.Step step = decoder.first();
          for (int i = 0; i < 9; i++) {
            step = decoder.next(TokenChoice.likeliest(step.logits()));
            double alone = 1;
            for (float part : step.attention()) {
              alone -= part;
            }
            int token = TokenChoice.likeliest(step.logits());
            if (alone < 0.3 && covered == all) {
              assertTrue(firsts.contains(token), "seed " + seed + " step " + i + ": " + token);
              saidWith.add(token);
            } else if (covered.isEmpty() && !firsts.contains(token)) {
              free++;
            }
          }
        }
      }
    }
    assertTrue(saidWith.size() > 1, "said: " + saidWith);
    assertTrue(free > 0, "without a rule nothing else was said either");
  }

  @Test
  void whatIsCopiedFromIsSaidFirst() {
    try (ProposalDecoder decoder = begin(chunks(2), PROMPT, new int[0])) {
      decoder.first();
      assertThrows(
          IllegalStateException.class, () -> decoder.copying(onlyTheFirst(Set.of()), chunks(2)));
    }
  }

  @Test
  void chunksThatAreLeftOutSayNothingMoreButWhatWasExcerptedOfThemDoes() {
    List<int[]> many = chunks(70);
    List<Excerpt> some = List.of(excerpt(3, 2, 9), excerpt(70, 1, 12));
    float[] whole;
    float[] kept;
    try (AnswerDecoder decoder = begin(many, PROMPT, tokens(99, 30), some)) {
      decoder.first();
      whole = decoder.next(12).relevance();
    }
    try (AnswerDecoder decoder = begin(many, PROMPT, tokens(99, 30), some)) {
      decoder.first();
      decoder.keep(new int[] {2, 66});
      kept = decoder.next(12).relevance();
    }
    for (int i = 0; i < 70; i++) {
      if (i == 3) {
        assertTrue(kept[i] > 0 && kept[i] <= whole[i] + 1e-5, "its excerpt goes on");
      } else {
        assertEquals(i == 2 || i == 66 ? whole[i] : 0, kept[i], 1e-5, "chunk " + i);
      }
    }
  }
}
