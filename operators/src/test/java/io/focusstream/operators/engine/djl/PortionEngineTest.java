package io.focusstream.operators.engine.djl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.operators.engine.AskTask;
import io.focusstream.operators.engine.ChunkInput;
import io.focusstream.operators.engine.ChunkKey;
import io.focusstream.operators.engine.CondenseTask;
import io.focusstream.operators.engine.EngineAnswer;
import io.focusstream.operators.engine.StatePortions;
import io.focusstream.operators.model.Precision;
import io.focusstream.operators.model.checkpoint.FocusSettings.LocalMode;
import io.focusstream.operators.text.LineMatcher.Found;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** Questions whose stored states come in portions, over the golden checkpoint. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class PortionEngineTest {
  private DjlCondensingEngine engine;
  private List<ChunkInput> stored;

  @BeforeAll
  void open() throws Exception {
    Path folder =
        Path.of(getClass().getResource("/golden/gqa-partial/config.json").toURI()).getParent();
    engine =
        new DjlCondensingEngine(
            DjlEngineSettings.of(folder.toString())
                .withPrecision(Precision.FLOAT32)
                .withLocal(LocalMode.INCREMENTAL)
                .withHotBytes(0));
    stored = new ArrayList<>();
    for (int i = 0; i < 70; i++) {
      int[] tokens = tokens(i, 20 + 7 * (i % 5));
      ChunkKey key = ChunkKey.of(tokens);
      stored.add(
          new ChunkInput(
              key, tokens, engine.condense(new CondenseTask(key, tokens)).join().blocks()));
    }
  }

  @AfterAll
  void close() {
    engine.close();
  }

  private static int[] tokens(long seed, int count) {
    return new SplittableRandom(seed).ints(count, 3, 320).toArray();
  }

  private static List<ChunkInput> bare(List<ChunkInput> chunks) {
    return chunks.stream().map(c -> new ChunkInput(c.key(), c.tokens(), List.of())).toList();
  }

  private static AskTask ask(List<ChunkInput> chunks, StatePortions portions) {
    return new AskTask(chunks, tokens(99, 30), tokens(98, 9), 6, Found.NOTHING, false, portions);
  }

  /** Portions that come when the test says so. */
  private static final class Portions implements StatePortions {
    private final Deque<CompletableFuture<List<List<byte[]>>>> asked = new ArrayDeque<>();

    @Override
    public synchronized CompletableFuture<List<List<byte[]>>> next() {
      CompletableFuture<List<List<byte[]>>> portion = new CompletableFuture<>();
      asked.add(portion);
      notifyAll();
      return portion;
    }

    synchronized int asked() {
      return asked.size();
    }

    /** The oldest that was asked for, once it is. */
    synchronized CompletableFuture<List<List<byte[]>>> take() throws InterruptedException {
      while (asked.isEmpty()) {
        wait();
      }
      return asked.poll();
    }
  }

  private static void assertSame(EngineAnswer expected, EngineAnswer actual) {
    assertArrayEquals(expected.tokens(), actual.tokens());
    assertEquals(expected.confidence(), actual.confidence(), 1e-5);
    assertArrayEquals(expected.chunkWeights(), actual.chunkWeights(), 1e-5f);
  }

  private static List<List<byte[]>> blocks(List<ChunkInput> chunks) {
    return chunks.stream().map(ChunkInput::blocks).toList();
  }

  private EngineAnswer inPortions(List<ChunkInput> chunks, int most) {
    SplittableRandom random = new SplittableRandom(most);
    int[] at = {0};
    StatePortions portions =
        () -> {
          int to = Math.min(chunks.size(), at[0] + 1 + random.nextInt(most));
          List<List<byte[]>> portion = blocks(chunks.subList(at[0], to));
          at[0] = to;
          return CompletableFuture.supplyAsync(() -> portion);
        };
    return engine.ask(ask(bare(chunks), portions)).join();
  }

  @Test
  void theAnswerIsTheSameInPortionsOfAnySize() {
    EngineAnswer whole = engine.ask(ask(stored, null)).join();
    for (int most : new int[] {1, 7, 64, 70, 100}) {
      EngineAnswer answer = inPortions(stored, most);
      assertSame(whole, answer);
      assertTrue(answer.recondensed().isEmpty());
    }
  }

  @Test
  void statesThatAreMissingOrDamagedAreMadeAgain() {
    EngineAnswer whole = engine.ask(ask(stored, null)).join();
    List<ChunkInput> some = new ArrayList<>(stored);
    some.set(3, bare(stored).get(3));
    byte[] broken = stored.get(40).blocks().get(0).clone();
    broken[broken.length / 2] ^= 1;
    some.set(40, new ChunkInput(stored.get(40).key(), stored.get(40).tokens(), List.of(broken)));
    EngineAnswer answer = inPortions(some, 9);
    assertSame(whole, answer);
    assertEquals(2, answer.recondensed().size());
    assertEquals(1, answer.damagedBlocks());
  }

  /** Others are answered and chunks are condensed; and few portions are asked for ahead. */
  @Test
  void whoeverWaitsForPortionsKeepsNobodyWaiting() throws Exception {
    EngineAnswer expected = engine.ask(ask(stored, null)).join();
    Portions portions = new Portions();
    CompletableFuture<EngineAnswer> waits = engine.ask(ask(bare(stored), portions));
    CompletableFuture<List<List<byte[]>>> first = portions.take();
    int[] fresh = tokens(1234, 64);
    CondenseTask chunk = new CondenseTask(ChunkKey.of(fresh), fresh);
    assertEquals(chunk.key(), engine.condense(chunk).get(60, TimeUnit.SECONDS).key());
    EngineAnswer other = engine.ask(ask(stored.subList(0, 5), null)).get(60, TimeUnit.SECONDS);
    assertEquals(5, other.chunkWeights().length);
    assertFalse(waits.isDone());
    assertEquals(1, portions.asked(), "two ahead");
    first.complete(blocks(stored.subList(0, 30)));
    portions.take().complete(blocks(stored.subList(30, 31)));
    assertFalse(waits.isDone());
    portions.take().complete(blocks(stored.subList(31, 70)));
    assertSame(expected, waits.get(60, TimeUnit.SECONDS));
  }

  @Test
  void aQuestionIsDroppedWhileItWaits() throws Exception {
    Portions portions = new Portions();
    CompletableFuture<EngineAnswer> waits = engine.ask(ask(bare(stored), portions));
    portions.take();
    awaitRunning(1);
    waits.cancel(false);
    awaitRunning(0);
  }

  private void awaitRunning(int questions) throws InterruptedException {
    for (int i = 0; engine.stats().runningQuestions() != questions; i++) {
      assertTrue(i < 600, "questions: " + engine.stats().runningQuestions());
      Thread.sleep(100);
    }
  }

  @Test
  void aPortionThatFailsFailsTheQuestion() {
    StatePortions broken =
        () -> CompletableFuture.failedFuture(new IllegalStateException("of the state"));
    CompletionException failure =
        assertThrows(CompletionException.class, () -> engine.ask(ask(bare(stored), broken)).join());
    assertTrue(failure.getMessage().contains("of the state"), failure.getMessage());
    for (int size : new int[] {0, 71}) {
      List<List<byte[]>> wrong = IntStream.range(0, size).mapToObj(i -> List.<byte[]>of()).toList();
      failure =
          assertThrows(
              CompletionException.class,
              () ->
                  engine
                      .ask(ask(bare(stored), () -> CompletableFuture.completedFuture(wrong)))
                      .join());
      assertTrue(failure.getMessage().contains(size + " chunks"), failure.getMessage());
    }
  }

  @Test
  void closingFailsWhatWaits() throws Exception {
    Path folder =
        Path.of(getClass().getResource("/golden/gqa-partial/config.json").toURI()).getParent();
    CompletableFuture<EngineAnswer> waits;
    try (DjlCondensingEngine other =
        new DjlCondensingEngine(
            DjlEngineSettings.of(folder.toString()).withPrecision(Precision.FLOAT32))) {
      Portions portions = new Portions();
      waits = other.ask(ask(bare(stored), portions));
      portions.take();
    }
    assertTrue(waits.isCompletedExceptionally());
  }
}
