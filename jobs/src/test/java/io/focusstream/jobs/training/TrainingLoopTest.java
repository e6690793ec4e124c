package io.focusstream.jobs.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.jobs.training.data.BatchOptions;
import io.focusstream.jobs.training.data.BatchStream;
import io.focusstream.jobs.training.data.QuestionMix;
import io.focusstream.jobs.training.data.Schedule;
import io.focusstream.operators.model.ModelWeights;
import io.focusstream.operators.model.Precision;
import io.focusstream.operators.model.TrainableModel;
import io.focusstream.operators.model.checkpoint.ModelConfig;
import io.focusstream.operators.model.checkpoint.TensorType;
import io.focusstream.operators.text.ByteLevelBpe;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TrainingLoopTest {
  private static final ModelConfig TINY =
      ModelConfig.parse(
          "tiny",
          """
          {"model_type": "llama", "vocab_size": 4096, "hidden_size": 32, "intermediate_size": 64,
           "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1,
           "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": true,
           "max_position_embeddings": 512, "bos_token_id": 1, "eos_token_id": 2,
           "focus": {"candidate_positions": "spread", "candidate_span": 16, "abstain_token_id": 5}}
          """);

  @TempDir private Path folder;

  private static Map<String, float[]> fresh() {
    SplittableRandom random = new SplittableRandom(1);
    Map<String, float[]> all = new LinkedHashMap<>();
    for (String name : ModelWeights.names(TINY)) {
      float[] values = new float[(int) ModelWeights.shape(TINY, name).size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = name.contains("norm") ? 1 : (float) (random.nextGaussian() * 0.05);
      }
      all.putIfAbsent(name, values);
    }
    return all;
  }

  private static ByteLevelBpe tokenizer() throws IOException {
    try (InputStream in =
        ByteLevelBpe.class.getResourceAsStream("/io/focusstream/models/small/tokenizer.json")) {
      return ByteLevelBpe.load(in);
    }
  }

  private TrainingPlan plan(double seconds) {
    return plan(seconds, TrainingPlan.Method.ADAMW);
  }

  private TrainingPlan plan(double seconds, TrainingPlan.Method method) {
    return new TrainingPlan(
        Duration.ofMillis((long) (seconds * 1000)),
        TrainingPlan.parseStages("2:1"),
        1e-2,
        1,
        1,
        method.settings(),
        1,
        folder.resolve("run"));
  }

  private String train(TrainableModel.Part part, TrainingPlan plan, Map<String, float[]> initial)
      throws IOException {
    ByteLevelBpe tokenizer = tokenizer();
    StringWriter progress = new StringWriter();
    new TrainingLoop(
            TINY,
            plan,
            part,
            Precision.FLOAT32,
            stage ->
                part == TrainableModel.Part.BASE
                    ? BatchStream.base(tokenizer, null, options(), 0, 1)
                    : BatchStream.focus(tokenizer, null, options(), 0, 1),
            new PrintWriter(progress))
        .run(initial);
    return progress.toString();
  }

  private static BatchOptions options() {
    return new BatchOptions(
        3,
        Schedule.parse("0:64"),
        512,
        Schedule.parse("0:2"),
        256,
        1024,
        QuestionMix.DEFAULT,
        false,
        0.5);
  }

  @Test
  void theMeanOfCheckpointsIsThatOfTheirWeights() throws IOException {
    Map<String, float[]> one = fresh();
    Map<String, float[]> other = new LinkedHashMap<>();
    one.forEach(
        (name, values) -> {
          float[] moved = values.clone();
          moved[0] += 2;
          other.put(name, moved);
        });
    List<Path> folders = List.of(folder.resolve("one"), folder.resolve("other"));
    for (int i = 0; i < 2; i++) {
      Files.createDirectories(folders.get(i));
      TrainingCheckpoint.writeModel(
          folders.get(i).resolve("model.safetensors"), TINY, i == 0 ? one : other, TensorType.F32);
    }
    Map<String, float[]> mean = TrainingCheckpoint.mean(folders);
    assertEquals(one.keySet(), mean.keySet());
    mean.forEach(
        (name, values) -> {
          assertEquals(one.get(name)[0] + 1, values[0], 1e-5, name);
          assertEquals(one.get(name)[1], values[1], 1e-6, name);
        });
    one.remove("model.norm.weight");
    TrainingCheckpoint.writeModel(
        folders.get(0).resolve("model.safetensors"), TINY, one, TensorType.F32);
    assertThrows(IllegalArgumentException.class, () -> TrainingCheckpoint.mean(folders));
  }

  @Test
  void baseRunLearnsAndGoesOnWhereItStopped() throws IOException {
    String first = train(TrainableModel.Part.BASE, plan(3), fresh());
    TrainingCheckpoint.State stopped = TrainingCheckpoint.resume(folder.resolve("run"));
    assertNotNull(stopped);
    assertTrue(stopped.step() >= 1, first);
    assertTrue(first.contains("tokens/s") && first.contains("left"), first);
    assertFalse(stopped.weights().keySet().stream().anyMatch(name -> name.contains("beacon_")));

    String second = train(TrainableModel.Part.BASE, plan(6), Map.of());
    TrainingCheckpoint.State ended = TrainingCheckpoint.resume(folder.resolve("run"));

    assertTrue(second.contains("resumed at step " + stopped.step()), second);
    assertTrue(ended.step() > stopped.step(), second);
    assertEquals(6, ended.seconds(), 1e-9);
  }

  @Test
  void aRunThatIsStoppedLeavesACheckpointOfItsLastStep() throws IOException {
    ByteLevelBpe tokenizer = tokenizer();
    StringWriter progress = new StringWriter();
    TrainingLoop[] loop = new TrainingLoop[1];
    loop[0] =
        new TrainingLoop(
            TINY,
            plan(3600),
            TrainableModel.Part.BASE,
            Precision.FLOAT32,
            stage -> {
              loop[0].stop();
              return BatchStream.base(tokenizer, null, options(), 0, 1);
            },
            new PrintWriter(progress));
    loop[0].run(fresh());
    assertEquals("stopped at step 0; the same command goes on from there\n", progress.toString());
    assertNotNull(TrainingCheckpoint.resume(folder.resolve("run")));
  }

  @ParameterizedTest
  @EnumSource
  void proposalsAreLearnt(TrainingPlan.Method method) throws IOException {
    ByteLevelBpe tokenizer = tokenizer();
    StringWriter progress = new StringWriter();
    new TrainingLoop(
            TINY,
            plan(8, method),
            TrainableModel.Part.BASE,
            Precision.FLOAT32,
            stage -> BatchStream.proposals(tokenizer, null, options(), 0.2, 0, 1),
            new PrintWriter(progress))
        .run(fresh());
    List<Double> losses =
        Pattern.compile("proposals: loss ([0-9.]+) right [0-9.]+ said [0-9.]+ abstained [0-9.]+")
            .matcher(progress.toString())
            .results()
            .map(found -> Double.parseDouble(found.group(1)))
            .toList();
    assertTrue(losses.size() >= 3, progress.toString());
    assertTrue(losses.get(losses.size() - 1) < 0.95 * losses.get(0), progress.toString());
  }

  @Test
  void theBaseStaysFrozenWhileProjectionsLearn() throws IOException {
    Map<String, float[]> initial = fresh();
    train(TrainableModel.Part.ADDED, plan(3), initial);
    TrainingCheckpoint.State ended = TrainingCheckpoint.resume(folder.resolve("run"));

    int moved = 0;
    for (String name : ended.weights().keySet()) {
      if (name.contains("beacon_")) {
        moved += Arrays.equals(initial.get(name), ended.weights().get(name)) ? 0 : 1;
      } else {
        assertArrayEquals(initial.get(name), ended.weights().get(name), name);
      }
    }
    // the last layer's query and output projections of a candidate feed nothing
    assertTrue(moved >= 2 * 4 - 2, "only " + moved + " projections moved");
  }

  @Test
  void stagesAreReadAndWrongOnesNamed() {
    TrainingPlan plan = plan(1);
    assertEquals(0, plan.stageAt(0.99));
    assertEquals(0.25, TrainingPlan.parseStages("4:1,8:3").get(0).part(), 1e-12);
    assertEquals(QuestionMix.DEFAULT, TrainingPlan.parseStages("4:1").get(0).mix());
    assertEquals(
        new QuestionMix(0.1, 0.5, 0.3, 0.05),
        TrainingPlan.parseStages("4:1:0.1:0.5:0.3:0.05").get(0).mix());
    assertThrows(IllegalArgumentException.class, () -> TrainingPlan.parseStages("4:1:0.9"));
    IllegalArgumentException error =
        assertThrows(IllegalArgumentException.class, () -> TrainingPlan.parseStages("64-0.1"));
    assertTrue(error.getMessage().contains("64-0.1"), error.getMessage());
  }
}
