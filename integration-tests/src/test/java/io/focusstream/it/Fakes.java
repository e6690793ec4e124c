package io.focusstream.it;

import io.focusstream.jobs.topology.ModelProviders;

/** Models for tests. */
final class Fakes {
  private Fakes() {}

  /** The lexical engine over bytes; each question takes as long as given. */
  static ModelProviders lexicalModel(long delayMillis) {
    return new ModelProviders(new LexicalEngineProvider(delayMillis), ByteTokenizer::new);
  }
}
