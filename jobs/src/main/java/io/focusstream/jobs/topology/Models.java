package io.focusstream.jobs.topology;

import io.focusstream.operators.config.AskOptions;
import io.focusstream.operators.config.Consistency;
import io.focusstream.operators.config.KvOptions;
import io.focusstream.operators.config.KvPersist;
import io.focusstream.operators.engine.djl.BundledModels;
import io.focusstream.operators.engine.djl.DjlEngineProvider;
import io.focusstream.operators.engine.djl.DjlEngineSettings;
import io.focusstream.operators.text.TextTokenizer;
import io.focusstream.operators.text.TextTokenizers;
import io.focusstream.operators.text.TokenizerProvider;
import java.io.IOException;
import java.nio.file.Path;
import org.apache.flink.configuration.ReadableConfig;

/** Models that the DJL engine runs: bundled ones, and Hugging Face folders. */
public final class Models implements ModelLoader {
  /** A batch has one chunk at least, whatever its tokens. */
  private static final int ONE_CHUNK = 1;

  @Override
  public ModelProviders load(ReadableConfig config) {
    String model = config.get(ModelOptions.MODEL);
    // Says at once what is wrong with it, rather than in a task manager's log.
    BundledModels.folder(model);
    return new ModelProviders(
        new DjlEngineProvider(
            new DjlEngineSettings(
                model,
                config.get(ModelOptions.QUANTISATION),
                config.get(ModelOptions.PRECISION),
                config.get(ModelOptions.LOCAL_MODE),
                config.get(KvOptions.PERSIST) == KvPersist.NONE
                    ? 0
                    : config.get(ModelOptions.HOT_BYTES).getBytes(),
                batchTokens(config),
                config.get(ModelOptions.MAX_RUNNING),
                config.get(ModelOptions.RUNNING_BYTES).getBytes(),
                config.get(ModelOptions.GPU),
                config.get(ModelOptions.FOCUS_SHARE),
                config.get(ModelOptions.READOUT),
                config.get(ModelOptions.EXCERPTS))),
        new FolderTokenizer(model));
  }

  /**
   * The last bits of a chunk's states depend on what else is in its batch, and that on the clock:
   * answers that are to be the same after a replay need each chunk in a batch of its own.
   */
  private static int batchTokens(ReadableConfig config) {
    return config.get(AskOptions.CONSISTENCY) == Consistency.EVENT_TIME
        ? ONE_CHUNK
        : config.get(ModelOptions.BATCH_TOKENS);
  }

  /** The tokenizer of a model, opened where the operator runs. */
  private record FolderTokenizer(String model) implements TokenizerProvider {
    @Override
    public TextTokenizer open() {
      Path file = BundledModels.folder(model).resolve("tokenizer.json");
      try {
        return TextTokenizers.load(file);
      } catch (IOException e) {
        throw new IllegalStateException(
            "the tokenizer " + file + " can't be read: " + e.getMessage(), e);
      }
    }
  }
}
