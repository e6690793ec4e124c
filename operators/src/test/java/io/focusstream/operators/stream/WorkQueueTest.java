package io.focusstream.operators.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class WorkQueueTest {
  private final WorkQueue queue = new WorkQueue(10, 1000);

  @Test
  void questionsGoFirstThenChunksThatQuestionsWaitForThenOthers() {
    queue.addChunk("a", 0);
    queue.addChunk("b", 0);
    queue.addChunk("a", 1);
    queue.addQuestion("b", 0, "waits", 0, 1);
    queue.addQuestion("c", 0, "ready", 0, 0);
    assertEquals("question ready of stream c", queue.next().toString());
    assertEquals("chunk 0 of stream b", queue.next().toString());
    assertEquals("chunk 0 of stream a", queue.next().toString());
    assertEquals("chunk 1 of stream a", queue.next().toString());
    assertNull(queue.next());
    assertEquals(4, queue.inFlight());
    assertEquals(5, queue.size());
  }

  @Test
  void streamsTakeTurnsSoThatAHotOneDoesNotKeepTheOthersWaiting() {
    for (int i = 0; i < 4; i++) {
      queue.addQuestion("hot", i, "h" + i, 0, 0);
    }
    queue.addQuestion("b", 0, "b0", 0, 0);
    queue.addQuestion("c", 0, "c0", 0, 0);
    queue.addQuestion("b", 1, "b1", 0, 0);
    StringBuilder order = new StringBuilder();
    for (Work next = queue.next(); next != null; next = queue.next()) {
      order.append(((Work.Question) next).id).append(' ');
    }
    assertEquals("h0 b0 c0 h1 b1 h2 h3 ", order.toString());
  }

  @Test
  void aQuestionIsReadyWhenTheLastOfItsChunksIsFinished() {
    queue.addChunk("a", 0);
    queue.addChunk("a", 1);
    queue.addChunk("a", 2);
    queue.addQuestion("a", 0, "q", 0, 2);
    Work first = queue.next();
    Work second = queue.next();
    Work third = queue.next();
    queue.finish(second);
    assertNull(queue.next());
    queue.finish(first);
    assertEquals("question q of stream a", queue.next().toString());
    queue.finish(third);
    assertEquals(1, queue.size());
  }

  @Test
  void nothingIsHandedOutBeyondTheLimit() {
    WorkQueue narrow = new WorkQueue(1, 1000);
    narrow.addChunk("a", 0);
    narrow.addChunk("a", 1);
    Work first = narrow.next();
    assertNull(narrow.next());
    narrow.finish(first);
    assertEquals("chunk 1 of stream a", narrow.next().toString());
  }

  @Test
  void questionsWaitWhileOthersHoldTooManyBytesButChunksGoOn() {
    queue.addQuestion("a", 0, "large", 0, 0);
    queue.addQuestion("a", 1, "next", 0, 0);
    queue.addChunk("a", 0);
    Work.Question large = (Work.Question) queue.next();
    queue.loaded(large, 1000);
    assertEquals("chunk 0 of stream a", queue.next().toString());
    assertNull(queue.next());
    queue.finish(large);
    assertEquals("question next of stream a", queue.next().toString());
  }

  @Test
  void whatBacksOffIsNotHandedOutUntilItIsRetriedAndThenFirst() {
    queue.addChunk("a", 0);
    queue.addChunk("a", 1);
    Work first = queue.next();
    queue.returned(first);
    assertEquals(0, queue.inFlight());
    queue.addQuestion("a", 0, "q", 0, 1);
    queue.retry(first);
    Work again = queue.next();
    assertSame(first, again);
    assertEquals(2, again.attempts);
    assertEquals("chunk 1 of stream a", queue.next().toString());
  }

  @Test
  void aLateReturnAfterFinishChangesNothing() {
    queue.addChunk("a", 0);
    Work chunk = queue.next();
    queue.finish(chunk);
    queue.returned(chunk);
    queue.retry(chunk);
    queue.finish(chunk);
    assertEquals(0, queue.size());
    assertEquals(0, queue.inFlight());
    assertNull(queue.next());
  }

  @Test
  void whatIsGivenUpIsCancelledAtTheEngineAndWhatHasItsResultIsNot() {
    queue.addQuestion("a", 0, "q", 0, 0);
    queue.addQuestion("a", 1, "r", 0, 0);
    queue.addQuestion("a", 2, "s", 0, 0);
    List<CompletableFuture<String>> calls = new ArrayList<>();
    List<Work> given = new ArrayList<>();
    for (Work next = queue.next(); next != null; next = queue.next()) {
      CompletableFuture<String> call = new CompletableFuture<>();
      next.call = call;
      calls.add(call);
      given.add(next);
    }
    queue.finish(given.get(0));
    assertTrue(calls.get(0).isCancelled());
    calls.get(1).complete("result");
    queue.returned(given.get(1));
    assertFalse(calls.get(1).isCancelled());
    queue.abandon();
    assertTrue(calls.get(2).isCancelled());
  }

  @Test
  void openWorkIsFoundByStream() {
    assertEquals(Integer.MAX_VALUE, queue.oldestChunkSeen("a"));
    queue.addQuestion("a", 0, "q", 3, 5);
    queue.addQuestion("a", 1, "r", 2, 5);
    assertEquals(2, queue.oldestChunkSeen("a"));
    assertTrue(queue.hasQuestion("a", "q"));
    assertFalse(queue.hasQuestion("b", "q"));
    assertThrows(IllegalStateException.class, () -> queue.addQuestion("a", 2, "q", 0, 0));
    queue.addChunk("a", 5);
    assertThrows(IllegalStateException.class, () -> queue.addChunk("a", 5));
    assertEquals("chunk 5 of stream a", queue.chunk("a", 5).toString());
    assertNull(queue.chunk("b", 5));
  }
}
