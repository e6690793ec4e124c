package io.focusstream.operators.engine.djl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.operators.engine.AskTask;
import io.focusstream.operators.engine.ChunkInput;
import io.focusstream.operators.engine.ChunkKey;
import io.focusstream.operators.engine.CondenseTask;
import io.focusstream.operators.engine.EngineAnswer;
import io.focusstream.operators.engine.StatePortions;
import io.focusstream.operators.engine.StatesNeededException;
import io.focusstream.operators.text.EventText;
import io.focusstream.operators.text.LineMatcher.Excerpt;
import io.focusstream.operators.text.LineMatcher.Found;
import io.focusstream.operators.text.LineMatcher.Naming;
import io.focusstream.operators.text.PromptTemplate;
import io.focusstream.operators.text.TextTokenizer;
import io.focusstream.operators.text.TextTokenizers;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The bundled model over lines that name things, with nothing hot. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ExcerptEngineTest {
  private static final String KEY_LINE =
      "The pass key is 51602. Remember it. 51602 is the pass key.";
  private static final String NOISE =
      "The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again.";
  private static final int[] NO_TAIL = {};

  private DjlCondensingEngine engine;
  private TextTokenizer tokenizer;
  private PromptTemplate template;

  @BeforeAll
  void open() throws IOException {
    engine = new DjlCondensingEngine(DjlEngineSettings.of("small").withHotBytes(0));
    tokenizer = TextTokenizers.load(BundledModels.folder("small").resolve("tokenizer.json"));
    template = new PromptTemplate(tokenizer);
  }

  @AfterAll
  void close() {
    tokenizer.close();
    engine.close();
  }

  private int[] text(List<String> lines) {
    return lines.stream()
        .flatMapToInt(line -> Arrays.stream(tokenizer.encode(EventText.of(line))))
        .toArray();
  }

  private List<ChunkInput> condensed(List<int[]> texts) {
    List<ChunkInput> chunks = new ArrayList<>();
    for (int[] tokens : texts) {
      ChunkKey key = ChunkKey.of(tokens);
      chunks.add(
          new ChunkInput(
              key, tokens, engine.condense(new CondenseTask(key, tokens)).join().blocks()));
    }
    return chunks;
  }

  private static List<ChunkInput> without(List<ChunkInput> chunks, int... kept) {
    return IntStream.range(0, chunks.size())
        .mapToObj(
            i ->
                Arrays.stream(kept).anyMatch(k -> k == i)
                    ? chunks.get(i)
                    : new ChunkInput(chunks.get(i).key(), chunks.get(i).tokens(), List.of()))
        .toList();
  }

  private String said(EngineAnswer answer) {
    return tokenizer.decode(answer.tokens()).strip();
  }

  @Test
  void theLineThatNamesWhatIsAskedAboutIsAllThatIsNeeded() {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      lines.add(
          "request req-%d status=%d bytes=%d host=web-%d".formatted(8100 + i, 200 + i, 71 * i, i));
    }
    List<int[]> texts = new ArrayList<>();
    for (int from = 0; from < lines.size(); from += 6) {
      texts.add(text(lines.subList(from, from + 6)));
    }
    List<ChunkInput> chunks = condensed(texts);
    int[] question = template.layOut("What is the status of req-8109?");
    List<int[]> all = new ArrayList<>(texts);
    all.add(NO_TAIL);
    Found found = engine.find(all, question);
    assertEquals(List.of(1), found.excerpts().stream().map(Excerpt::text).toList());

    EngineAnswer some =
        engine.ask(new AskTask(without(chunks, 1), NO_TAIL, question, 12, found, true)).join();
    assertTrue(said(some).startsWith("209"), said(some));
    assertEquals(4, some.chunkWeights().length);
    assertTrue(some.chunkWeights()[1] > 0.9, Arrays.toString(some.chunkWeights()));
    assertTrue(some.recondensed().isEmpty());
    EngineAnswer whole =
        engine.ask(new AskTask(chunks, NO_TAIL, question, 12, found, false)).join();
    assertEquals(said(some), said(whole));
  }

  @Test
  void linesThatDoNotSettleItAskForTheStatesOfAllChunks() {
    List<int[]> texts =
        List.of(text(List.of(NOISE)), text(List.of(KEY_LINE)), text(List.of(NOISE)));
    List<ChunkInput> chunks = condensed(texts);
    int[] question = template.layOut("What is the pass key? The pass key is");
    // of a line that says nothing about it
    Found found =
        new Found(
            List.of(new Excerpt(0, IntStream.range(0, texts.get(0).length).toArray())),
            Naming.UNKNOWN);
    CompletableFuture<EngineAnswer> asked =
        engine.ask(new AskTask(without(chunks, 0), NO_TAIL, question, 12, found, true));
    CompletionException failure = assertThrows(CompletionException.class, asked::join);
    assertInstanceOf(StatesNeededException.class, failure.getCause());

    EngineAnswer again =
        engine.ask(new AskTask(chunks, NO_TAIL, question, 12, found, false)).join();
    assertTrue(said(again).startsWith("51602"), said(again));
    assertTrue(again.chunkWeights()[1] > 0.9, Arrays.toString(again.chunkWeights()));
    // states that are missing, not left out, are made again
    EngineAnswer made =
        engine.ask(new AskTask(without(chunks, 0), NO_TAIL, question, 12, found, false)).join();
    assertEquals(said(again), said(made));
    assertEquals(
        1, made.recondensed().stream().filter(c -> c.key().equals(chunks.get(1).key())).count());
  }

  private static StatePortions portions(List<ChunkInput> chunks, int each) {
    int[] at = {0};
    return () -> {
      int to = Math.min(chunks.size(), at[0] + each);
      List<List<byte[]>> some = chunks.subList(at[0], to).stream().map(ChunkInput::blocks).toList();
      at[0] = to;
      return CompletableFuture.supplyAsync(() -> some);
    };
  }

  private static void assertSameAnswer(EngineAnswer expected, EngineAnswer answer) {
    assertArrayEquals(expected.tokens(), answer.tokens());
    assertEquals(expected.confidence(), answer.confidence(), 1e-3);
    assertArrayEquals(expected.chunkWeights(), answer.chunkWeights(), 1e-3f);
    assertTrue(answer.recondensed().isEmpty(), "states came");
  }

  /** Whole chunks at once, and beside lines that didn't settle it; nothing is hot here. */
  @Test
  void statesInPortionsGiveTheSameAnswer() {
    List<int[]> texts = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      // the 21st comes twice
      texts.add(
          text(
              i == 17 ? List.of(KEY_LINE) : List.of(NOISE, "line %d".formatted(i == 30 ? 20 : i))));
    }
    List<ChunkInput> chunks = condensed(texts);
    int[] question = template.layOut("What is the pass key? The pass key is");
    int[] tail = text(List.of(NOISE));
    Found unsure =
        new Found(
            List.of(new Excerpt(2, IntStream.range(0, texts.get(2).length).toArray())),
            Naming.UNKNOWN);
    for (Found found : List.of(Found.NOTHING, unsure)) {
      EngineAnswer whole = engine.ask(new AskTask(chunks, tail, question, 12, found, false)).join();
      assertTrue(said(whole).startsWith("51602"), said(whole));
      for (int each : new int[] {1, 7, 40}) {
        // as the operator does: of a chunk with an excerpt the state is there
        assertSameAnswer(
            whole,
            engine
                .ask(
                    new AskTask(
                        found.excerpts().isEmpty() ? without(chunks) : without(chunks, 2),
                        tail,
                        question,
                        12,
                        found,
                        false,
                        portions(chunks, each)))
                .join());
      }
    }
  }

  /** Each over a stream of its own, some by lines and some by whole chunks, one not to be found. */
  @Test
  void questionsAtOnceAreAnsweredAsEachAlone() {
    List<AskTask> tasks = new ArrayList<>();
    for (int stream = 0; stream < 10; stream++) {
      List<int[]> texts = new ArrayList<>();
      for (int chunk = 0; chunk < 1 + stream % 4; chunk++) {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
          int id = 8100 + 100 * stream + 5 * chunk + i;
          lines.add("request req-%d status=%d host=web-%d".formatted(id, 200 + id % 97, id % 7));
        }
        texts.add(text(lines));
      }
      int[] question =
          template.layOut("What is the status of req-%d?".formatted(8102 + 101 * stream));
      int[] tail = stream % 2 == 0 ? NO_TAIL : text(List.of(NOISE));
      List<int[]> all = new ArrayList<>(texts);
      all.add(tail);
      Found found = stream % 3 == 0 ? Found.NOTHING : engine.find(all, question);
      tasks.add(new AskTask(condensed(texts), tail, question, 12, found, false));
    }
    List<EngineAnswer> alone = tasks.stream().map(task -> engine.ask(task).join()).toList();
    List<CompletableFuture<EngineAnswer>> asked = tasks.stream().map(engine::ask).toList();
    for (int i = 0; i < tasks.size(); i++) {
      EngineAnswer together = asked.get(i).join();
      assertEquals(said(alone.get(i)), said(together), "question " + i);
      assertEquals(alone.get(i).confidence(), together.confidence(), 1e-3);
      assertArrayEquals(alone.get(i).chunkWeights(), together.chunkWeights(), 1e-3f);
    }
  }

  @Test
  void excerptsCanBeTurnedOff() {
    try (DjlCondensingEngine other =
        new DjlCondensingEngine(DjlEngineSettings.of("small").withExcerpts(0))) {
      List<int[]> texts = List.of(text(List.of(NOISE, KEY_LINE, NOISE, NOISE)), NO_TAIL);
      int[] question = template.layOut("What is the pass key?");
      assertTrue(other.find(texts, question).excerpts().isEmpty());
      assertFalse(engine.find(texts, question).excerpts().isEmpty());
    }
  }

  @Test
  void anExcerptOfNoChunkIsRefused() {
    assertThrows(
        IllegalArgumentException.class,
        () ->
            new AskTask(
                List.of(),
                NO_TAIL,
                new int[] {9},
                4,
                new Found(List.of(new Excerpt(1, new int[] {0})), Naming.UNKNOWN),
                false));
    assertThrows(
        IllegalArgumentException.class, () -> DjlEngineSettings.of("small").withExcerpts(33));
  }
}
