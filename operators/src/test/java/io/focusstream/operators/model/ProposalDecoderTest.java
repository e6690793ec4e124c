package io.focusstream.operators.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import io.focusstream.operators.model.checkpoint.CheckpointFolder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What sources say together, by the formula. */
class ProposalDecoderTest extends ProposalFixture {
  /** One chunk, by the formula: what the plain decoder says with it and without it. */
  @Test
  void aChunkProposesWhatTheDecoderSaysAfterIt() {
    int[] chunk = tokens(1, 40);
    float[] with = plain(chunk, PROMPT);
    float[] without = plain(PROMPT);
    double claims = logSumExp(with, ABSTAIN);
    float logOdds = (float) (claims - with[ABSTAIN]);
    ProposalWeights weights = ProposalWeights.first(new float[] {logOdds});
    double all = logSumExp(without, ABSTAIN);

    for (boolean asTail : new boolean[] {false, true}) {
      try (AnswerDecoder decoder =
          asTail ? begin(List.of(), PROMPT, chunk) : begin(List.of(chunk), PROMPT, new int[0])) {
        AnswerDecoder.Step step = decoder.first();
        for (int token = 0; token < VOCABULARY; token++) {
          if (token == ABSTAIN) {
            assertEquals(Float.NEGATIVE_INFINITY, step.logits()[token], "never said");
            continue;
          }
          double proposed = weights.parts()[0] * Math.exp(with[token] - claims);
          double expected = Math.log(proposed + weights.none() * Math.exp(without[token] - all));
          assertEquals(expected, step.logits()[token], 1e-4, "token " + token);
        }
        assertEquals(asTail ? 1 : 2, step.attention().length);
        assertTrue(step.attention()[0] > 0);
      }
    }
  }

  @Test
  void inABatchAChunkProposesWhatItProposesAlone() {
    List<int[]> many = chunks(70);
    try (AnswerDecoder together = begin(many, PROMPT, tokens(99, 30))) {
      float[] all = together.first().relevance();
      assertEquals(70, all.length);
      for (int i : new int[] {0, 3, 63, 64, 69}) {
        try (AnswerDecoder alone = begin(many.subList(i, i + 1), PROMPT, new int[0])) {
          assertEquals(alone.first().relevance()[0], all[i], 1e-5, "chunk " + i);
        }
      }
    }
  }

  @Test
  void aFurtherTokenIsAsIfItHadBeenAsked() {
    int[] answer = tokens(55, 18);
    int[] longer = Arrays.copyOf(PROMPT, PROMPT.length + answer.length);
    System.arraycopy(answer, 0, longer, PROMPT.length, answer.length);
    float[] stepped;
    try (AnswerDecoder decoder = begin(chunks(5), PROMPT, tokens(99, 30))) {
      AnswerDecoder.Step step = decoder.first();
      for (int token : answer) {
        step = decoder.next(token);
      }
      stepped = step.relevance();
    }
    try (AnswerDecoder decoder = begin(chunks(5), longer, tokens(99, 30))) {
      assertArrayEquals(decoder.first().relevance(), stepped, 1e-5f);
    }
  }

  /** Greedy, so that steps are made ahead; against each step asked anew, which none is. */
  @Test
  void whatIsMadeAheadIsWhatWouldHaveBeenSaidTokenByToken() {
    List<int[]> many = chunks(6);
    for (int seed = 0; seed < 6; seed++) {
      int[] question = tokens(200 + seed, 5 + seed);
      List<Integer> said = new ArrayList<>();
      List<Excerpt> some =
          seed % 2 == 0 ? List.of() : List.of(excerpt(1, 2, 9), excerpt(4, 0, 7), excerpt(6, 3, 8));
      try (AnswerDecoder decoder = begin(many, question, tokens(99, 30), some)) {
        AnswerDecoder.Step step = decoder.first();
        for (int i = 0; i < 14; i++) {
          int token = TokenChoice.likeliest(step.logits());
          if (seed % 3 == 2 && i % 5 == 4) {
            // one that nobody expected
            token = 8 + (token + 1) % 300;
          }
          said.add(token);
          step = decoder.next(token);
          int[] longer = Arrays.copyOf(question, question.length + said.size());
          for (int j = 0; j < said.size(); j++) {
            longer[question.length + j] = said.get(j);
          }
          try (AnswerDecoder anew = begin(many, longer, tokens(99, 30), some)) {
            assertArrayEquals(
                anew.first().relevance(), step.relevance(), 1e-4f, "seed " + seed + " step " + i);
          }
        }
      }
    }
  }

  @Test
  void chunksThatAreLeftOutSayNothingMore() {
    List<int[]> many = chunks(70);
    float[] whole;
    float[] kept;
    try (AnswerDecoder decoder = begin(many, PROMPT, tokens(99, 30))) {
      decoder.first();
      whole = decoder.next(12).relevance();
    }
    try (AnswerDecoder decoder = begin(many, PROMPT, tokens(99, 30))) {
      decoder.first();
      decoder.keep(new int[] {2, 66});
      AnswerDecoder.Step step = decoder.next(12);
      kept = step.relevance();
      assertEquals(71, step.attention().length);
    }
    for (int i = 0; i < 70; i++) {
      assertEquals(i == 2 || i == 66 ? whole[i] : 0, kept[i], 1e-5, "chunk " + i);
    }
  }

  @Test
  void aModelWithoutATokenToAbstainWithIsRefused() throws Exception {
    Path golden =
        Path.of(getClass().getResource("/golden/gqa-partial/config.json").toURI()).getParent();
    try (CheckpointFolder plain = CheckpointFolder.open(golden);
        FocusModel other = new FocusModel(plain, Device.cpu(), Precision.FLOAT32)) {
      String message =
          assertThrows(IllegalArgumentException.class, () -> other.propose(PROMPT, new int[0], 1))
              .getMessage();
      assertTrue(message.contains("abstain_token_id") && message.contains("decoder"), message);
    }
  }

  /**
   * What follows in a stream, by the formula: each source as the plain decoder, and the mixture.
   */
  @Test
  void aStreamGoesOnAsItsSourcesSayTogether() {
    List<int[]> sources = List.of(tokens(1, 20), tokens(2, 31), tokens(3, 9));
    int[] tail = sources.get(2);
    int[] all = tokens(4, 3 + 40);
    SourceMixture mixture = new SourceMixture(sources.size());
    double[] expected = new double[40];
    for (int i = 1; i < all.length; i++) {
      double[] found = new double[sources.size()];
      for (int source = 0; source < found.length; source++) {
        float[] logits = plain(sources.get(source), Arrays.copyOf(all, i));
        found[source] = logits[all[i]] - logSumExp(logits, ABSTAIN);
      }
      double one = mixture.next(found);
      if (i >= 3) {
        expected[i - 3] = one;
      }
    }
    int[] prompt = Arrays.copyOf(all, 3);
    int[] continuation = Arrays.copyOfRange(all, 3, all.length);
    try (StreamScorer scorer = model.score(tail, prompt, continuation)) {
      for (int[] chunk : sources.subList(0, 2)) {
        scorer.add(
            List.of(model.take(manager, model.prefill(manager, List.of(chunk)), 0, chunk.length)));
      }
      assertArrayEquals(expected, scorer.score(), 1e-4);
    }
    // a tail that is empty says what the model says without anything
    try (StreamScorer scorer = model.score(new int[0], prompt, continuation)) {
      float[] logits = plain(prompt);
      assertEquals(logits[continuation[0]] - logSumExp(logits, ABSTAIN), scorer.score()[0], 1e-4);
    }
  }
}
