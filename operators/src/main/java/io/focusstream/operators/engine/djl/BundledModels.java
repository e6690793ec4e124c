package io.focusstream.operators.engine.djl;

import io.focusstream.operators.engine.EngineException;
import io.focusstream.operators.model.GraphArchive;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The models in our jar, as folders: a checkpoint is memory-mapped, so a bundled one is copied into
 * a temporary folder of this process once, which goes when the process ends.
 */
public final class BundledModels {
  private static final String ROOT = "/io/focusstream/models/";
  private static final List<String> FILES =
      List.of("config.json", "model.safetensors", "tokenizer.json");
  private static final Map<String, Path> UNPACKED = new HashMap<>();

  private BundledModels() {}

  /**
   * A model's folder.
   *
   * @param model a path, or a bundled model's name
   * @throws EngineException if it is neither
   */
  public static synchronized Path folder(String model) {
    Path path = Path.of(model);
    if (Files.isDirectory(path)) {
      return path;
    }
    if (!model.matches("[a-z0-9-]+")
        || GraphArchive.class.getResource(ROOT + model + "/config.json") == null) {
      throw new EngineException(
          "there is no model '"
              + model
              + "': give the path of a Hugging Face folder (config.json, *.safetensors,"
              + " tokenizer.json) or the name of a bundled model, 'small'");
    }
    return UNPACKED.computeIfAbsent(model, BundledModels::unpack);
  }

  private static Path unpack(String model) {
    try {
      Path folder = Files.createTempDirectory("focusstream-").resolve(model);
      Files.createDirectory(folder);
      folder.getParent().toFile().deleteOnExit();
      folder.toFile().deleteOnExit();
      for (String file : FILES) {
        Path target = folder.resolve(file);
        try (InputStream in = GraphArchive.class.getResourceAsStream(ROOT + model + "/" + file)) {
          if (in == null) {
            throw new EngineException(
                "the bundled model '" + model + "' lacks " + file + "; build the jar again");
          }
          Files.copy(in, target);
        }
        target.toFile().deleteOnExit();
      }
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException("can't unpack the bundled model '" + model + "'", e);
    }
  }
}
