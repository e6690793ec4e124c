package io.focusstream.operators.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.Device;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is learnt is what is read. */
class ProposalTrainingTest extends ProposalFixture {
  private TrainableModel learner() {
    var loaded = new LinkedHashMap<String, float[]>();
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
}
