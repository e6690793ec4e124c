package io.focusstream.operators.model;

import ai.djl.Device;
import ai.djl.pytorch.jni.JniUtils;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/**
 * Runs batches side by side, one a core. The steps between products are too small to be shared out
 * within a batch; a batch that has a core for itself shares nothing.
 *
 * <p>Only with bfloat16 on a CPU: the float32 library counts its threads for the whole process. A
 * single batch runs on the caller's thread, with all cores.
 */
final class BatchWorkers implements AutoCloseable {
  private final ExecutorService threads;
  private final int count;

  BatchWorkers(Device device, Precision precision) {
    FocusGraph.engine();
    int cores = JniUtils.getNumThreads();
    if (device.isGpu() || precision != Precision.BFLOAT16 || cores < 2) {
      threads = null;
      count = 1;
      return;
    }
    count = cores;
    CountDownLatch ready = new CountDownLatch(cores);
    threads =
        Executors.newFixedThreadPool(
            cores,
            work -> {
              Thread thread =
                  new Thread(
                      () -> {
                        // asked first: a thread that wasn't asked takes the process's number later
                        JniUtils.getNumThreads();
                        JniUtils.setNumThreads(1);
                        ready.countDown();
                        work.run();
                      },
                      "focus-batches");
              thread.setDaemon(true);
              return thread;
            });
    try {
      for (int i = 0; i < cores; i++) {
        threads.submit(
            () -> {
              ready.await();
              return null;
            });
      }
      ready.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    // the number is also kept for threads to come, and for the float32 library
    JniUtils.setNumThreads(cores);
  }

  /** How many batches run side by side here; 1 where they don't. */
  int count() {
    return count;
  }

  /**
   * Runs small work on one core. Where the caller's thread shares it out among all, the library's
   * threads go on looking for more for some milliseconds, which the next batches then lack.
   */
  <T> T onOneCore(Supplier<T> work) {
    return threads == null ? work.get() : joined(CompletableFuture.supplyAsync(work, threads));
  }

  /**
   * Runs all and waits, an interrupt notwithstanding: what a batch works on must outlive it.
   *
   * @return the results in the order of the work
   */
  <T> List<T> run(List<Supplier<T>> work) {
    if (threads == null || work.size() == 1) {
      return work.stream().map(Supplier::get).toList();
    }
    List<CompletableFuture<T>> running =
        work.stream().map(one -> CompletableFuture.supplyAsync(one, threads)).toList();
    CompletableFuture<Void> all =
        CompletableFuture.allOf(running.toArray(new CompletableFuture<?>[0]));
    joined(all);
    return running.stream().map(CompletableFuture::join).toList();
  }

  private static <T> T joined(CompletableFuture<T> running) {
    try {
      return running.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      if (e.getCause() instanceof Error cause) {
        throw cause;
      }
      throw e;
    }
  }

  @Override
  public void close() {
    if (threads != null) {
      threads.shutdown();
    }
  }
}
