package io.focusstream.operators.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import io.focusstream.operators.model.checkpoint.CheckpointFolder;
import io.focusstream.operators.model.checkpoint.FocusSettings.LocalMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Over the golden checkpoint's random weights, one of its tokens taken for abstaining. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProposalDecoderTest {
  private static final int VOCABULARY = 320;
  private static final int ABSTAIN = 7;
  private static final int[] PROMPT = tokens(98, 9);

  @TempDir static Path folder;
  private CheckpointFolder checkpoint;
  private FocusModel model;
  private NDManager manager;

  @BeforeAll
  void load() throws Exception {
    Path golden =
        Path.of(getClass().getResource("/golden/gqa-partial/config.json").toURI()).getParent();
    Files.copy(golden.resolve("model.safetensors"), folder.resolve("model.safetensors"));
    String config = Files.readString(golden.resolve("config.json"));
    String changed =
        config.replaceFirst(
            "\"focus\": *\\{",
            "\"focus\": {\"readout\": \"proposals\", \"abstain_token_id\": " + ABSTAIN + ",");
    assertTrue(!changed.equals(config), "the golden config has no focus object");
    Files.writeString(folder.resolve("config.json"), changed);
    checkpoint = CheckpointFolder.open(folder);
    model = new FocusModel(checkpoint, Device.cpu(), Precision.FLOAT32);
    manager = model.newManager();
  }

  @AfterAll
  void close() throws IOException {
    manager.close();
    model.close();
    checkpoint.close();
  }

  private static int[] tokens(long seed, int count) {
    return new SplittableRandom(seed).ints(count, 8, VOCABULARY).toArray();
  }

  private static List<int[]> chunks(int count) {
    List<int[]> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      all.add(tokens(i, 12 + 7 * (i % 5)));
    }
    return all;
  }

  private FocusModel.States states(int[] chunk) {
    return model.take(manager, model.prefill(manager, List.of(chunk)), 0, chunk.length);
  }

  private void add(ProposalDecoder decoder, List<int[]> chunks) {
    for (int from = 0; from < chunks.size(); from += AnswerDecoder.CHUNKS_A_BATCH) {
      decoder.add(
          chunks
              .subList(from, Math.min(chunks.size(), from + AnswerDecoder.CHUNKS_A_BATCH))
              .stream()
              .map(this::states)
              .toList());
    }
  }

  private ProposalDecoder begin(List<int[]> chunks, int[] prompt, int[] tail) {
    return begin(chunks, prompt, tail, List.of());
  }

  private ProposalDecoder begin(
      List<int[]> chunks, int[] prompt, int[] tail, List<Excerpt> excerpts) {
    ProposalDecoder decoder = model.propose(prompt, tail, 20);
    for (Excerpt excerpt : excerpts) {
      if (excerpt.chunk() == chunks.size()) {
        decoder.excerptOfTail(excerpt.tokens());
      } else {
        decoder.excerpt(excerpt.chunk(), states(chunks.get(excerpt.chunk())), excerpt.tokens());
      }
    }
    add(decoder, chunks);
    return decoder;
  }

  private record Excerpt(int chunk, int[] tokens) {}

  private float[] plain(int[]... tokens) {
    int[] all = Arrays.stream(tokens).flatMapToInt(Arrays::stream).toArray();
    try (AnswerDecoder decoder =
        model.ask(all, new ParallelDecoder.Local(all, 0, 0), 1, LocalMode.INCREMENTAL)) {
      return decoder.first().logits();
    }
  }

  private static double logSumExp(float[] logits, int without) {
    double sum = 0;
    for (int i = 0; i < logits.length; i++) {
      sum += i == without ? 0 : Math.exp(logits[i]);
    }
    return Math.log(sum);
  }

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
          int token = likeliest(step.logits());
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

  private static Excerpt excerpt(int chunk, int from, int to) {
    return new Excerpt(chunk, IntStream.range(from, to).toArray());
  }

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
          int token = likeliest(wanted.logits());
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
  void chunksThatWereToBeAddedLaterMustAllBe() {
    try (ProposalDecoder decoder = model.propose(PROMPT, new int[0], 4)) {
      decoder.askLater(3, () -> add(decoder, chunks(2)));
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
            step = decoder.next(likeliest(step.logits()));
            double alone = 1;
            for (float part : step.attention()) {
              alone -= part;
            }
            int token = likeliest(step.logits());
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

  private static int likeliest(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      best = logits[i] > logits[best] ? i : best;
    }
    return best;
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

  private TrainableModel learner() {
    var loaded = new java.util.LinkedHashMap<String, float[]>();
    for (String name : ModelWeights.names(checkpoint.config())) {
      String stored = checkpoint.has(name) ? name : name.replace("beacon_", "");
      loaded.put(name, checkpoint.tensor(stored).toFloats());
    }
    return new TrainableModel(
        checkpoint.config(), loaded, TrainableModel.Part.BASE, Device.cpu(), Precision.FLOAT32);
  }

  /**
   * Questions behind some of a chunk's columns, and behind all of them, learn what they are asked.
   */
  @Test
  void anExcerptIsLearntAsItIsRead() {
    int[] chunk = tokens(5, 30);
    int[][] columns = {{3, 4, 5, 17, 18, 29}, null, {0, 1, 28}};
    int length = chunk.length + columns.length * PROMPT.length;
    int[] all = Arrays.copyOf(chunk, length);
    int[] positions = IntStream.range(0, length).toArray();
    int[] segments = new int[length];
    int[] targets = new int[length];
    float[] weights = new float[length];
    double expected = 0;
    for (int n = 0; n < columns.length; n++) {
      int at = chunk.length + n * PROMPT.length;
      System.arraycopy(PROMPT, 0, all, at, PROMPT.length);
      Arrays.fill(segments, at, at + PROMPT.length, n + 1);
      int seen = columns[n] == null ? chunk.length : columns[n].length;
      for (int i = 0; i < PROMPT.length; i++) {
        positions[at + i] = seen + i;
      }
      targets[at + PROMPT.length - 1] = ABSTAIN;
      weights[at + PROMPT.length - 1] = 1;
      try (ProposalDecoder decoder = model.propose(PROMPT, new int[0], 20)) {
        FocusModel.States states = states(chunk);
        decoder.add(
            List.of(columns[n] == null ? states : model.excerpt(manager, states, columns[n])));
        expected -= Math.log(1 - decoder.first().relevance()[0]);
      }
    }
    try (TrainableModel learner = learner()) {
      TrainableModel.Result result =
          learner.proposals(
              new ProposalRows(
                  new int[][] {all},
                  new int[][] {positions},
                  new int[][] {segments},
                  new int[][] {targets},
                  new float[][] {weights},
                  new int[][][] {columns}),
              ABSTAIN);
      assertEquals(expected, result.loss() * result.weight(), 1e-3);
    }
  }

  /** Behind a chunk a question learns as if it stood there alone. */
  @Test
  void questionsBehindAChunkDoNotSeeOneAnother() {
    int[] chunk = tokens(1, 20);
    int[] first = tokens(2, 7);
    int[] second = tokens(3, 11);
    try (TrainableModel learner = learner()) {
      double alone = 0;
      for (int[] question : List.of(first, second)) {
        int[] all = Arrays.copyOf(chunk, chunk.length + question.length);
        System.arraycopy(question, 0, all, chunk.length, question.length);
        float[] weights = new float[all.length];
        Arrays.fill(weights, chunk.length + 1, all.length, 1);
        TrainableModel.Result result =
            learner.sequences(new int[][] {all}, new float[][] {weights});
        alone += result.loss() * result.weight();
      }
      int length = chunk.length + first.length + second.length;
      int[] tokens = Arrays.copyOf(chunk, length);
      int[] positions = new int[length];
      int[] segments = new int[length];
      int[] targets = new int[length];
      float[] weights = new float[length];
      int at = 0;
      for (; at < chunk.length; at++) {
        positions[at] = at;
      }
      for (int[] question : List.of(first, second)) {
        for (int i = 0; i < question.length; i++, at++) {
          tokens[at] = question[i];
          positions[at] = chunk.length + i;
          segments[at] = question == first ? 1 : 2;
          if (i + 1 < question.length) {
            targets[at] = question[i + 1];
            weights[at] = 1;
          }
        }
      }
      TrainableModel.Result packed =
          learner.proposals(
              new ProposalRows(
                  new int[][] {tokens},
                  new int[][] {positions},
                  new int[][] {segments},
                  new int[][] {targets},
                  new float[][] {weights},
                  new int[][][] {{null, null}}),
              ABSTAIN);
      assertEquals(alone, packed.loss() * packed.weight(), 1e-3);
      assertEquals(packed.weight(), packed.exact()[1] + packed.exact()[3], 1e-6);
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
