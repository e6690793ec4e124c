package io.focusstream.operators.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.operators.config.EngineOptions;
import io.focusstream.operators.config.FocusSettings;
import io.focusstream.operators.engine.AskTask;
import io.focusstream.operators.engine.StatePortions;
import io.focusstream.operators.testing.FakeEngine;
import io.focusstream.schemas.AnswerStatus;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.configuration.MemorySize;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Stored states that are read a portion at a time: a chunk of 16 tokens has 2 blocks of 40 bytes.
 */
@Timeout(60)
class PortionHarnessTest {
  private static final int CHUNKS = 5;
  private static final int CHUNK_BYTES = 80;

  private final FakeEngine engine = FakeEngine.manual();

  private static FocusSettings portions(long bytes) {
    return SettingsFixture.small(
        config -> config.set(EngineOptions.PORTION, new MemorySize(bytes)));
  }

  private static void tell(FocusHarness harness, FakeEngine engine) throws Exception {
    for (int i = 0; i < 2 * CHUNKS + 3; i++) {
      harness.event("a", "a-line" + i % 10);
    }
    harness.completeAll(engine);
  }

  private String answer(long portionBytes) throws Exception {
    try (FocusHarness harness = FocusHarness.start(portions(portionBytes), engine)) {
      tell(harness, engine);
      harness.question("1", "a", "q");
      harness.completeAll(engine);
      return harness.answers().get(0).text();
    }
  }

  private static List<List<byte[]>> next(FocusHarness harness, StatePortions portions)
      throws Exception {
    CompletableFuture<List<List<byte[]>>> portion = portions.next();
    assertFalse(portion.isDone(), "nothing is read but on the mailbox thread");
    harness.runMailbox();
    return portion.join();
  }

  private AskTask asked() {
    return engine.asked().get(engine.asked().size() - 1);
  }

  private StatePortions portionsOfAQuestion(FocusHarness harness) throws Exception {
    tell(harness, engine);
    harness.question("1", "a", "q");
    return asked().portions();
  }

  @Test
  void theAnswerIsTheSameInPortionsOfAnySize() throws Exception {
    String whole = answer(1 << 20);
    assertNull(asked().portions());
    assertEquals(CHUNKS, whole.chars().filter(c -> c == '|').count());
    for (long bytes : new long[] {1, CHUNK_BYTES, CHUNK_BYTES + 1, CHUNKS * CHUNK_BYTES - 1}) {
      assertEquals(whole, answer(bytes));
      assertNotNull(asked().portions());
      assertTrue(asked().chunks().stream().allMatch(chunk -> chunk.blocks().isEmpty()));
    }
    assertEquals(whole, answer(CHUNKS * CHUNK_BYTES));
    assertNull(asked().portions(), "all fits into one");
  }

  @Test
  void aPortionEndsWithTheChunkThatFillsItAndTheLastIsFollowedByNone() throws Exception {
    try (FocusHarness harness = FocusHarness.start(portions(CHUNK_BYTES + 1), engine)) {
      StatePortions portions = portionsOfAQuestion(harness);
      engine.heat(asked().chunks().get(3).key());
      assertEquals(List.of(2, 2), next(harness, portions).stream().map(List::size).toList());
      // the fourth has become hot: it isn't read
      assertEquals(List.of(2, 0, 2), next(harness, portions).stream().map(List::size).toList());
      assertEquals(List.of(), next(harness, portions));
      assertEquals(List.of(), next(harness, portions));
    }
  }

  @Test
  void portionsAskedForTogetherComeInTheirOrder() throws Exception {
    try (FocusHarness harness = FocusHarness.start(portions(1), engine)) {
      StatePortions portions = portionsOfAQuestion(harness);
      CompletableFuture<List<List<byte[]>>> first = portions.next();
      CompletableFuture<List<List<byte[]>>> second = portions.next();
      harness.runMailbox();
      byte[] chunk0 = first.join().get(0).get(0);
      byte[] chunk1 = second.join().get(0).get(0);
      assertFalse(Arrays.equals(chunk0, chunk1));
      assertEquals(1, first.join().size());
    }
  }

  @Test
  void whoeverIsNotAskedAnyMoreReadsNothing() throws Exception {
    try (FocusHarness harness = FocusHarness.start(portions(1), engine)) {
      StatePortions portions = portionsOfAQuestion(harness);
      assertEquals(1, next(harness, portions).size());
      engine.fail(engine.openQuestions().get(0), "of the engine");
      CompletableFuture<List<List<byte[]>>> late = portions.next();
      harness.runMailbox();
      assertTrue(late.isCancelled());
      // the next attempt begins with the first chunk
      harness.setProcessingTime(60_000);
      harness.runMailbox();
      assertEquals(2, engine.asked().size());
      late = portions.next();
      harness.runMailbox();
      assertTrue(late.isCancelled(), "those of the attempt before");
      harness.completeAll(engine);
      assertEquals(AnswerStatus.OK, harness.answers().get(0).status());
    }
  }

  @Test
  void aHeapThatIsFullFailsTheAttempt() throws Exception {
    try (FocusHarness harness = FocusHarness.start(portions(1), engine)) {
      StatePortions portions = portionsOfAQuestion(harness);
      engine.exhaustHeap(1);
      CompletableFuture<List<List<byte[]>>> portion = portions.next();
      harness.runMailbox();
      assertTrue(portion.isCompletedExceptionally());
      harness.completeAll(engine);
      assertEquals(AnswerStatus.OK, harness.answers().get(0).status());
    }
  }
}
