package io.focusstream.jobs.training;

import io.focusstream.jobs.training.data.QuestionMix;
import io.focusstream.operators.model.TrainableModel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * How long and how fast a part learns.
 *
 * @param time how long in all, resumed runs counted together
 * @param stages limits (row lengths, or chunk counts) and the part of the time that each holds
 * @param learningRate the largest
 * @param warmUpSteps steps from zero to the largest
 * @param seed of the data
 * @param optimizer how a step follows from its gradients
 * @param every steps between two progress lines
 * @param out folder of the checkpoint
 */
public record TrainingPlan(
    Duration time,
    List<Stage> stages,
    double learningRate,
    int warmUpSteps,
    long seed,
    TrainableModel.Optimizer optimizer,
    int every,
    Path out) {

  /** The optimizers to choose from. */
  public enum Method {
    /** AdamW for all weights. */
    ADAMW(TrainableModel.Optimizer.ADAMW),
    /** Orthogonal steps for matrices, AdamW for the others. */
    MUON(TrainableModel.Optimizer.MUON);

    private final TrainableModel.Optimizer settings;

    Method(TrainableModel.Optimizer settings) {
      this.settings = settings;
    }

    /** Its settings. */
    public TrainableModel.Optimizer settings() {
      return settings;
    }
  }

  /**
   * A stage of the curriculum.
   *
   * @param limit longest row, or most chunks
   * @param part of the time, in (0, 1]
   * @param mix what is asked
   */
  public record Stage(int limit, double part, QuestionMix mix) {}

  public TrainingPlan {
    Objects.requireNonNull(out, "out");
    Objects.requireNonNull(optimizer, "optimizer");
    stages = List.copyOf(stages);
    if (stages.isEmpty()) {
      throw new IllegalArgumentException("give at least one stage, LIMIT:PART");
    }
    if (!(learningRate > 0)) {
      throw new IllegalArgumentException("learning-rate must be above 0; got " + learningRate);
    }
    if (time.isNegative() || time.isZero()) {
      throw new IllegalArgumentException("the time must be above 0; got " + time);
    }
  }

  /**
   * Reads {@code LIMIT:PART[:NOT_FOUND[:NEEDLES[:FORMS[:OBJECTIVES]]]],…}, for example {@code
   * 64:0.2:0.05,128:0.8}; parts are scaled so that they sum to 1.
   */
  public static List<Stage> parseStages(String written) {
    List<Stage> stages = new ArrayList<>();
    double sum = 0;
    for (String one : written.split(",")) {
      String[] both = one.strip().split(":");
      try {
        Stage stage =
            new Stage(
                Integer.parseInt(both[0]),
                Double.parseDouble(both[1]),
                new QuestionMix(
                    both.length > 2 ? Double.parseDouble(both[2]) : QuestionMix.DEFAULT.notFound(),
                    both.length > 3 ? Double.parseDouble(both[3]) : QuestionMix.DEFAULT.needles(),
                    both.length > 4 ? Double.parseDouble(both[4]) : QuestionMix.DEFAULT.forms(),
                    both.length > 5
                        ? Double.parseDouble(both[5])
                        : QuestionMix.DEFAULT.objectives()));
        if (stage.limit() < 1 || !(stage.part() > 0)) {
          throw new NumberFormatException("not above 0");
        }
        stages.add(stage);
        sum += stage.part();
      } catch (ArrayIndexOutOfBoundsException | IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "a stage is LIMIT:PART[:NOT_FOUND[:NEEDLES[:FORMS[:OBJECTIVES]]]], for example 256:0.4:0.1; got '"
                + one
                + "'",
            e);
      }
    }
    double all = sum;
    return stages.stream().map(s -> new Stage(s.limit(), s.part() / all, s.mix())).toList();
  }

  /** Index of the stage at a part of the time in [0, 1]. */
  public int stageAt(double progress) {
    double end = 0;
    for (int i = 0; i < stages.size(); i++) {
      end += stages.get(i).part();
      if (progress < end) {
        return i;
      }
    }
    return stages.size() - 1;
  }

  /**
   * The learning rate: linear from zero over the warm-up, then a cosine to a tenth, and straight to
   * zero over the last tenth of the time.
   *
   * @param step from 0
   * @param progress part of the time in [0, 1]
   */
  public double learningRate(long step, double progress) {
    double warm = Math.min(1.0, (step + 1.0) / warmUpSteps);
    double cosine = 0.1 + 0.9 * 0.5 * (1 + Math.cos(Math.PI * progress));
    return learningRate * warm * cosine * Math.min(1.0, (1 - progress) * 10);
  }
}
