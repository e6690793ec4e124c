package io.focusstream.operators.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.operators.model.checkpoint.FocusSettings.CandidatePositions;
import io.focusstream.operators.model.checkpoint.FocusSettings.LocalMode;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ModelConfigTest {
  private static final String BASE =
      "'vocab_size':320,'hidden_size':64,'intermediate_size':160,'num_hidden_layers':3,"
          + "'num_attention_heads':4,'max_position_embeddings':8192,'rms_norm_eps':1e-5";

  private static ModelConfig parse(String type, String more) {
    return ModelConfig.parse(
        "config.json",
        ("{'model_type':'" + type + "'," + BASE + "," + more + "}").replace('\'', '"'));
  }

  private static void refuses(String more, String... words) {
    CheckpointException e = assertThrows(CheckpointException.class, () -> parse("llama", more));
    for (String word : words) {
      assertTrue(e.getMessage().contains(word), e.getMessage() + " should name " + word);
    }
  }

  @Test
  void defaultsAreHuggingFacesOwn() {
    ModelConfig config = parse("llama", "'eos_token_id':2");
    assertEquals(4, config.keyValueHeads());
    assertEquals(16, config.headDim());
    assertEquals(10_000, config.ropeTheta());
    assertEquals(Optional.empty(), config.ropeScaling());
    assertEquals(List.of(2), config.endTokens());
    assertEquals(-1, config.beginToken());
    assertEquals(FocusSettings.DEFAULT, config.focus());
    assertFalse(config.tiedEmbeddings());
    assertFalse(config.projectionBias());
    assertEquals(2 * 3 * 4 * 16, config.stateElementsPerToken());
  }

  @Test
  void llama3WithItsScalingAndManyEndTokensIsRead() {
    ModelConfig config =
        parse(
            "llama",
            "'eos_token_id':[5,7],'bos_token_id':3,'num_key_value_heads':2,'rope_theta':5e5,"
                + "'head_dim':32,'tie_word_embeddings':true,"
                + "'rope_scaling':{'factor':8.0,'low_freq_factor':1.0,'high_freq_factor':4.0,"
                + "'original_max_position_embeddings':8192,'rope_type':'llama3'}");
    assertEquals(Optional.of(new ModelConfig.RopeScaling(8, 1, 4, 8192)), config.ropeScaling());
    assertEquals(List.of(5, 7), config.endTokens());
    assertEquals(500_000, config.ropeTheta());
    assertEquals(32, config.headDim());
    assertEquals(2, config.groupSize());
    assertTrue(config.tiedEmbeddings());
  }

  @Test
  void relativesOfLlamaHaveTheirOwnDefaults() {
    ModelConfig qwen2 = parse("qwen2", "'eos_token_id':2");
    assertTrue(qwen2.projectionBias());
    assertFalse(qwen2.outputBias());
    ModelConfig qwen3 = parse("qwen3", "'eos_token_id':2,'head_dim':128");
    assertTrue(qwen3.queryKeyNorm());
    assertFalse(qwen3.projectionBias());
    assertTrue(parse("llama", "'eos_token_id':2,'attention_bias':true").outputBias());
    assertEquals(
        7e5, parse("mistral", "'eos_token_id':2,'rope_parameters':{'rope_theta':7e5}").ropeTheta());
  }

  @Test
  void focusSettingsAreRead() {
    FocusSettings focus =
        parse(
                "llama",
                "'eos_token_id':2,'focus':{'local_window':512,'chunk_size':256,"
                    + "'candidate_projections':['v','q'],'candidate_positions':'shared',"
                    + "'candidate_span':16,'local':'incremental'}")
            .focus();
    assertEquals(
        new FocusSettings(
            512,
            256,
            List.of(CandidateProjection.Q, CandidateProjection.V),
            CandidatePositions.SHARED,
            16,
            LocalMode.INCREMENTAL,
            FocusSettings.Readout.DECODER,
            FocusSettings.NO_TOKEN),
        focus);
    assertEquals(
        List.of(CandidateProjection.Q, CandidateProjection.V), focus.candidateProjections());
  }

  @Test
  void wrongFieldsAreNamedWithTheirValue() {
    refuses("'eos_token_id':2,'hidden_act':'gelu'", "config.json", "hidden_act", "gelu");
    refuses("'bos_token_id':2", "eos_token_id is missing");
    refuses("'eos_token_id':320", "eos_token_id must be in [0, 319]; got 320");
    refuses("'eos_token_id':'x'", "eos_token_id", "\"x\"");
    refuses("'eos_token_id':2,'num_key_value_heads':3", "divide", "got 3");
    refuses("'eos_token_id':2,'head_dim':15", "head_dim must be even; got 15");
    refuses("'eos_token_id':2,'rope_theta':0", "rope_theta", "0.0");
    refuses("'eos_token_id':2,'rope_scaling':{'type':'yarn','factor':4}", "rope_type", "yarn");
    refuses("'eos_token_id':2,'rope_scaling':{'rope_type':'llama3'}", "factor is missing");
    refuses("'eos_token_id':2,'focus':[]", "focus must be an object");
    refuses("'eos_token_id':2,'focus':{'chunk_size':0}", "focus.chunk_size", "got 0");
    refuses(
        "'eos_token_id':2,'focus':{'candidate_projections':['x']}",
        "focus.candidate_projections",
        "[q, k, v, o]",
        "got x");
    refuses(
        "'eos_token_id':2,'focus':{'candidate_projections':['q','q']}",
        "candidate_projections",
        "twice");
    refuses("'eos_token_id':2,'focus':{'local':'no'}", "focus.local", "exact", "got no");
    refuses("'eos_token_id':2,'sliding_window':1024", "sliding_window is 1024", "2048");
    refuses("'eos_token_id':2,'vocab_size':5", "Duplicate field");
    assertThrows(CheckpointException.class, () -> ModelConfig.parse("c", "{}"));
    assertThrows(CheckpointException.class, () -> ModelConfig.parse("c", ""));
    assertThrows(CheckpointException.class, () -> ModelConfig.parse("c", "7"));
    CheckpointException e =
        assertThrows(CheckpointException.class, () -> parse("gpt2", "'eos_token_id':2"));
    assertTrue(e.getMessage().contains("gpt2"), e.getMessage());
  }
}
