package io.focusstream.operators.engine.djl;

import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import io.focusstream.operators.kv.ChunkShape;
import io.focusstream.operators.kv.ChunkStateCodec;
import io.focusstream.operators.kv.ChunkTensors;
import io.focusstream.operators.kv.Id128;
import io.focusstream.operators.kv.Quantisation;
import io.focusstream.operators.model.FocusModel;
import io.focusstream.operators.model.ParallelDecoder;
import io.focusstream.operators.model.Precision;
import io.focusstream.operators.model.checkpoint.CheckpointFolder;
import io.focusstream.operators.model.checkpoint.FocusSettings.LocalMode;
import io.focusstream.operators.model.checkpoint.ModelConfig;
import io.focusstream.operators.model.checkpoint.Safetensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How far a chunk state's quantisation moves the golden logits of the first step. */
class QuantisedGoldenTest {

  @ParameterizedTest
  @CsvSource({"FLOAT32, 1e-4", "BF16, 1e-3", "INT8, 2e-3", "INT4, 4e-2"})
  void movesTheLogitsByLittle(Quantisation quantisation, double limit) throws Exception {
    Path path =
        Path.of(getClass().getResource("/golden/gqa-partial/config.json").toURI()).getParent();
    try (CheckpointFolder folder = CheckpointFolder.open(path);
        Safetensors expected = Safetensors.open(path.resolve("expected.safetensors"));
        FocusModel model = new FocusModel(folder, Device.cpu(), Precision.FLOAT32);
        NDManager scratch = model.newManager()) {
      ModelConfig config = folder.config();
      int[] ids =
          Arrays.stream(expected.tensor("input_ids").toLongs())
              .mapToInt(Math::toIntExact)
              .toArray();
      float[] wanted = expected.tensor("logits").toFloats();
      int window = config.focus().localWindow();
      int size = config.focus().chunkSize();
      int[] local = Arrays.copyOfRange(ids, ids.length - window, ids.length);
      int[] prompt = begun(config, Arrays.copyOfRange(local, window - size, window));
      ChunkStateCodec codec = new ChunkStateCodec(Id128.ofHex(folder.fingerprint()), quantisation);
      List<FocusModel.States> states = new ArrayList<>();
      for (int from = 0; from < ids.length - window; from += size) {
        int[] chunk = Arrays.copyOfRange(ids, from, Math.min(ids.length - window, from + size));
        FocusModel.States one = model.prefill(scratch, List.of(chunk));
        ChunkShape shape =
            new ChunkShape(config.layers(), config.keyValueHeads(), chunk.length, config.headDim());
        Id128 key = new Id128(0, from);
        ChunkTensors back =
            codec
                .read(
                    key,
                    codec.encode(
                        key,
                        new ChunkTensors(
                            shape, model.toFloats(one.keys()), model.toFloats(one.values()))))
                .toTensors();
        states.add(model.upload(scratch, chunk.length, back.keys(), back.values()));
      }
      try (ParallelDecoder decoder =
          model.ask(
              prompt, new ParallelDecoder.Local(begun(config, local), 0, 0), 1, LocalMode.EXACT)) {
        decoder.add(states);
        float[] got = decoder.first().logits();
        double largest = 0;
        double size2 = 0;
        for (int i = 0; i < got.length; i++) {
          largest = Math.max(largest, Math.abs(got[i] - wanted[i]));
          size2 += (double) wanted[i] * wanted[i];
        }
        double moved = largest;
        System.out.printf(
            "%s: logits moved by at most %.2g (their root mean square is %.2g)%n",
            quantisation, largest, Math.sqrt(size2 / got.length));
        assertTrue(moved <= limit, () -> quantisation + " moves logits by " + moved);
      }
    }
  }

  private static int[] begun(ModelConfig config, int[] tokens) {
    return tokens[0] == config.beginToken()
        ? tokens
        : DjlCondensingEngine.concat(new int[] {config.beginToken()}, tokens);
  }
}
