package io.focusstream.operators.engine.djl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.operators.engine.AskTask;
import io.focusstream.operators.engine.BatchSize;
import io.focusstream.operators.engine.ChunkInput;
import io.focusstream.operators.engine.ChunkKey;
import io.focusstream.operators.engine.CondenseTask;
import io.focusstream.operators.engine.CondensedChunk;
import io.focusstream.operators.engine.CondensingEngine;
import io.focusstream.operators.engine.CondensingEngineProvider;
import io.focusstream.operators.engine.EngineAnswer;
import io.focusstream.operators.engine.EngineException;
import io.focusstream.operators.kv.Quantisation;
import io.focusstream.operators.model.Precision;
import io.focusstream.operators.model.checkpoint.FocusSettings.LocalMode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The engine over the golden checkpoint (random weights, grouped-query attention). */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DjlCondensingEngineTest {
  private static final int VOCABULARY = 320;

  /**
   * About half of what 70 chunks of {@link #chunks} take, 34 tokens each, 216 bytes a token at
   * int8.
   */
  private static final long HALF_HOT = 253_000;

  private DjlEngineSettings settings;
  private DjlCondensingEngine engine;

  @BeforeAll
  void open() throws Exception {
    Path folder =
        Path.of(getClass().getResource("/golden/gqa-partial/config.json").toURI()).getParent();
    settings =
        DjlEngineSettings.of(folder.toString())
            .withPrecision(Precision.FLOAT32)
            .withLocal(LocalMode.INCREMENTAL);
    engine = new DjlCondensingEngine(settings);
  }

  @AfterAll
  void close() {
    engine.close();
  }

  private static int[] tokens(long seed, int count) {
    SplittableRandom random = new SplittableRandom(seed);
    int[] tokens = new int[count];
    for (int i = 0; i < count; i++) {
      tokens[i] = 3 + random.nextInt(VOCABULARY - 3);
    }
    return tokens;
  }

  private static List<int[]> chunks(int count) {
    List<int[]> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      all.add(tokens(i, 20 + 7 * (i % 5)));
    }
    return all;
  }

  private static <T> T get(CompletableFuture<T> future) throws Exception {
    return future.get(60, TimeUnit.SECONDS);
  }

  private static CondenseTask task(int[] tokens) {
    return new CondenseTask(ChunkKey.of(tokens), tokens);
  }

  private static List<ChunkInput> inputs(CondensingEngine engine, List<int[]> chunks)
      throws Exception {
    List<CompletableFuture<CondensedChunk>> made =
        chunks.stream().map(c -> engine.condense(task(c))).toList();
    List<ChunkInput> inputs = new ArrayList<>();
    for (int i = 0; i < chunks.size(); i++) {
      inputs.add(
          new ChunkInput(ChunkKey.of(chunks.get(i)), chunks.get(i), get(made.get(i)).blocks()));
    }
    return inputs;
  }

  private static AskTask ask(List<ChunkInput> chunks) {
    return new AskTask(chunks, tokens(99, 30), tokens(98, 9), 6);
  }

  private static void assertSame(EngineAnswer expected, EngineAnswer actual) {
    assertArrayEquals(expected.tokens(), actual.tokens());
    assertEquals(expected.confidence(), actual.confidence(), 1e-5);
    assertArrayEquals(expected.chunkWeights(), actual.chunkWeights(), 1e-5f);
    assertEquals(expected.tailWeight(), actual.tailWeight(), 1e-5);
  }

  @Test
  void answersTheSameFromStoredHotAndMissingStates() throws Exception {
    List<int[]> chunks = chunks(70); // more than a batch
    List<ChunkInput> stored = inputs(engine, chunks);
    EngineAnswer fromStored = get(engine.ask(ask(stored)));
    assertTrue(stored.stream().allMatch(c -> engine.isHot(c.key())));
    List<ChunkInput> bare =
        stored.stream().map(c -> new ChunkInput(c.key(), c.tokens(), List.of())).toList();
    EngineAnswer fromHot = get(engine.ask(ask(bare)));
    try (DjlCondensingEngine cold = new DjlCondensingEngine(settings.withHotBytes(0))) {
      EngineAnswer fromTokens = get(cold.ask(ask(bare)));
      assertFalse(cold.isHot(bare.get(0).key()));
      assertEquals(70, fromTokens.recondensed().size());
      assertSame(fromStored, fromTokens);
    }
    assertSame(fromStored, fromHot);
    assertEquals(0, fromHot.recondensed().size());
    float sum = 0;
    for (float weight : fromHot.chunkWeights()) {
      sum += weight;
    }
    assertEquals(1, sum, 1e-4);
  }

  /** In bfloat16 a batch is shared out among the cores; what is stored is what is read. */
  @Test
  void chunksCondensedOnSeveralCoresAreWhatTheyAreAlone() throws Exception {
    List<int[]> chunks = chunks(11);
    try (DjlCondensingEngine other =
        new DjlCondensingEngine(settings.withPrecision(Precision.BFLOAT16))) {
      List<ChunkInput> together = inputs(other, chunks);
      assertTrue(together.stream().allMatch(c -> other.isHot(c.key())));
      EngineAnswer hot = get(other.ask(ask(together)));
      List<ChunkInput> alone = new ArrayList<>();
      for (int[] chunk : chunks) {
        alone.addAll(inputs(other, List.of(chunk)));
      }
      // a stream that is just its tail
      assertTrue(get(other.ask(ask(List.of()))).tokens().length > 0);
      for (int i = 0; i < chunks.size(); i++) {
        assertEquals(together.get(i).blocks().size(), alone.get(i).blocks().size());
        assertEquals(together.get(i).key(), alone.get(i).key());
      }
      try (DjlCondensingEngine cold =
          new DjlCondensingEngine(settings.withPrecision(Precision.BFLOAT16).withHotBytes(0))) {
        assertSame(hot, get(cold.ask(ask(together))));
        EngineAnswer fromAlone = get(cold.ask(ask(alone)));
        assertEquals(hot.confidence(), fromAlone.confidence(), 0.05);
      }
    }
  }

  /**
   * The gauge follows the engine's turns: a question's second token comes a turn after its first.
   */
  @Test
  void aQuestionIsCountedWhileItRuns() throws Exception {
    AskTask task = ask(inputs(engine, chunks(4)));
    List<Integer> seen = Collections.synchronizedList(new ArrayList<>());
    get(engine.ask(task, soFar -> seen.add(engine.stats().runningQuestions())));
    assertTrue(seen.size() >= 2, seen.toString());
    assertEquals(1, seen.get(1));
  }

  @Test
  void batchesAreRememberedWithTheirChunksAndTokens() throws Exception {
    try (DjlCondensingEngine fresh = new DjlCondensingEngine(settings)) {
      List<ChunkInput> made = inputs(fresh, chunks(70));
      int tokens = made.stream().mapToInt(chunk -> chunk.tokens().length).sum();
      List<BatchSize> batches = fresh.recentBatches();
      assertEquals(70, batches.stream().mapToInt(BatchSize::chunks).sum());
      assertEquals(tokens, batches.stream().mapToInt(BatchSize::tokens).sum());
      assertEquals(batches.size(), fresh.stats().condensedBatches());
      assertEquals(tokens, fresh.stats().condensedTokens());
      // 2,380 tokens don't fit a batch of 2,048
      assertTrue(batches.size() >= 2, batches.toString());
    }
  }

  @Test
  void aListenerHearsTheAnswerGrowTokenByToken() throws Exception {
    AskTask task = ask(inputs(engine, chunks(4)));
    List<int[]> heard = Collections.synchronizedList(new ArrayList<>());
    EngineAnswer answer = get(engine.ask(task, heard::add));
    assertSame(get(engine.ask(task)), answer);
    // the last token is told by the answer itself, where the answer was cut at its limit
    assertEquals(answer.tokens().length - (answer.ended() ? 0 : 1), heard.size());
    for (int i = 0; i < heard.size(); i++) {
      assertArrayEquals(Arrays.copyOf(answer.tokens(), i + 1), heard.get(i));
    }
  }

  /** Asks again as soon as an answer is there, a bounded number of times. */
  private final class Asker {
    private final DjlCondensingEngine engine;
    private final AskTask task;
    private final BooleanSupplier goesOn;
    private final AtomicInteger left = new AtomicInteger(100);

    Asker(DjlCondensingEngine engine, AskTask task, BooleanSupplier goesOn) {
      this.engine = engine;
      this.task = task;
      this.goesOn = goesOn;
    }

    void ask() {
      if (goesOn.getAsBoolean() && left.getAndDecrement() > 0) {
        engine.ask(task).whenComplete((answer, failure) -> ask());
      }
    }
  }

  @Test
  void questionsWithoutEndDontKeepAChunkWaiting() throws Exception {
    AskTask task = ask(inputs(engine, chunks(2)));
    CompletableFuture<CondensedChunk> condensed = new CompletableFuture<>();
    Asker asker = new Asker(engine, task, () -> !condensed.isDone());
    for (int i = 0; i < 4; i++) {
      asker.ask();
    }
    engine.condense(task(tokens(777, 40))).thenAccept(condensed::complete);
    get(condensed);
    assertTrue(asker.left.get() > 0, "it waited for the last question");
  }

  @Test
  void aQuestionThatIsCancelledIsDroppedWhileItRunsAndWhileItWaits() throws Exception {
    try (DjlCondensingEngine narrow = new DjlCondensingEngine(settings.withRunningBytes(0))) {
      List<ChunkInput> chunks = inputs(narrow, chunks(3));
      AskTask endless = new AskTask(chunks, tokens(99, 30), tokens(98, 9), 4000);
      CompletableFuture<Void> begun = new CompletableFuture<>();
      List<Integer> ofWaiting = Collections.synchronizedList(new ArrayList<>());
      CompletableFuture<EngineAnswer> running = narrow.ask(endless, tokens -> begun.complete(null));
      CompletableFuture<EngineAnswer> waiting =
          narrow.ask(endless, tokens -> ofWaiting.add(tokens.length));
      CompletableFuture<EngineAnswer> after = narrow.ask(ask(chunks));
      get(begun);
      waiting.cancel(false);
      running.cancel(false);
      assertEquals(6, get(after).tokens().length, "it came before 4,000 tokens of another");
      assertEquals(List.of(), ofWaiting, "what waited was never begun");
    }
  }

  @Test
  void chunksThatAreCancelledAreNotCondensed() throws Exception {
    try (DjlCondensingEngine other = new DjlCondensingEngine(settings)) {
      CountDownLatch hold = new CountDownLatch(1);
      CompletableFuture<Void> held = new CompletableFuture<>();
      other.ask(
          ask(List.of()),
          tokens -> {
            held.complete(null);
            awaitQuietly(hold);
          });
      get(held);
      List<CompletableFuture<CondensedChunk>> many = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        many.add(other.condense(task(tokens(i, 50))));
      }
      many.subList(0, 19).forEach(one -> one.cancel(false));
      hold.countDown();
      get(many.get(19));
      assertEquals(50, other.stats().condensedTokens(), "of the one that was wanted");
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await(60, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void memoryThatIsShortFailsTheTaskWithARemedyAndTheEngineGoesOn() throws Exception {
    CompletableFuture<EngineAnswer> failing =
        engine.ask(
            ask(List.of()),
            tokens -> {
              throw new OutOfMemoryError("Java heap space");
            });
    ExecutionException failure = assertThrows(ExecutionException.class, () -> get(failing));
    EngineException reason = assertInstanceOf(EngineException.class, failure.getCause());
    assertFalse(reason.isLost());
    assertTrue(reason.getMessage().contains("Java heap space"), reason.getMessage());
    assertTrue(
        reason.getMessage().contains("taskmanager.memory.task.heap.size"), reason.getMessage());
    assertFalse(engine.isLost());
    assertNotNull(get(engine.ask(ask(List.of()))));
  }

  /** As it comes from a batch that ran on a thread of its own. */
  @Test
  void memoryThatIsShortIsFoundAmongTheCauses() {
    EngineException reason =
        engine.failed("condensing 3 chunks", new CompletionException(new OutOfMemoryError("heap")));
    assertTrue(
        reason.getMessage().startsWith("condensing 3 chunks failed for want of memory"),
        reason.getMessage());
    assertFalse(engine.isLost());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CUDA error: device-side assert triggered",
        "CUDA error: an illegal memory access was encountered\nCUDA kernel errors might be"
            + " asynchronously reported",
        "CUDA error: unspecified launch failure",
        "CUDA error: uncorrectable ECC error encountered",
        "CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasGemmEx`",
      })
  void anErrorOfTheDeviceIsKnownByItsMessage(String message) {
    assertTrue(DjlCondensingEngine.isOfDevice(new RuntimeException(message)));
    assertTrue(
        DjlCondensingEngine.isOfDevice(
            new CompletionException("of a batch", new RuntimeException(message))));
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(
      strings = {
        "CUDA out of memory. Tried to allocate 2.00 GiB",
        "CUDA error: out of memory",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "DefaultCPUAllocator: can't allocate memory: you tried to allocate 8000000000 bytes",
        "mat1 and mat2 shapes cannot be multiplied",
      })
  void anyOtherErrorIsNotOfTheDevice(String message) {
    assertFalse(DjlCondensingEngine.isOfDevice(new RuntimeException(message)));
    assertFalse(engine.failed("answering", new RuntimeException(message)).isLost());
    assertFalse(engine.isLost());
  }

  @Test
  void anErrorOfTheDeviceEndsTheEngine() throws Exception {
    try (DjlCondensingEngine other = new DjlCondensingEngine(settings)) {
      CompletableFuture<EngineAnswer> failing =
          other.ask(
              ask(List.of()),
              tokens -> {
                throw new IllegalStateException("CUDA error: unspecified launch failure");
              });
      ExecutionException first = assertThrows(ExecutionException.class, () -> get(failing));
      assertTrue(((EngineException) first.getCause()).isLost(), first.toString());
      ExecutionException later =
          assertThrows(ExecutionException.class, () -> get(other.ask(ask(List.of()))));
      assertTrue(((EngineException) later.getCause()).isLost(), later.toString());
    }
  }

  @Test
  void anEngineThatIsLostSaysSoAndTheNextUserGetsAnother() throws Exception {
    DjlEngineProvider provider = new DjlEngineProvider(settings);
    CondensingEngineProvider.Lease lease = provider.acquire(OptionalInt.empty());
    CompletableFuture<EngineAnswer> failing =
        lease
            .engine()
            .ask(
                ask(List.of()),
                tokens -> {
                  throw new AssertionError("as an error of the device would");
                });
    ExecutionException first = assertThrows(ExecutionException.class, () -> get(failing));
    assertTrue(((EngineException) first.getCause()).isLost(), first.toString());
    ExecutionException later =
        assertThrows(ExecutionException.class, () -> get(lease.engine().ask(ask(List.of()))));
    assertTrue(((EngineException) later.getCause()).isLost(), later.toString());
    try (CondensingEngineProvider.Lease other = provider.acquire(OptionalInt.empty())) {
      lease.close();
      assertNotNull(get(other.engine().ask(ask(List.of()))));
    }
  }

  @Test
  void theChosenAnswerScoresItsConfidenceAndAnotherLess() throws Exception {
    AskTask task = ask(inputs(engine, chunks(4)));
    EngineAnswer answer = get(engine.ask(task));
    int[] chosen = answer.tokens();
    assertEquals(6, chosen.length, "it was cut at its limit, so that no end token was chosen");
    double best = get(engine.score(task, chosen));
    assertEquals(Math.log(answer.confidence()), best, 1e-5);
    int[] other = chosen.clone();
    other[0] = chosen[0] == 7 ? 8 : 7;
    assertTrue(get(engine.score(task, other)) < best);
    assertTrue(
        assertThrows(
                ExecutionException.class, () -> get(engine.score(task, new int[] {VOCABULARY})))
            .getMessage()
            .contains("token id " + VOCABULARY));
  }

  @Test
  void aFocusSetThatHoldsAllAttentionGivesTheSameAnswerAndASmallOneKeepsTheFirstToken()
      throws Exception {
    List<int[]> chunks = chunks(70); // two batches
    EngineAnswer whole = get(engine.ask(ask(inputs(engine, chunks))));
    try (DjlCondensingEngine nearlyAll =
            new DjlCondensingEngine(settings.withFocusShare(0.999999));
        DjlCondensingEngine few = new DjlCondensingEngine(settings.withFocusShare(0.01))) {
      assertSame(whole, get(nearlyAll.ask(ask(inputs(nearlyAll, chunks)))));
      EngineAnswer fewer = get(few.ask(ask(inputs(few, chunks))));
      assertEquals(whole.tokens()[0], fewer.tokens()[0]);
      assertEquals(70, fewer.chunkWeights().length);
      float[] weights = fewer.chunkWeights().clone();
      Arrays.sort(weights);
      assertTrue(weights[0] > 0, "the first step's attention is over all");
    }
    assertThrows(IllegalArgumentException.class, () -> settings.withFocusShare(0));
  }

  @Test
  void aDamagedBlockIsMadeAgainAndTheAnswerStays() throws Exception {
    List<ChunkInput> stored = inputs(engine, chunks(3));
    EngineAnswer whole = get(engine.ask(ask(stored)));
    byte[] broken = stored.get(1).blocks().get(0).clone();
    broken[broken.length / 2] ^= 1;
    List<ChunkInput> damaged = new ArrayList<>(stored);
    damaged.set(1, new ChunkInput(stored.get(1).key(), stored.get(1).tokens(), List.of(broken)));
    try (DjlCondensingEngine cold = new DjlCondensingEngine(settings)) {
      EngineAnswer answer = get(cold.ask(ask(damaged)));
      assertEquals(1, answer.damagedBlocks());
      assertEquals(
          List.of(stored.get(1).key()),
          answer.recondensed().stream().map(CondensedChunk::key).toList());
      assertSame(whole, answer);
    }
  }

  @Test
  void equalChunksOfAStreamShareAStateThatStaysUsable() throws Exception {
    List<int[]> chunks = chunks(2);
    List<ChunkInput> stored =
        inputs(engine, List.of(chunks.get(0), chunks.get(1), chunks.get(0), chunks.get(0)));
    EngineAnswer hot = get(engine.ask(ask(stored)));
    try (DjlCondensingEngine cold = new DjlCondensingEngine(settings)) {
      assertSame(hot, get(cold.ask(ask(stored))));
      assertSame(hot, get(cold.ask(ask(stored))));
    }
  }

  @Test
  void manyQuestionsAtOnceAreAnsweredAsEachAlone() throws Exception {
    List<ChunkInput> stored = inputs(engine, chunks(5));
    List<AskTask> tasks = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      tasks.add(new AskTask(stored.subList(0, i % 6), tokens(i, i * 3), tokens(50 + i, 5 + i), 5));
    }
    List<EngineAnswer> alone = new ArrayList<>();
    for (AskTask task : tasks) {
      alone.add(get(engine.ask(task)));
    }
    List<CompletableFuture<EngineAnswer>> together = tasks.stream().map(engine::ask).toList();
    CompletableFuture<CondensedChunk> beside = engine.condense(task(tokens(1234, 64)));
    for (int i = 0; i < tasks.size(); i++) {
      assertSame(alone.get(i), get(together.get(i)));
    }
    assertEquals(ChunkKey.of(tokens(1234, 64)), get(beside).key());
  }

  @Test
  void questionsThatDoNotFitSideBySideRunOneAfterAnother() throws Exception {
    try (DjlCondensingEngine narrow = new DjlCondensingEngine(settings.withRunningBytes(0))) {
      AskTask task = ask(inputs(narrow, chunks(5)));
      CompletableFuture<EngineAnswer> first = new CompletableFuture<>();
      List<Boolean> secondBeganFirst = Collections.synchronizedList(new ArrayList<>());
      CompletableFuture<EngineAnswer> one = narrow.ask(task);
      one.thenAccept(first::complete);
      CompletableFuture<EngineAnswer> two =
          narrow.ask(task, tokens -> secondBeganFirst.add(!first.isDone()));
      assertSame(get(one), get(two));
      assertFalse(secondBeganFirst.isEmpty());
      assertFalse(secondBeganFirst.contains(true), "the second began before the first had ended");
    }
  }

  /** Of 70 chunks 35 fit; in the order of the stream each would push out the next that is read. */
  @Test
  void aQuestionOverMoreThanIsHotMakesNothingAgain() throws Exception {
    List<int[]> chunks = chunks(70);
    List<ChunkInput> stored = inputs(engine, chunks);
    EngineAnswer whole = get(engine.ask(ask(stored)));
    try (DjlCondensingEngine half = new DjlCondensingEngine(settings.withHotBytes(HALF_HOT))) {
      inputs(half, chunks);
      for (int round = 0; round < 2; round++) {
        // as the operator does: what is hot comes without its stored states
        List<ChunkInput> given =
            stored.stream()
                .map(c -> half.isHot(c.key()) ? new ChunkInput(c.key(), c.tokens(), List.of()) : c)
                .toList();
        long hot = given.stream().filter(c -> c.blocks().isEmpty()).count();
        assertTrue(hot > 20 && hot < 50, "hot: " + hot);
        EngineAnswer answer = get(half.ask(ask(given)));
        assertEquals(0, answer.recondensed().size());
        assertSame(whole, answer);
      }
      assertTrue(half.stats().hotBytes() <= HALF_HOT);
    }
  }

  @Test
  void theFirstTokenIsTheSameInBothLocalModes() throws Exception {
    List<ChunkInput> stored = inputs(engine, chunks(4));
    try (DjlCondensingEngine exact = new DjlCondensingEngine(settings.withLocal(LocalMode.EXACT))) {
      AskTask one = new AskTask(stored, tokens(7, 20), tokens(8, 6), 1);
      assertSame(get(engine.ask(one)), get(exact.ask(one)));
    }
  }

  @Test
  void statesTakeAsManyBytesAsTheirQuantisationSays() throws Exception {
    int[] chunk = tokens(5, 256);
    long[] bytes = new long[3];
    for (Quantisation quantisation :
        List.of(Quantisation.FLOAT32, Quantisation.BF16, Quantisation.INT8)) {
      try (DjlCondensingEngine other =
          new DjlCondensingEngine(settings.withQuantisation(quantisation))) {
        CondensedChunk made = get(other.condense(task(chunk)));
        bytes[
                List.of(Quantisation.FLOAT32, Quantisation.BF16, Quantisation.INT8)
                    .indexOf(quantisation)] =
            made.blocks().stream().mapToLong(b -> b.length).sum();
      }
    }
    assertEquals(2.0, (double) bytes[0] / bytes[1], 0.01);
    assertTrue(bytes[2] < bytes[1] * 0.6, () -> "int8 " + bytes[2] + " of bf16 " + bytes[1]);
  }

  @Test
  void wrongTokensAreRefusedByName() {
    ExecutionException error =
        assertThrows(
            ExecutionException.class,
            () -> engine.condense(task(new int[] {4, VOCABULARY})).get(10, TimeUnit.SECONDS));
    assertInstanceOf(EngineException.class, error.getCause());
    assertTrue(error.getCause().getMessage().contains("token id 320"), error.toString());
  }

  @Test
  void closingFailsWhatWaits() throws Exception {
    DjlCondensingEngine other = new DjlCondensingEngine(settings);
    List<CompletableFuture<CondensedChunk>> many = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      many.add(other.condense(task(tokens(i, 200))));
    }
    other.close();
    int failed = 0;
    for (CompletableFuture<CondensedChunk> one : many) {
      assertTrue(one.isDone());
      failed += one.isCompletedExceptionally() ? 1 : 0;
    }
    assertTrue(failed > 0);
    assertTrue(other.condense(task(tokens(1, 5))).isCompletedExceptionally());
  }

  @Test
  void usersOfAProviderShareOneEngine() {
    DjlEngineProvider provider = new DjlEngineProvider(settings.withHotBytes(12345));
    CondensingEngineProvider.Lease one = provider.acquire(OptionalInt.empty());
    CondensingEngineProvider.Lease two =
        new DjlEngineProvider(settings.withHotBytes(12345)).acquire(OptionalInt.of(3));
    assertEquals(one.engine(), two.engine());
    one.close();
    one.close();
    assertFalse(two.engine().condense(task(tokens(1, 5))).isCompletedExceptionally());
    two.close();
    assertTrue(two.engine().condense(task(tokens(1, 5))).isCompletedExceptionally());
  }

  @Test
  void aDeviceThatTheSettingsNameWinsOverTheClusters() {
    DjlEngineSettings open =
        new DjlEngineSettings(
            "small", Quantisation.INT8, null, null, 0, 1, 1, 0, null, 1.0, null, 0);
    assertEquals(2, open.placedOn(OptionalInt.of(2)).gpu());
    assertEquals(DjlEngineSettings.CPU, open.placedOn(OptionalInt.empty()).gpu());
    assertEquals(
        DjlEngineSettings.CPU,
        DjlEngineSettings.of("small").placedOn(OptionalInt.of(2)).gpu(),
        "told to take the processor");
  }

  @Test
  void aGpuThatLibtorchDoesNotSeeSaysWhatToDo() {
    int none = LoadedEngine.load().gpus();
    DjlEngineProvider provider =
        new DjlEngineProvider(
            new DjlEngineSettings(
                "small", Quantisation.INT8, null, null, 0, 1, 1, 0, null, 1.0, null, 0));
    EngineException error =
        assertThrows(EngineException.class, () -> provider.acquire(OptionalInt.of(none)));
    assertTrue(error.getMessage().contains("GPU " + none), error.getMessage());
    assertTrue(error.getMessage().contains("PYTORCH_LIBRARY_PATH"), error.getMessage());
    assertTrue(error.getMessage().contains("focus.engine.gpu"), error.getMessage());
  }

  @Test
  void anUnknownModelSaysWhatToGive() {
    EngineException error =
        assertThrows(
            EngineException.class,
            () -> new DjlCondensingEngine(DjlEngineSettings.of("no-such-model")));
    assertTrue(error.getMessage().contains("no-such-model"), error.getMessage());
    assertTrue(error.getMessage().contains("small"), error.getMessage());
  }
}
