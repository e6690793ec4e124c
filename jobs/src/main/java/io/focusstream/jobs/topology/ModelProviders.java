package io.focusstream.jobs.topology;

import io.focusstream.operators.engine.CondensingEngineProvider;
import io.focusstream.operators.text.TokenizerProvider;
import java.util.Objects;

/**
 * A model as the job sees it.
 *
 * @param engine hands out the engine that runs it
 * @param tokenizer makes its tokenizer
 */
public record ModelProviders(CondensingEngineProvider engine, TokenizerProvider tokenizer) {
  public ModelProviders {
    Objects.requireNonNull(engine, "engine");
    Objects.requireNonNull(tokenizer, "tokenizer");
  }
}
