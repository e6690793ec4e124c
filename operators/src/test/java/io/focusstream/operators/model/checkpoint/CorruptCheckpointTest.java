package io.focusstream.operators.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.focusstream.operators.testing.Mutations;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Damaged files of a checkpoint folder, one at a time. */
@Timeout(600)
class CorruptCheckpointTest {
  @TempDir Path folder;

  private static byte[] golden(String name) throws IOException {
    try (var in = CorruptCheckpointTest.class.getResourceAsStream("/golden/" + name)) {
      return Objects.requireNonNull(in, name).readAllBytes();
    }
  }

  private static void readAll(Safetensors file) {
    for (String name : file.names()) {
      TensorView tensor = file.tensor(name);
      switch (tensor.type()) {
        case F32, F16, BF16 -> assertEquals(tensor.elements(), tensor.toFloats().length);
        default -> assertEquals(tensor.elements(), tensor.toLongs().length);
      }
    }
  }

  @Test
  void damagedSafetensorsAreReadOrRefusedByName() throws IOException {
    Mutations.assertReadOrRefused(
        golden("short-no-chunks/expected.safetensors"),
        CheckpointException.class,
        "weights.safetensors",
        bytes -> readAll(Safetensors.of("weights.safetensors", ByteBuffer.wrap(bytes))));
  }

  /** The same through a mapped file, whose length the header can't be held against in memory. */
  @Test
  void damagedSafetensorsFilesAreReadOrRefusedByName() throws IOException {
    Path file = folder.resolve("model.safetensors");
    Mutations.assertReadOrRefused(
        golden("short-no-chunks/expected.safetensors"),
        CheckpointException.class,
        file.toString(),
        bytes -> {
          Files.write(file, bytes);
          try (Safetensors read = Safetensors.open(file)) {
            read.names().forEach(read::shape);
          }
        });
  }

  @Test
  void damagedConfigsAreReadOrRefusedByName() throws IOException {
    Mutations.assertReadOrRefused(
        golden("gqa-partial/config.json"),
        CheckpointException.class,
        "config.json",
        bytes -> {
          ModelConfig config =
              ModelConfig.parse("config.json", new String(bytes, StandardCharsets.UTF_8));
          CheckpointFolder.expectedShapes(config);
          CheckpointFolder.candidateShapes(config);
        });
  }

  @Test
  void damagedIndicesAreReadOrRefusedByName() throws IOException {
    Files.write(folder.resolve("config.json"), golden("gqa-partial/config.json"));
    Path shard = folder.resolve("model-00001-of-00001.safetensors");
    Files.write(shard, golden("gqa-partial/model.safetensors"));
    StringBuilder index =
        new StringBuilder("{\"metadata\": {\"total_size\": 1}, \"weight_map\": {");
    try (Safetensors weights = Safetensors.open(shard)) {
      List<String> entries =
          weights.names().stream()
              .map(name -> "\"%s\": \"%s\"".formatted(name, shard.getFileName()))
              .toList();
      index.append(String.join(", ", entries)).append("}}");
    }
    Path file = folder.resolve("model.safetensors.index.json");
    Mutations.assertReadOrRefused(
        index.toString().getBytes(StandardCharsets.UTF_8),
        CheckpointException.class,
        folder.toString(),
        bytes -> {
          Files.write(file, bytes);
          CheckpointFolder.open(folder).close();
        });
  }
}
