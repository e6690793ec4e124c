package io.focusstream.operators.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointFolderTest {
  @TempDir Path temporary;

  private static Path golden(String name) {
    URL url =
        Objects.requireNonNull(
            CheckpointFolderTest.class.getResource("/golden/" + name), "golden case " + name);
    try {
      return Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private Path copy() throws IOException {
    Path source = golden("gqa-partial");
    Path copy = Files.createDirectories(temporary.resolve("copy"));
    for (String file : List.of("config.json", "model.safetensors")) {
      Files.copy(source.resolve(file), copy.resolve(file));
    }
    return copy;
  }

  private static void refuses(Path folder, String... words) {
    CheckpointException e =
        assertThrows(CheckpointException.class, () -> CheckpointFolder.open(folder));
    for (String word : words) {
      assertTrue(e.getMessage().contains(word), e.getMessage() + " should name " + word);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"gqa-partial", "short-no-chunks", "train-continuation", "train-reconstruction"})
  void everyGoldenCaseLoads(String name) throws IOException {
    Path directory = golden(name);
    try (CheckpointFolder folder = CheckpointFolder.open(directory);
        Safetensors expected = Safetensors.open(directory.resolve("expected.safetensors"))) {
      ModelConfig config = folder.config();
      assertEquals(name, folder.name());
      assertEquals(3, config.layers());
      assertEquals(2, config.keyValueHeads());
      assertEquals(List.of(), folder.missingCandidateProjections());
      assertEquals(Optional.empty(), folder.tokenizer());
      for (String tensor : folder.tensorNames()) {
        for (float value : folder.tensor(tensor).toFloats()) {
          assertTrue(Float.isFinite(value), tensor);
        }
      }
      assertArrayEquals(new long[] {320, 64}, folder.tensor("model.embed_tokens.weight").shape());
      for (long id : expected.tensor("input_ids").toLongs()) {
        assertTrue(id >= 0 && id < config.vocabularySize());
      }
      boolean training = name.startsWith("train");
      assertEquals(training, expected.metadata().containsKey("local_query_start"));
      assertEquals(training, expected.names().contains("loss"));
    }
  }

  @Test
  void fingerprintFollowsContentAndNotPlace() throws IOException {
    Path copy = copy();
    String original;
    try (CheckpointFolder folder = CheckpointFolder.open(golden("gqa-partial"))) {
      original = folder.fingerprint();
      assertEquals(2 * CheckpointFolder.FINGERPRINT_BYTES, original.length());
    }
    try (CheckpointFolder folder = CheckpointFolder.open(copy)) {
      assertEquals(original, folder.fingerprint());
    }
    byte[] weights = Files.readAllBytes(copy.resolve("model.safetensors"));
    weights[weights.length - 1] ^= 1;
    Files.write(copy.resolve("model.safetensors"), weights);
    try (CheckpointFolder folder = CheckpointFolder.open(copy)) {
      assertNotEquals(original, folder.fingerprint());
    }
    weights[weights.length - 1] ^= 1;
    Files.write(copy.resolve("model.safetensors"), weights);
    Path config = copy.resolve("config.json");
    Files.writeString(config, Files.readString(config).replace("10000.0", "20000.0"));
    try (CheckpointFolder folder = CheckpointFolder.open(copy)) {
      assertNotEquals(original, folder.fingerprint());
    }
  }

  @Test
  void shardsReadTheSameAsOneFile() throws IOException {
    Path copy = copy();
    String original;
    SafetensorsWriter[] shards = {new SafetensorsWriter(), new SafetensorsWriter()};
    StringBuilder map = new StringBuilder();
    try (CheckpointFolder folder = CheckpointFolder.open(copy)) {
      original = folder.fingerprint();
      int next = 0;
      for (String name : folder.tensorNames()) {
        TensorView tensor = folder.tensor(name);
        shards[next % 2].floats(name, tensor.type(), tensor.toFloats(), tensor.shape());
        map.append(map.isEmpty() ? "" : ",");
        map.append("\"%s\":\"shard-%d.safetensors\"".formatted(name, next % 2));
        next++;
      }
    }
    Files.delete(copy.resolve("model.safetensors"));
    shards[0].write(copy.resolve("shard-0.safetensors"));
    shards[1].write(copy.resolve("shard-1.safetensors"));
    Path index = copy.resolve("model.safetensors.index.json");
    Files.writeString(index, "{\"metadata\":{},\"weight_map\":{" + map + "}}");
    try (CheckpointFolder folder = CheckpointFolder.open(copy)) {
      assertEquals(original, folder.fingerprint());
    }
    Files.writeString(index, "{\"weight_map\":{\"a\":\"../shard-0.safetensors\"}}");
    refuses(copy, "../shard-0.safetensors", "plain names");
    Files.writeString(index, "{\"weight_map\":{\"a\":\"shard-0.safetensors\"}}");
    refuses(copy, "tensor a", "download");
    Files.writeString(index, "{\"weight_map\":{}}");
    refuses(copy, "weight_map");
  }

  @Test
  void wrongFoldersAreRefusedWithTheRemedy() throws IOException {
    refuses(temporary.resolve("absent"), "is not a folder");
    refuses(temporary, "no config.json");
    Path copy = copy();
    Files.delete(copy.resolve("model.safetensors"));
    refuses(copy, "neither model.safetensors nor");
    Files.writeString(copy.resolve("pytorch_model.bin"), "x");
    refuses(copy, "pickle", "safetensors");
  }

  @Test
  void weightsThatDoNotFitTheConfigurationAreNamed() throws IOException {
    Path copy = copy();
    Path config = copy.resolve("config.json");
    String text = Files.readString(config);
    Files.writeString(config, text.replace("\"vocab_size\": 320", "\"vocab_size\": 321"));
    refuses(copy, "model.embed_tokens.weight", "[320, 64]", "[321, 64]");
    Files.writeString(config, text.replace("\"num_hidden_layers\": 3", "\"num_hidden_layers\": 4"));
    refuses(copy, "no tensor model.layers.3.input_layernorm.weight");
  }

  @Test
  void absentCandidateProjectionsAreTold() throws IOException {
    Path copy = copy();
    SafetensorsWriter writer = new SafetensorsWriter();
    try (CheckpointFolder folder = CheckpointFolder.open(copy)) {
      for (String name : folder.tensorNames()) {
        if (!name.contains("beacon_q")) {
          TensorView tensor = folder.tensor(name);
          writer.floats(name, tensor.type(), tensor.toFloats(), tensor.shape());
        }
      }
    }
    writer.write(copy.resolve("model.safetensors"));
    try (CheckpointFolder folder = CheckpointFolder.open(copy)) {
      assertEquals(
          List.of(
              "model.layers.0.self_attn.beacon_q_proj.weight",
              "model.layers.1.self_attn.beacon_q_proj.weight",
              "model.layers.2.self_attn.beacon_q_proj.weight"),
          folder.missingCandidateProjections());
    }
  }
}
