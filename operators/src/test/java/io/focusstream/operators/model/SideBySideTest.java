package io.focusstream.operators.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Batches that each have a core for themselves, and sources that share a batch. */
class SideBySideTest extends ProposalFixture {
  /** The same answer, token by token, whether the tail lies in a batch with chunks or apart. */
  @Test
  void theTailBesideTheLastChunksSaysWhatItSaysApart() {
    for (int count : new int[] {1, 5, 70}) {
      for (int tail : new int[] {0, 20, 41}) {
        List<int[]> some = chunks(count);
        try (AnswerDecoder apart = begin(some, PROMPT, tokens(99, tail));
            ProposalDecoder together = model.propose(PROMPT, tokens(99, tail), 20)) {
          together.expect(count);
          add(together, some);
          AnswerDecoder.Step expected = apart.first();
          AnswerDecoder.Step step = together.first();
          for (int i = 0; i < 9; i++) {
            assertArrayEquals(expected.logits(), step.logits(), 1e-4f);
            assertArrayEquals(expected.relevance(), step.relevance(), 1e-5f);
            assertArrayEquals(expected.attention(), step.attention(), 1e-5f);
            int token = i == 5 ? 11 : TokenChoice.likeliest(expected.logits());
            expected = apart.next(token);
            step = together.next(token);
          }
        }
      }
    }
  }

  @Test
  void chunksAreLeftOutOfABatchThatTheTailIsInToo() {
    List<int[]> many = chunks(70);
    try (AnswerDecoder apart = begin(many, PROMPT, tokens(99, 30));
        ProposalDecoder together = model.propose(PROMPT, tokens(99, 30), 20)) {
      together.expect(70);
      add(together, many);
      apart.first();
      together.first();
      apart.keep(new int[] {2, 66});
      together.keep(new int[] {2, 66});
      assertArrayEquals(apart.next(12).logits(), together.next(12).logits(), 1e-4f);
      assertArrayEquals(apart.next(13).relevance(), together.next(13).relevance(), 1e-5f);
    }
  }

  @Test
  void whatIsExpectedIsSaidFirstAndNoMoreComes() {
    try (ProposalDecoder decoder = model.propose(PROMPT, tokens(99, 30), 20)) {
      add(decoder, chunks(2));
      assertThrows(IllegalStateException.class, () -> decoder.expect(3));
    }
    try (ProposalDecoder decoder = model.propose(PROMPT, tokens(99, 10), 20)) {
      decoder.expect(2);
      add(decoder, chunks(2));
      // the tail is read by now
      assertThrows(IllegalStateException.class, () -> decoder.excerptOfTail(new int[] {1, 2, 3}));
      assertThrows(IllegalStateException.class, () -> add(decoder, chunks(1)));
    }
  }

  @Test
  void chunksAreSharedOutEvenlyAmongTheCores() {
    try (FocusModel other = new FocusModel(checkpoint, Device.cpu(), Precision.BFLOAT16)) {
      int cores = JniUtils.getNumThreads();
      assumeTrue(cores > 1, "one core: nothing is shared out");
      assertTrue(other.chunksABatch(0) > 0);
      assertTrue(other.parts(List.of(), 1).isEmpty());
      for (int count : new int[] {1, 2, 7, 128, 513, 5000}) {
        int each = other.chunksABatch(count);
        int batches = (count + each - 1) / each;
        assertTrue(each <= ChunkBatch.CHUNKS_A_CORE, "a batch has at most as many");
        assertTrue(batches <= cores || each > ChunkBatch.CHUNKS_A_CORE / 2, count + " chunks");
        assertTrue(each * cores >= count || batches > cores, count + " chunks");
        for (int enough : new int[] {1, 4, 1000}) {
          List<List<Integer>> parts =
              other.parts(IntStream.range(0, count).boxed().toList(), enough);
          assertTrue(parts.size() > 1 || count == 1);
          List<Integer> joined = new ArrayList<>();
          for (List<Integer> part : parts) {
            assertTrue(part.size() <= enough && !part.isEmpty());
            joined.addAll(part);
          }
          assertEquals(IntStream.range(0, count).boxed().toList(), joined);
        }
      }
    }
    // float32 has all cores for one
    assertEquals(1, model.parts(List.of(1, 2, 3), 1).size());
    assertEquals(ChunkBatch.MOST_CHUNKS, model.chunksABatch(7));
  }
}
