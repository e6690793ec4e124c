package io.focusstream.jobs.training.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.focusstream.jobs.training.WordEmbeddings;
import io.focusstream.operators.text.ByteLevelBpe;
import io.focusstream.operators.text.JsonTokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class WordTokensTest {
  private static final int WIDTH = 16;

  /** Has a token for « duration» and none for «duration». */
  private static byte[] trained() throws IOException {
    BpeTrainer trainer = new BpeTrainer();
    for (int i = 0; i < 50; i++) {
      trainer.add("it was of some duration and of no interest, the duration of the work\n");
    }
    StringWriter out = new StringWriter();
    trainer.train(330).write(out);
    return out.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static WordTokens.Result extended(byte[] file) throws IOException {
    WordTokens words = new WordTokens(file);
    for (int i = 0; i < 20; i++) {
      words.add("duration=17 of job-4\n");
    }
    for (int i = 0; i < 4; i++) {
      words.add("weight=3 of a weight, the weight hapax" + "x".repeat(i) + "\n");
      words.addAsked("What is the weight?");
    }
    return words.extend(10);
  }

  private static byte[] bytes(WordTokens.Result result) throws IOException {
    return JsonMapper.builder().build().writeValueAsBytes(result.json());
  }

  private static ByteLevelBpe load(byte[] file) throws IOException {
    return ByteLevelBpe.load(new ByteArrayInputStream(file));
  }

  @Test
  void aFrequentWordIsOneTokenWithABlankAndWithout() throws IOException {
    byte[] file = trained();
    assertEquals(1, load(file).encode(" duration").length);
    assertTrue(load(file).encode("duration").length > 1);
    ByteLevelBpe after = load(bytes(extended(file)));
    assertEquals(1, after.encode(" duration").length);
    assertEquals(1, after.encode("duration").length);
    assertEquals("duration=17", after.decode(after.encode("duration=17")));
  }

  @Test
  void whatIsAskedIsWantedSoonerAndWhatIsRareNever() throws IOException {
    WordTokens.Result result = extended(trained());
    assertTrue(result.words().contains("weight"), result.words().toString());
    assertFalse(result.words().contains("interest"), "not seen since");
    assertFalse(result.words().stream().anyMatch(w -> w.startsWith("hapax")));
    assertFalse(result.words().contains("of"), "too short");
  }

  @Test
  void oldIdsAndTextsWithoutNewWordsStayAsTheyWere() throws IOException {
    byte[] file = trained();
    ByteLevelBpe before = load(file);
    ByteLevelBpe after = load(bytes(extended(file)));
    for (int id = 0; id < before.vocabularySize(); id++) {
      assertEquals(before.decode(new int[] {id}), after.decode(new int[] {id}));
    }
    String text = "the work was of some duration; über {\"a\": 12.5} 中\n";
    assertArrayEquals(before.encode(text), after.encode(text));
  }

  @Test
  void bothImplementationsReadTheFile() throws IOException {
    byte[] file = bytes(extended(trained()));
    try (JsonTokenizer library = JsonTokenizer.load(new ByteArrayInputStream(file))) {
      for (String text : List.of("duration=17 weight", " durations", "preduration of weightless")) {
        assertArrayEquals(library.encode(text), load(file).encode(text), text);
      }
    }
  }

  @Test
  void theSameTextsGiveTheSameFile() throws IOException {
    assertArrayEquals(bytes(extended(trained())), bytes(extended(trained())));
  }

  @Test
  void aNewSpellingBeginsLikeTheOldOne() throws IOException {
    byte[] file = trained();
    ByteLevelBpe before = load(file);
    ByteLevelBpe after = load(bytes(extended(file)));
    float[] old = random(before.vocabularySize());
    float[] grown = WordEmbeddings.grow(old, WIDTH, before, after, 0.35);
    assertEquals(after.vocabularySize() * WIDTH, grown.length);
    int spaced = after.encode(" duration")[0];
    int plain = after.encode("duration")[0];
    assertTrue(cosine(grown, spaced, plain) > 0.7);
    double mean = 0;
    for (int id = 0; id < before.vocabularySize(); id++) {
      mean += Math.sqrt(dot(old, id, id)) / before.vocabularySize();
      assertEquals(dot(old, id, id), dot(grown, id, id), 1e-4, "as long as it was");
    }
    assertEquals(mean, Math.sqrt(dot(grown, plain, plain)), 1e-4);
  }

  @Test
  void withoutDrawingTogetherOldRowsStay() throws IOException {
    byte[] file = trained();
    ByteLevelBpe before = load(file);
    float[] old = random(before.vocabularySize());
    float[] grown = WordEmbeddings.grow(old, WIDTH, before, load(bytes(extended(file))), 0);
    float[] kept = Arrays.copyOf(grown, old.length);
    assertArrayEquals(old, kept, 1e-6f);
  }

  private static float[] random(int rows) {
    Random random = new Random(3);
    float[] values = new float[rows * WIDTH];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private static double cosine(float[] rows, int a, int b) {
    return dot(rows, a, b) / Math.sqrt(dot(rows, a, a) * dot(rows, b, b));
  }

  private static double dot(float[] rows, int a, int b) {
    double sum = 0;
    for (int d = 0; d < WIDTH; d++) {
      sum += rows[a * WIDTH + d] * rows[b * WIDTH + d];
    }
    return sum;
  }
}
