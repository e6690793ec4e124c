package io.focusstream.jobs.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.operators.model.checkpoint.CheckpointFolder;
import io.focusstream.operators.model.checkpoint.ModelConfig;
import io.focusstream.operators.model.checkpoint.SafetensorsWriter;
import io.focusstream.operators.model.checkpoint.TensorType;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ModelInspectCommandTest {
  private static final String CONFIG =
      """
      {"model_type": "llama", "vocab_size": 320, "hidden_size": 64, "intermediate_size": 160,
       "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
       "max_position_embeddings": 1024, "bos_token_id": 1, "eos_token_id": 2,
       "tie_word_embeddings": true,
       "focus": {"local_window": 128, "chunk_size": 64, "candidate_projections": ["q", "v"],
                 "candidate_positions": "shared", "local": "incremental"}}
      """;

  @TempDir Path directory;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void writeCheckpoint() throws IOException {
    Files.writeString(directory.resolve("config.json"), CONFIG);
    ModelConfig config = ModelConfig.parse("config.json", CONFIG);
    SafetensorsWriter weights = new SafetensorsWriter();
    CheckpointFolder.expectedShapes(config).forEach((name, shape) -> add(weights, name, shape));
    CheckpointFolder.candidateShapes(config)
        .forEach(
            (name, shape) -> {
              if (!name.equals("model.layers.1.self_attn.beacon_v_proj.weight")) {
                add(weights, name, shape);
              }
            });
    weights.write(directory.resolve("model.safetensors"));
  }

  private static void add(SafetensorsWriter weights, String name, long[] shape) {
    int elements = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    weights.floats(name, TensorType.BF16, new float[elements], shape);
  }

  private int run(String... arguments) {
    return new CommandLine(new ModelInspectCommand())
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments);
  }

  @Test
  void showsWhatAFolderHolds() throws IOException {
    assertEquals(0, run(directory.toString()), err::toString);
    Map<String, String> facts =
        out.toString()
            .lines()
            .collect(Collectors.toMap(l -> l.substring(0, 14).strip(), l -> l.substring(15)));
    assertEquals(directory.getFileName() + " (llama)", facts.get("model"));
    assertEquals(
        "2 layers, width 64, 4 heads of 16 over 2 key/value heads, MLP 160", facts.get("decoder"));
    assertEquals("320 tokens, begin 1, end 2, head tied to the embedding", facts.get("vocabulary"));
    // embedding 320*64; attention 2*(2*64*64 + 2*32*64); MLP 2*3*160*64; norms (2*2+1)*64;
    // added q 2*64*64 and v 32*64
    assertEquals(
        "106,816 frozen (embedding 20,480, attention 24,576, MLP 61,440, norms 320), 10,240 added",
        facts.get("parameters"));
    assertEquals("23 tensors of BF16, 234,112 bytes", facts.get("weights"));
    assertEquals(
        "local window 128, chunks of 64, candidates shared over 32, local context incremental",
        facts.get("focus"));
    assertEquals("q in every layer, v in 1 of 2 layers", facts.get("candidates"));
    assertEquals("none: there is no tokenizer.json", facts.get("tokenizer"));
    assertEquals(
        "float32 512, bf16 256, int8 144, int4 80 bytes a token", facts.get("chunk state"));
    try (CheckpointFolder folder = CheckpointFolder.open(directory)) {
      assertEquals(folder.fingerprint(), facts.get("fingerprint"));
    }
  }

  @Test
  void aFolderThatCanNotBeUsedIsAnErrorWithItsReason() throws IOException {
    assertEquals(2, run(directory.resolve("absent").toString()));
    assertTrue(err.toString().contains("absent is not a folder"), err.toString());
    Files.writeString(directory.resolve("tokenizer.json"), "{}");
    assertEquals(2, run(directory.toString()));
    assertTrue(err.toString().contains("tokenizer.json has no model object"), err.toString());
    assertEquals("", out.toString());
    assertEquals(2, run());
  }

  @Test
  void helpIsThere() {
    assertEquals(0, run("--help"));
    assertTrue(List.of(out.toString().split("\\s+")).contains("DIR"), out.toString());
  }
}
