package io.focusstream.jobs.training.data;

import io.focusstream.operators.text.ByteLevelBpe;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;

/** The tokenizer that ships and a few paragraphs to read. */
public final class Small {
  private Small() {}

  public static ByteLevelBpe tokenizer() {
    try (InputStream in =
        ByteLevelBpe.class.getResourceAsStream("/io/focusstream/models/small/tokenizer.json")) {
      return ByteLevelBpe.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static Books books() {
    return Books.of(
        List.of(
            "It was raining in the valley when the two carriages met at the bridge, and nobody had"
                + " thought of bringing the key to the gate.",
            "“You will find,” said the old man slowly, “that a house remembers those who have been"
                + " kind to it; I have lived in this one for sixty years and more.”",
            "Nothing else was talked of for a week, and then, as such things do, it was forgotten."));
  }
}
