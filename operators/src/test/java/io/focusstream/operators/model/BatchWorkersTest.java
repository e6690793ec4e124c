package io.focusstream.operators.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.pytorch.jni.JniUtils;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class BatchWorkersTest {

  private static BatchWorkers workers() {
    return new BatchWorkers(Device.cpu(), Precision.BFLOAT16);
  }

  @Test
  void resultsComeInTheOrderOfTheWork() {
    try (BatchWorkers workers = workers()) {
      List<Supplier<Integer>> work =
          IntStream.range(0, 50).<Supplier<Integer>>mapToObj(i -> () -> i * i).toList();

      assertEquals(IntStream.range(0, 50).map(i -> i * i).boxed().toList(), workers.run(work));
    }
  }

  @Test
  void eachOfSeveralBatchesHasOneCoreAndTheCallerKeepsAll() {
    FocusGraph.engine();
    int cores = JniUtils.getNumThreads();
    Assumptions.assumeTrue(cores > 1, "one core: nothing is shared out");
    try (BatchWorkers workers = workers()) {
      Supplier<Integer> count = JniUtils::getNumThreads;

      assertEquals(List.of(1, 1, 1), workers.run(List.of(count, count, count)));
      assertEquals(List.of(cores), workers.run(List.of(count)));
      assertEquals(cores, JniUtils.getNumThreads());
    }
  }

  @Test
  void aFailureIsTheCallersOwn() {
    try (BatchWorkers workers = workers()) {
      Supplier<Integer> fails =
          () -> {
            throw new IllegalArgumentException("so");
          };

      IllegalArgumentException thrown =
          assertThrows(
              IllegalArgumentException.class, () -> workers.run(List.of(() -> 1, fails, () -> 3)));

      assertEquals("so", thrown.getMessage());
      assertThrows(IllegalArgumentException.class, () -> workers.onOneCore(fails));
    }
  }

  @Test
  void anErrorIsTheCallersOwnToo() {
    try (BatchWorkers workers = workers()) {
      Supplier<Integer> fails =
          () -> {
            throw new StackOverflowError("deep");
          };

      assertThrows(StackOverflowError.class, () -> workers.run(List.of(() -> 1, fails)));
      assertThrows(StackOverflowError.class, () -> workers.onOneCore(fails));
    }
  }

  @Test
  void smallWorkHasOneCore() {
    Assumptions.assumeTrue(FocusGraph.engine() != null && JniUtils.getNumThreads() > 1);
    try (BatchWorkers workers = workers()) {
      assertEquals(1, workers.onOneCore(JniUtils::getNumThreads));
    }
  }

  @Test
  void anInterruptedCallerStillWaitsForItsBatches() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch mayEnd = new CountDownLatch(1);
    try (BatchWorkers workers = workers()) {
      Supplier<Boolean> slow =
          () -> {
            begun.countDown();
            try {
              return mayEnd.await(30, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
              return false;
            }
          };
      AtomicReference<List<Boolean>> results = new AtomicReference<>();
      Thread caller = new Thread(() -> results.set(workers.run(List.of(slow, () -> true))));
      Assumptions.assumeTrue(JniUtils.getNumThreads() > 1, "one core: nothing is shared out");
      caller.start();
      assertTrue(begun.await(30, TimeUnit.SECONDS));

      caller.interrupt();

      caller.join(100);
      assertTrue(caller.isAlive());
      mayEnd.countDown();
      caller.join(30_000);
      assertFalse(caller.isAlive());
      assertEquals(List.of(true, true), results.get());
    }
  }
}
