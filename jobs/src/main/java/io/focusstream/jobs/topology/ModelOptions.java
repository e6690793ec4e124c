package io.focusstream.jobs.topology;

import io.focusstream.operators.engine.djl.DjlEngineSettings;
import io.focusstream.operators.kv.Quantisation;
import io.focusstream.operators.model.Precision;
import io.focusstream.operators.model.checkpoint.FocusSettings.LocalMode;
import io.focusstream.operators.model.checkpoint.FocusSettings.Readout;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.MemorySize;

/** Options of the model and of the engine that runs it. */
public final class ModelOptions {
  /** Which model. */
  public static final ConfigOption<String> MODEL =
      ConfigOptions.key("focus.model")
          .stringType()
          .defaultValue("small")
          .withDescription(
              "The model: small (bundled), or the path of a Hugging Face folder, the same on every "
                  + "task manager.");

  /** How chunk states are stored. */
  public static final ConfigOption<Quantisation> QUANTISATION =
      ConfigOptions.key("focus.kv.quantisation")
          .enumType(Quantisation.class)
          .defaultValue(Quantisation.INT8)
          .withDescription("How chunk states are stored: int8, int4, bf16 or float32.");

  /** Type of the matrix products. */
  public static final ConfigOption<Precision> PRECISION =
      ConfigOptions.key("focus.engine.precision")
          .enumType(Precision.class)
          .noDefaultValue()
          .withDescription(
              "Type of the matrix products: float32 or bfloat16; what the processor has where not "
                  + "set.");

  /** How the local context is run. */
  public static final ConfigOption<LocalMode> LOCAL_MODE =
      ConfigOptions.key("focus.local.mode")
          .enumType(LocalMode.class)
          .noDefaultValue()
          .withDescription(
              "How the local context is run for further tokens: exact or incremental; what the "
                  + "model says where not set.");

  /** How answers are read out of the chunks. */
  public static final ConfigOption<Readout> READOUT =
      ConfigOptions.key("focus.model.readout")
          .enumType(Readout.class)
          .noDefaultValue()
          .withDescription(
              "How an answer is read out of the chunks: decoder (the frozen decoder over one candidate "
                  + "token a chunk, as in the paper) or proposals (each chunk proposes the next token "
                  + "or abstains); what the model says where not set.");

  /** Bound of the hot tier. */
  public static final ConfigOption<MemorySize> HOT_BYTES =
      ConfigOptions.key("focus.engine.hot-bytes")
          .memoryType()
          .defaultValue(MemorySize.ofMebiBytes(1024))
          .withDescription("Bound of the chunk states that are kept ready for use, in memory.");

  /** Most tokens of one batch of chunks. */
  public static final ConfigOption<Integer> BATCH_TOKENS =
      ConfigOptions.key("focus.engine.batch-tokens")
          .intType()
          .defaultValue(2048)
          .withDescription(
              "Most tokens of one batch of chunks to condense. With event-time consistency each chunk "
                  + "is condensed alone, so that its states don't depend on what else there is to do.");

  /** Most questions side by side. */
  public static final ConfigOption<Integer> MAX_RUNNING =
      ConfigOptions.key("focus.engine.max-running")
          .intType()
          .defaultValue(16)
          .withDescription(
              "Most questions that are answered side by side. The steps of their answers are run "
                  + "together, which costs little more than one alone where their streams are short.");

  /** Bound of what questions hold that are answered side by side. */
  public static final ConfigOption<MemorySize> RUNNING_BYTES =
      ConfigOptions.key("focus.engine.running-bytes")
          .memoryType()
          .defaultValue(MemorySize.ofMebiBytes(1024))
          .withDescription(
              "Most bytes of chunk states that questions answered side by side hold, each a copy of its "
                  + "own chunks', beside the hot tier. One question always runs, however long its "
                  + "stream.");

  /** The CUDA device. */
  public static final ConfigOption<Integer> GPU =
      ConfigOptions.key("focus.engine.gpu")
          .intType()
          .noDefaultValue()
          .withDescription(
              "Index of the CUDA device; -1 takes the processor. Where not set: a GPU that Flink's "
                  + "external resource `gpu` gives the task manager, the processor where it gives "
                  + "none.");

  /** Which chunks go on after the first answer token. */
  public static final ConfigOption<Double> FOCUS_SHARE =
      ConfigOptions.key("focus.engine.focus-share")
          .doubleType()
          .defaultValue(1.0)
          .withDescription(
              "After the first answer token only the chunks go on that together held this part of the "
                  + "candidates' attention, in (0, 1]. With 0.999 a further token costs the same "
                  + "whatever the history; an answer that changes its mind may suffer. 1 keeps all.");

  /** Lines that are read by themselves. */
  public static final ConfigOption<Integer> EXCERPTS =
      ConfigOptions.key("focus.engine.excerpts")
          .intType()
          .defaultValue(DjlEngineSettings.MOST_EXCERPTS)
          .withDescription(
              "Readout by proposals: of how many chunks, at most, the lines that share the question's "
                  + "rare words are read by themselves, beside all chunks as a whole, in [0, 32]. What "
                  + "such a line says goes before what a whole chunk says. 0: none.");

  /** Slots of the operator's own. */
  public static final ConfigOption<String> SLOT_SHARING_GROUP =
      ConfigOptions.key("focus.engine.slot-sharing-group")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "Slot sharing group of the keyed operator, which runs the engine: with a name of its own "
                  + "it gets slots of its own, as many again as its parallelism. Where not set it "
                  + "shares the slots of sources and sinks.");

  private ModelOptions() {}
}
