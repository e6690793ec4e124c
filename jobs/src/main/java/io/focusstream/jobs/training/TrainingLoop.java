package io.focusstream.jobs.training;

import ai.djl.Device;
import io.focusstream.jobs.training.data.BaseBatch;
import io.focusstream.jobs.training.data.Batch;
import io.focusstream.jobs.training.data.BatchStream;
import io.focusstream.jobs.training.data.FocusBatch;
import io.focusstream.jobs.training.data.ProposalBatch;
import io.focusstream.operators.model.Precision;
import io.focusstream.operators.model.TrainableModel;
import io.focusstream.operators.model.checkpoint.ModelConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntFunction;

/**
 * Trains a part of a model for a given time and writes checkpoints that resume. What happens in a
 * step is {@link TrainableModel}'s; what it learns from, {@code training.data}'s.
 */
public final class TrainingLoop {
  private static final Duration BETWEEN_CHECKPOINTS = Duration.ofMinutes(2);

  private final ModelConfig config;
  private final TrainingPlan plan;
  private final TrainableModel.Part part;
  private final Precision precision;
  private final IntFunction<BatchStream> dataOfStage;
  private final PrintWriter progress;
  private volatile boolean stopping;

  /**
   * A run.
   *
   * @param dataOfStage opens the batches of a stage, by its index in the plan
   * @param progress where its lines go
   */
  public TrainingLoop(
      ModelConfig config,
      TrainingPlan plan,
      TrainableModel.Part part,
      Precision precision,
      IntFunction<BatchStream> dataOfStage,
      PrintWriter progress) {
    this.config = config;
    this.plan = plan;
    this.part = part;
    this.precision = precision;
    this.dataOfStage = dataOfStage;
    this.progress = progress;
  }

  // sums since the last progress line, for one row length or chunk count
  private static final class Sums {
    double loss;
    double weight;
    double right;
    double exact;
    int questions;
    final double[] proposed = new double[4];
  }

  /** Ends the run after the step that is being made, with a checkpoint; from any thread. */
  public void stop() {
    stopping = true;
  }

  /**
   * Trains to the end of the plan's time, or until it is stopped.
   *
   * @param initial weights to begin with; ignored where the plan's folder has a run to resume
   */
  public void run(Map<String, float[]> initial) throws IOException {
    TrainingCheckpoint.State resumed = TrainingCheckpoint.resume(plan.out());
    Map<String, float[]> weights =
        TrainingCheckpoint.withAdded(config, resumed == null ? initial : resumed.weights());
    long step = resumed == null ? 0 : resumed.step();
    double before = resumed == null ? 0 : resumed.seconds();
    double total = plan.time().toMillis() / 1000.0;
    try (TrainableModel model =
        new TrainableModel(config, weights, part, Device.cpu(), precision)) {
      if (resumed != null) {
        model.restoreMoments(resumed.moments());
        progress.printf("resumed at step %d, %.0f s spent%n", step, before);
      }
      long began = System.nanoTime();
      long lastSave = began;
      long lastLine = began;
      long tokens = 0;
      int stage = plan.stageAt(before / total);
      BatchStream data = dataOfStage.apply(stage);
      Map<Integer, Sums> sums = new TreeMap<>();
      try {
        while (true) {
          double spent = before + (System.nanoTime() - began) / 1e9;
          if (spent >= total) {
            break;
          }
          if (stopping) {
            save(model, step, spent);
            progress.printf("stopped at step %d; the same command goes on from there%n", step);
            progress.flush();
            return;
          }
          if (plan.stageAt(spent / total) != stage) {
            data.close();
            stage = plan.stageAt(spent / total);
            data = dataOfStage.apply(stage);
            progress.printf("stage %d: limit %d%n", stage, plan.stages().get(stage).limit());
          }
          Batch batch = data.next();
          TrainableModel.Result result = pass(model, batch);
          double rate = plan.learningRate(step, spent / total);
          step++;
          double norm = model.step(plan.optimizer(), rate, step);
          if (!Double.isFinite(result.loss()) || !Double.isFinite(norm)) {
            throw new IllegalStateException(
                "the loss is not finite at step "
                    + step
                    + "; resume with a smaller --learning-rate from "
                    + plan.out());
          }
          tokens += tokens(batch);
          add(sums.computeIfAbsent(group(batch), k -> new Sums()), batch, result);
          long now = System.nanoTime();
          if (step % plan.every() == 0) {
            double seconds = (now - lastLine) / 1e9;
            progress.printf(
                Locale.ROOT,
                "step %d  %.0f s  rate %.1e  norm %.2f  %.0f tokens/s  %s left%s%n",
                step,
                spent,
                rate,
                norm,
                tokens / seconds,
                left(total - spent),
                describe(sums));
            progress.flush();
            sums.clear();
            tokens = 0;
            lastLine = now;
          }
          if (now - lastSave > BETWEEN_CHECKPOINTS.toNanos()) {
            save(model, step, spent);
            lastSave = now;
          }
        }
      } finally {
        data.close();
      }
      save(model, step, total);
      progress.printf("done: %d steps, checkpoint in %s%n", step, plan.out());
      progress.flush();
    }
  }

  private void save(TrainableModel model, long step, double seconds) throws IOException {
    Map<String, float[]> weights = model.weights();
    if (part == TrainableModel.Part.BASE) {
      weights.keySet().removeIf(name -> name.contains("beacon_"));
    }
    TrainingCheckpoint.save(
        plan.out(), config, new TrainingCheckpoint.State(weights, model.moments(), step, seconds));
  }

  private static String left(double seconds) {
    long whole = Math.max(0, Math.round(seconds));
    return "%d:%02d".formatted(whole / 60, whole % 60);
  }

  private static String describe(Map<Integer, Sums> sums) {
    StringBuilder text = new StringBuilder();
    sums.forEach(
        (group, s) -> {
          text.append(
              String.format(
                  Locale.ROOT,
                  "  | %s: loss %.3f right %.3f",
                  group < 0 ? "rows of " + -group : group == 0 ? "proposals" : group,
                  s.loss / s.weight,
                  s.right / s.weight));
          if (s.proposed[1] > 0) {
            text.append(
                String.format(
                    Locale.ROOT,
                    " said %.3f abstained %.3f",
                    s.proposed[0] / s.proposed[1],
                    s.proposed[2] / Math.max(1, s.proposed[3])));
          }
          if (s.questions > 0) {
            text.append(String.format(Locale.ROOT, " exact %.2f", s.exact / s.questions));
          }
        });
    return text.toString();
  }

  private static void add(Sums sums, Batch batch, TrainableModel.Result result) {
    sums.loss += result.loss() * result.weight();
    sums.weight += result.weight();
    sums.right += result.right() * result.weight();
    if (batch instanceof ProposalBatch) {
      for (int i = 0; i < sums.proposed.length; i++) {
        sums.proposed[i] += result.exact()[i];
      }
    } else if (batch instanceof FocusBatch focus) {
      for (int q = 0; q < focus.questions(); q++) {
        if (focus.evidenceChunk()[q] >= 0) {
          sums.exact += result.exact()[q];
          sums.questions++;
        }
      }
    }
  }

  // row length (below zero where both kinds come), or chunk count up to the next power of two
  private int group(Batch batch) {
    if (batch instanceof BaseBatch base) {
      return part == TrainableModel.Part.ALL ? -base.length() : base.length();
    }
    if (batch instanceof ProposalBatch) {
      return 0;
    }
    int chunks = ((FocusBatch) batch).chunks();
    return chunks <= 1 ? 1 : Integer.highestOneBit(chunks - 1) * 2;
  }

  private static long tokens(Batch batch) {
    if (batch instanceof BaseBatch base) {
      return (long) base.rows() * base.length();
    }
    if (batch instanceof ProposalBatch proposals) {
      // what pads a row on the right is not computed; no text holds token 0
      return Arrays.stream(proposals.tokens()).filter(token -> token != 0).count();
    }
    FocusBatch focus = (FocusBatch) batch;
    return (long) focus.chunks()
        * (focus.chunkTokensMax() + (long) focus.questions() * focus.promptMax());
  }

  private TrainableModel.Result pass(TrainableModel model, Batch batch) {
    if (batch instanceof BaseBatch base) {
      int[][] tokens = rows(base.tokens(), base.rows(), base.length());
      return model.sequences(tokens, weights(base.weights(), base.rows(), base.length()));
    }
    if (batch instanceof ProposalBatch proposals) {
      return model.proposals(proposals.asRows(), config.focus().abstainToken());
    }
    FocusBatch focus = (FocusBatch) batch;
    List<int[]> chunks = new ArrayList<>();
    int[][] padded = rows(focus.chunkTokens(), focus.chunks(), focus.chunkTokensMax());
    for (int c = 0; c < padded.length; c++) {
      chunks.add(Arrays.copyOf(padded[c], focus.chunkLength()[c]));
    }
    return model.memory(
        new TrainableModel.MemoryBatch(
            chunks,
            List.of(rows(focus.prompt(), focus.questions(), focus.promptMax())),
            focus.promptLast(),
            List.of(rows(focus.local(), focus.questions(), focus.localMax())),
            focus.localLast(),
            rows(focus.target(), focus.questions(), focus.answerMax()),
            weights(focus.weight(), focus.questions(), focus.answerMax()),
            focus.distance()),
        TrainableModel.StateNoise.INT8);
  }

  private static int[][] rows(int[] flat, int rows, int length) {
    int[][] all = new int[rows][];
    for (int row = 0; row < rows; row++) {
      all[row] = Arrays.copyOfRange(flat, row * length, (row + 1) * length);
    }
    return all;
  }

  private static float[][] weights(byte[] sixteenths, int rows, int length) {
    float[][] all = new float[rows][length];
    for (int i = 0; i < sixteenths.length; i++) {
      all[i / length][i % length] = sixteenths[i] / 16f;
    }
    return all;
  }
}
