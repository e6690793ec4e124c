package io.focusstream.jobs.cli;

import io.focusstream.jobs.topology.ModelProviders;
import org.apache.flink.configuration.ReadableConfig;

/** Finds the model that {@code --model} names. */
@FunctionalInterface
public interface ModelLoader {

  /**
   * The model.
   *
   * @param model name of a bundled model, or a checkpoint folder
   * @param config the job's options
   * @throws CliException where there is none; the message says where it was looked for
   */
  ModelProviders load(String model, ReadableConfig config);
}
