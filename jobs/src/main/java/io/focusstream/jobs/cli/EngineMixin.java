package io.focusstream.jobs.cli;

import io.focusstream.operators.engine.djl.BundledModels;
import io.focusstream.operators.engine.djl.DjlEngineSettings;
import io.focusstream.operators.kv.Quantisation;
import io.focusstream.operators.model.checkpoint.FocusSettings.Readout;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Which model is run, and how, where there is no job around it. */
final class EngineMixin {
  @Option(
      names = "--model",
      defaultValue = "small",
      description = "Name or folder: ${DEFAULT-VALUE}.")
  String model;

  @Option(names = "--kv", defaultValue = "INT8", description = "States: ${COMPLETION-CANDIDATES}.")
  Quantisation kv;

  @Option(
      names = "--readout",
      description = "${COMPLETION-CANDIDATES}; the model's own where not given.")
  Readout readout;

  @Option(
      names = "--focus-share",
      defaultValue = "1",
      description =
          "After the first token only the chunks go on that held this part of the attention: "
              + "${DEFAULT-VALUE}.")
  double focusShare;

  /** The model's checkpoint. */
  Path folder() {
    return BundledModels.folder(model);
  }

  /**
   * How the engine is to run.
   *
   * @param checkpoint name or folder
   */
  DjlEngineSettings settings(String checkpoint) {
    return DjlEngineSettings.of(checkpoint)
        .withQuantisation(kv)
        .withReadout(readout)
        .withFocusShare(focusShare);
  }
}
