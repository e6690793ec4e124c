package io.focusstream.operators.engine.djl;

import io.focusstream.operators.kv.Quantisation;
import io.focusstream.operators.model.Precision;
import io.focusstream.operators.model.checkpoint.FocusSettings.LocalMode;
import io.focusstream.operators.model.checkpoint.FocusSettings.Readout;
import java.io.Serializable;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * How an engine runs a model.
 *
 * @param model a Hugging Face folder's path, or the name of a bundled model ({@code small})
 * @param quantisation how chunk states are stored
 * @param precision type of the matrix products; {@code null} for {@link
 *     Precision#forThisProcessor()}
 * @param local how the local context is run for further tokens; {@code null} for what the model's
 *     {@code config.json} says
 * @param hotBytes bound of the hot tier, in bytes
 * @param batchTokens most tokens, padding included, of one batch of chunks to condense
 * @param maxRunning most questions decoded side by side
 * @param runningBytes most bytes of chunk states that questions decoded side by side hold, beside
 *     the hot tier; one question always runs
 * @param gpu index of the CUDA device, or {@link #CPU}; {@code null} for the GPU that the cluster
 *     gives, the CPU where it gives none
 * @param focusShare after the first answer token only the chunks go on that together held this part
 *     of the candidates' attention, in (0, 1]; 1 for all
 * @param readout how an answer is read out of the chunks; {@code null} for what the model's {@code
 *     config.json} says
 * @param excerpts readout by proposals: of how many chunks, at most, the lines that share the
 *     question's rare words are read by themselves too, newest first; from 0 to {@link
 *     #MOST_EXCERPTS}
 */
public record DjlEngineSettings(
    String model,
    Quantisation quantisation,
    Precision precision,
    LocalMode local,
    long hotBytes,
    int batchTokens,
    int maxRunning,
    long runningBytes,
    Integer gpu,
    double focusShare,
    Readout readout,
    int excerpts)
    implements Serializable {
  /** Most excerpts of a question, and how many there are where nothing else is said. */
  public static final int MOST_EXCERPTS = 32;

  /** In the place of a CUDA device's index: the processor. */
  public static final int CPU = -1;

  public DjlEngineSettings {
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(quantisation, "quantisation");
    if (hotBytes < 0) {
      throw new IllegalArgumentException("hot-bytes must be at least 0; got " + hotBytes);
    }
    if (batchTokens < 1) {
      throw new IllegalArgumentException("batch-tokens must be at least 1; got " + batchTokens);
    }
    if (maxRunning < 1) {
      throw new IllegalArgumentException("max-running must be at least 1; got " + maxRunning);
    }
    if (runningBytes < 0) {
      throw new IllegalArgumentException("running-bytes must be at least 0; got " + runningBytes);
    }
    if (gpu != null && gpu < CPU) {
      throw new IllegalArgumentException(
          "gpu must be a CUDA device's index, or -1 for the processor; got " + gpu);
    }
    if (!(focusShare > 0 && focusShare <= 1)) {
      throw new IllegalArgumentException("focus-share must be in (0, 1]; got " + focusShare);
    }
    if (excerpts < 0 || excerpts > MOST_EXCERPTS) {
      throw new IllegalArgumentException(
          "excerpts must be in [0, " + MOST_EXCERPTS + "]; got " + excerpts);
    }
  }

  /** A model with int8 states on the CPU, a hot tier of 1 GiB, batches of 2,048 tokens. */
  public static DjlEngineSettings of(String model) {
    return new DjlEngineSettings(
        model,
        Quantisation.INT8,
        null,
        null,
        1L << 30,
        2048,
        16,
        1L << 30,
        CPU,
        1.0,
        null,
        MOST_EXCERPTS);
  }

  /** What may differ in a copy. */
  private static final class Change {
    private Quantisation quantisation;
    private Precision precision;
    private LocalMode local;
    private long hotBytes;
    private long runningBytes;
    private Integer gpu;
    private double focusShare;
    private Readout readout;
    private int excerpts;
  }

  private DjlEngineSettings with(Consumer<Change> what) {
    Change change = new Change();
    change.quantisation = quantisation;
    change.precision = precision;
    change.local = local;
    change.hotBytes = hotBytes;
    change.runningBytes = runningBytes;
    change.gpu = gpu;
    change.focusShare = focusShare;
    change.readout = readout;
    change.excerpts = excerpts;
    what.accept(change);
    return new DjlEngineSettings(
        model,
        change.quantisation,
        change.precision,
        change.local,
        change.hotBytes,
        batchTokens,
        maxRunning,
        change.runningBytes,
        change.gpu,
        change.focusShare,
        change.readout,
        change.excerpts);
  }

  /** The same on a device: the one that is named already, else the given one, else the CPU. */
  public DjlEngineSettings placedOn(OptionalInt given) {
    return gpu != null ? this : with(change -> change.gpu = given.orElse(CPU));
  }

  /** The same with another part of the attention that goes on after the first token. */
  public DjlEngineSettings withFocusShare(double other) {
    return with(change -> change.focusShare = other);
  }

  /** The same with another quantisation. */
  public DjlEngineSettings withQuantisation(Quantisation other) {
    return with(change -> change.quantisation = other);
  }

  /** The same with another precision. */
  public DjlEngineSettings withPrecision(Precision other) {
    return with(change -> change.precision = other);
  }

  /** The same with another way to run the local context. */
  public DjlEngineSettings withLocal(LocalMode other) {
    return with(change -> change.local = other);
  }

  /** The same with another way to read answers out of the chunks. */
  public DjlEngineSettings withReadout(Readout other) {
    return with(change -> change.readout = other);
  }

  /** The same with another number of excerpts. */
  public DjlEngineSettings withExcerpts(int other) {
    return with(change -> change.excerpts = other);
  }

  /** The same with another bound of what running questions hold, in bytes. */
  public DjlEngineSettings withRunningBytes(long other) {
    return with(change -> change.runningBytes = other);
  }

  /** The same with another bound of the hot tier, in bytes. */
  public DjlEngineSettings withHotBytes(long other) {
    return with(change -> change.hotBytes = other);
  }
}
