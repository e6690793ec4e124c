package io.focusstream.operators.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.operators.config.AskOptions;
import io.focusstream.operators.config.KvOptions;
import io.focusstream.operators.config.KvPersist;
import io.focusstream.operators.engine.djl.DjlEngineProvider;
import io.focusstream.operators.engine.djl.DjlEngineSettings;
import io.focusstream.operators.model.Precision;
import io.focusstream.operators.model.checkpoint.FocusSettings.LocalMode;
import io.focusstream.operators.testing.LogCapture;
import io.focusstream.operators.text.TextTokenizer;
import io.focusstream.schemas.AnswerStatus;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The operator with the real engine and its hot tier, over the golden checkpoint (random weights).
 */
@Timeout(300)
class RealEngineHarnessTest {
  private static final Duration DEADLINE = Duration.ofSeconds(60);
  private static final int CHUNK_TOKENS = 16;

  /** Keys and values: 3 layers, 2 heads of 16 numbers at int8, with a scale of 2 bytes. */
  private static final long STATE_BYTES_A_TOKEN = 216;

  /** One token a character, in the range that the checkpoint has. */
  private static final class SmallTokenizer implements TextTokenizer {
    @Override
    public int[] encode(String text) {
      return text.chars().map(c -> 3 + c % 256).toArray();
    }

    @Override
    public String decode(int[] tokens) {
      StringBuilder text = new StringBuilder();
      for (int token : tokens) {
        text.append((char) Math.max(' ', token - 3));
      }
      return text.toString();
    }

    @Override
    public int specialToken(String written) {
      return -1;
    }

    @Override
    public int vocabularySize() {
      return 320;
    }

    @Override
    public void close() {}
  }

  private static FocusHarness start(long hotBytes) throws Exception {
    return start(hotBytes, KvPersist.STATE, null);
  }

  private static FocusHarness start(long hotBytes, KvPersist persist, OperatorSubtaskState state)
      throws Exception {
    Path folder =
        Path.of(RealEngineHarnessTest.class.getResource("/golden/gqa-partial/config.json").toURI())
            .getParent();
    DjlEngineSettings settings =
        DjlEngineSettings.of(folder.toString())
            .withPrecision(Precision.FLOAT32)
            .withLocal(LocalMode.INCREMENTAL)
            .withHotBytes(hotBytes);
    return FocusHarness.start(
        new FocusOperatorFactory(
            SettingsFixture.small(
                c -> {
                  c.set(AskOptions.MAX_ANSWER_TOKENS, 4);
                  c.set(KvOptions.PERSIST, persist);
                }),
            new DjlEngineProvider(settings),
            SmallTokenizer::new),
        new HashMapStateBackend(),
        state,
        1,
        0);
  }

  private static void await(FocusHarness harness, String what, BooleanSupplier condition)
      throws Exception {
    long begun = System.nanoTime();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() - begun < DEADLINE.toNanos(), "not in time: " + what);
      LockSupport.parkNanos(1_000_000);
      harness.runMailbox();
    }
  }

  /** Three chunks and a tail; two questions over them. */
  private static void work(FocusHarness harness) throws Exception {
    work(harness, 3);
  }

  private static void work(FocusHarness harness, int condensed) throws Exception {
    for (int i = 0; i < 9; i++) {
      harness.event("a", "a-line" + i);
    }
    await(harness, "chunks", () -> harness.count(FocusMetrics.CHUNKS_CONDENSED) == condensed);
    for (int asked = 1; asked <= 2; asked++) {
      int answers = asked;
      harness.question("" + asked, "a", "q");
      await(harness, "an answer", () -> harness.answers().size() == answers);
    }
    assertEquals(2, harness.count(FocusMetrics.QUESTIONS_ANSWERED));
    assertTrue(
        harness.answers().stream().allMatch(answer -> answer.status() == AnswerStatus.OK),
        harness.answers().toString());
    await(harness, "no question", () -> harness.value(FocusMetrics.ENGINE_QUESTIONS).equals(0));
  }

  private static long sum(List<Long> values) {
    return values.stream().mapToLong(Long::longValue).sum();
  }

  @Test
  void chunksThatAreHotAreHitsAndTheirBytesAreHeld() throws Exception {
    try (FocusHarness harness = start(1 << 20)) {
      work(harness);
      assertEquals(6L, harness.value(FocusMetrics.HOT_HITS));
      assertEquals(0L, harness.value(FocusMetrics.HOT_MISSES));
      assertEquals(3 * CHUNK_TOKENS * STATE_BYTES_A_TOKEN, harness.value(FocusMetrics.HOT_BYTES));
      assertEquals(3L * CHUNK_TOKENS, harness.value(FocusMetrics.ENGINE_TOKENS));
      List<Long> chunks = harness.histogram(FocusMetrics.ENGINE_BATCH_CHUNKS);
      assertEquals((long) chunks.size(), harness.value(FocusMetrics.ENGINE_BATCHES));
      assertEquals(3, sum(chunks));
      assertEquals(3L * CHUNK_TOKENS, sum(harness.histogram(FocusMetrics.ENGINE_BATCH_TOKENS)));
      double rate = (Double) harness.value(FocusMetrics.ENGINE_TOKENS_PER_SECOND);
      assertTrue(rate > 0 && rate < 1e9, "tokens a second: " + rate);
      List<Long> bytes = harness.histogram(FocusMetrics.STREAM_STATE_BYTES);
      assertEquals(bytes.get(2), harness.value(FocusMetrics.LARGEST_STREAM_STATE_BYTES));
      assertEquals(3 * bytes.get(0), bytes.get(2));
      for (String millis :
          List.of(
              FocusMetrics.QUEUED_MILLIS,
              FocusMetrics.FIRST_TOKEN_MILLIS,
              FocusMetrics.ANSWER_MILLIS)) {
        assertEquals(2, harness.histogram(millis).size(), millis);
      }
      for (int i = 0; i < 2; i++) {
        long queued = harness.histogram(FocusMetrics.QUEUED_MILLIS).get(i);
        long first = harness.histogram(FocusMetrics.FIRST_TOKEN_MILLIS).get(i);
        long all = harness.histogram(FocusMetrics.ANSWER_MILLIS).get(i);
        assertTrue(0 <= queued && queued <= first && first <= all, queued + " " + first);
      }
    }
  }

  /**
   * What was asked before and after a restore, of states that only the device held, and of none.
   */
  @ParameterizedTest
  @EnumSource
  void answersAreTheSameWhereverStatesAreKept(KvPersist persist) throws Exception {
    String stored;
    try (FocusHarness harness = start(1 << 20)) {
      work(harness);
      stored = harness.answers().get(1).text();
    }
    assertFalse(stored.isEmpty());
    OperatorSubtaskState state;
    try (FocusHarness harness = start(1 << 20, persist, null)) {
      work(harness, persist == KvPersist.NONE ? 0 : 3);
      assertEquals(stored, harness.answers().get(0).text());
      assertEquals(stored, harness.answers().get(1).text());
      assertEquals(
          persist == KvPersist.NONE ? 3 : 0, harness.count(FocusMetrics.CHUNKS_RECONDENSED));
      state = harness.snapshot(1, 1);
    }
    try (FocusHarness harness = start(1 << 20, persist, state)) {
      for (int asked = 1; asked <= 2; asked++) {
        int answers = asked;
        harness.question("again" + asked, "a", "q");
        await(harness, "an answer", () -> harness.answers().size() == answers);
        assertEquals(stored, harness.answers().get(asked - 1).text());
        // made again once, where there were none to restore
        assertEquals(
            persist == KvPersist.STATE ? 0 : 3, harness.count(FocusMetrics.CHUNKS_RECONDENSED));
      }
    }
  }

  @Test
  void chunksThatAreReadFromStateAreMissesAndNothingIsHeld() throws Exception {
    try (LogCapture log = new LogCapture()) {
      try (FocusHarness harness = start(0)) {
        work(harness);
        assertEquals(0L, harness.value(FocusMetrics.HOT_HITS));
        assertEquals(6L, harness.value(FocusMetrics.HOT_MISSES));
        assertEquals(0L, harness.value(FocusMetrics.HOT_BYTES));
        // they were stored: nothing was made again
        assertEquals(3L * CHUNK_TOKENS, harness.value(FocusMetrics.ENGINE_TOKENS));
        assertEquals(0, harness.count(FocusMetrics.CHUNKS_RECONDENSED));
      }
      assertEquals(
          1,
          log.lines().stream().filter(line -> line.matches("INFO model .* is closed")).count(),
          log.lines().toString());
    }
  }
}
