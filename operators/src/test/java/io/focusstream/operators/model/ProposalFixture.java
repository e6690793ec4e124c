package io.focusstream.operators.model;

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
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The golden checkpoint's random weights, one of its tokens taken for abstaining. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ProposalFixture {
  static final int VOCABULARY = 320;
  static final int ABSTAIN = 7;
  static final int[] PROMPT = tokens(98, 9);

  CheckpointFolder checkpoint;
  FocusModel model;
  NDManager manager;

  @BeforeAll
  void load(@TempDir Path folder) throws Exception {
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

  // fewer than a batch may have, so that there are several
  private static final int CHUNKS_A_BATCH = 64;

  static int[] tokens(long seed, int count) {
    return new SplittableRandom(seed).ints(count, 8, VOCABULARY).toArray();
  }

  static List<int[]> chunks(int count) {
    List<int[]> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      all.add(tokens(i, 12 + 7 * (i % 5)));
    }
    return all;
  }

  FocusModel.States states(int[] chunk) {
    return model.take(manager, model.prefill(manager, List.of(chunk)), 0, chunk.length);
  }

  void add(ProposalDecoder decoder, List<int[]> chunks) {
    for (int from = 0; from < chunks.size(); from += CHUNKS_A_BATCH) {
      decoder.add(
          chunks.subList(from, Math.min(chunks.size(), from + CHUNKS_A_BATCH)).stream()
              .map(this::states)
              .toList());
    }
  }

  ProposalDecoder begin(List<int[]> chunks, int[] prompt, int[] tail) {
    return begin(chunks, prompt, tail, List.of());
  }

  ProposalDecoder begin(List<int[]> chunks, int[] prompt, int[] tail, List<Excerpt> excerpts) {
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

  /** Of a chunk, or of the tail, which is behind all chunks. */
  record Excerpt(int chunk, int[] tokens) {}

  /** What the plain decoder says after tokens. */
  float[] plain(int[]... tokens) {
    int[] all = Arrays.stream(tokens).flatMapToInt(Arrays::stream).toArray();
    try (AnswerDecoder decoder =
        model.ask(all, new ParallelDecoder.Local(all, 0, 0), 1, LocalMode.INCREMENTAL)) {
      return decoder.first().logits();
    }
  }

  static double logSumExp(float[] logits, int without) {
    double sum = 0;
    for (int i = 0; i < logits.length; i++) {
      sum += i == without ? 0 : Math.exp(logits[i]);
    }
    return Math.log(sum);
  }

  static Excerpt excerpt(int chunk, int from, int to) {
    return new Excerpt(chunk, IntStream.range(from, to).toArray());
  }
}
