package io.focusstream.operators.engine.djl;

import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.LibUtils;
import io.focusstream.operators.engine.EngineException;
import io.focusstream.operators.model.FocusGraph;
import java.nio.file.Path;

/**
 * The libtorch of this process, loaded. It is found in DJL's jars, or where {@code
 * PYTORCH_LIBRARY_PATH} says; a process loads one and keeps it.
 *
 * @param version of libtorch
 * @param path where its libraries are
 * @param gpus how many CUDA devices it sees
 */
public record LoadedEngine(String version, Path path, int gpus) {

  /**
   * Loads libtorch, unless it is.
   *
   * @throws EngineException where it can't be
   */
  public static LoadedEngine load() {
    try {
      Engine engine = FocusGraph.engine();
      return new LoadedEngine(
          engine.getVersion(), Path.of(LibUtils.getLibtorchPath()), engine.getGpuCount());
    } catch (ai.djl.engine.EngineException | UnsatisfiedLinkError e) {
      throw new EngineException("libtorch can't be loaded: " + e.getMessage(), e);
    }
  }

  @Override
  public String toString() {
    return "libtorch " + version + " in " + path;
  }
}
