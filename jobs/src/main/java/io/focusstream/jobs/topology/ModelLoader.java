package io.focusstream.jobs.topology;

import org.apache.flink.configuration.ReadableConfig;

/** Finds the model that {@link ModelOptions#MODEL} names. */
@FunctionalInterface
public interface ModelLoader {

  /**
   * The model; it is not loaded yet, only found.
   *
   * @throws io.focusstream.operators.engine.EngineException where there is none; the message says
   *     what to give
   */
  ModelProviders load(ReadableConfig config);
}
