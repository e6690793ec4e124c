package io.focusstream.jobs.training.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.operators.text.ByteLevelBpe;
import io.focusstream.operators.text.JsonTokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class BpeTrainerTest {
  private static final String TEXT =
      "the worker started the work in worker-17 \"status\":\"ok\" at http://host/path ... ----\n";

  private static byte[] trained(int size) throws IOException {
    BpeTrainer trainer = new BpeTrainer();
    for (int i = 0; i < 50; i++) {
      trainer.add(TEXT);
    }
    StringWriter out = new StringWriter();
    trainer.train(size).write(out);
    return out.toString().getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void theSameTextGivesTheSameFile() throws IOException {
    assertArrayEquals(trained(330), trained(330));
  }

  @Test
  void bothImplementationsReadWhatWasWritten() throws IOException {
    byte[] file = trained(330);
    ByteLevelBpe plainJava = ByteLevelBpe.load(new ByteArrayInputStream(file));
    try (JsonTokenizer library = JsonTokenizer.load(new ByteArrayInputStream(file))) {
      for (String text : new String[] {TEXT, "workers work harder", "über \"ok\" 中 🙂\n\n"}) {
        assertArrayEquals(library.encode(text), plainJava.encode(text));
        assertEquals(text, plainJava.decode(plainJava.encode(text)));
      }
      assertEquals(plainJava.vocabularySize(), library.vocabularySize());
    }
    assertEquals(1, plainJava.encode(" worker").length);
    assertEquals(2, plainJava.encode("17").length);
  }

  @Test
  void valuesCanBeCutOutAtTokens() {
    assertFalse(BpeTrainer.allowed(bytes("="), bytes("/")));
    assertFalse(BpeTrainer.allowed(bytes("\""), bytes("-")));
    assertFalse(BpeTrainer.allowed(bytes("%"), bytes(")")));
    assertTrue(BpeTrainer.allowed(bytes("\""), bytes(":")));
    assertTrue(BpeTrainer.allowed(bytes(" "), bytes("-")));
    assertTrue(BpeTrainer.allowed(bytes("--"), bytes("--")));
    assertFalse(BpeTrainer.allowed(bytes("\n"), bytes("\n")));
    assertTrue(BpeTrainer.allowed(bytes(" wor"), bytes("ker")));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
