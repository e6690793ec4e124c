package io.focusstream.jobs.training.data;

import io.focusstream.operators.text.ByteLevelBpe;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import java.util.stream.LongStream;

/**
 * Batches in order, made by several threads. Batch i is the same for any number of threads. For one
 * consumer; without end.
 */
public final class BatchStream implements Iterator<Batch>, AutoCloseable {
  private final ExecutorService workers;
  private final ThreadLocal<LongFunction<Batch>> maker;
  private final ArrayDeque<Future<Batch>> ahead = new ArrayDeque<>();
  private final int depth;
  private long next;

  private BatchStream(Supplier<LongFunction<Batch>> makers, long first, int threads) {
    AtomicInteger number = new AtomicInteger();
    this.workers =
        Executors.newFixedThreadPool(
            threads,
            task -> {
              Thread thread = new Thread(task, "batches-" + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    this.maker = ThreadLocal.withInitial(makers);
    this.depth = threads * 3;
    this.next = first;
  }

  /** The base model's batches, from batch {@code first} on. {@code books} may be null. */
  public static BatchStream base(
      ByteLevelBpe tokenizer, Books books, BatchOptions options, long first, int threads) {
    return new BatchStream(
        () -> new BaseBatches(tokenizer.copy(), books, options)::make, first, threads);
  }

  /** The added projections' batches, from batch {@code first} on. {@code books} may be null. */
  public static BatchStream focus(
      ByteLevelBpe tokenizer, Books books, BatchOptions options, long first, int threads) {
    return new BatchStream(
        () -> new FocusBatches(tokenizer.copy(), books, options)::make, first, threads);
  }

  /**
   * Both, mixed: each batch is the base's with the given chance, from 0 to 1, and else the added
   * projections'.
   */
  public static BatchStream both(
      ByteLevelBpe tokenizer,
      Books books,
      BatchOptions options,
      double sequences,
      long first,
      int threads) {
    return mixed(
        options,
        sequences,
        () -> new BaseBatches(tokenizer.copy(), books, options)::make,
        () -> new FocusBatches(tokenizer.copy(), books, options)::make,
        first,
        threads);
  }

  /**
   * Chunks with questions, for the readout by proposals; with the given chance, from 0 to 1, a
   * batch is plain text instead.
   */
  public static BatchStream proposals(
      ByteLevelBpe tokenizer,
      Books books,
      BatchOptions options,
      double sequences,
      long first,
      int threads) {
    return proposalsTogether(tokenizer, books, options, sequences, 1, first, threads);
  }

  /**
   * The same, for a machine that learns from more at a time: each batch of questions is several
   * made into one. Plain text stays as it is, and a schedule of chunks goes on with each of those
   * that are made into one.
   */
  static BatchStream proposalsTogether(
      ByteLevelBpe tokenizer,
      Books books,
      BatchOptions options,
      double sequences,
      int together,
      long first,
      int threads) {
    return mixed(
        options,
        sequences,
        () -> new BaseBatches(tokenizer.copy(), books, options)::makePlain,
        () -> {
          ProposalBatches batches = new ProposalBatches(tokenizer.copy(), books, options);
          return index ->
              together == 1
                  ? batches.make(index)
                  : ProposalBatch.together(
                      LongStream.range(index * together, (index + 1) * together)
                          .mapToObj(batches::make)
                          .toList());
        },
        first,
        threads);
  }

  private static BatchStream mixed(
      BatchOptions options,
      double chance,
      Supplier<LongFunction<Batch>> some,
      Supplier<LongFunction<Batch>> others,
      long first,
      int threads) {
    return new BatchStream(
        () -> {
          LongFunction<Batch> one = some.get();
          LongFunction<Batch> other = others.get();
          return index ->
              Rng.of(options.seed() ^ 0xB07BL, index).chance(chance)
                  ? one.apply(index)
                  : other.apply(index);
        },
        first,
        threads);
  }

  @Override
  public boolean hasNext() {
    return true;
  }

  @Override
  public Batch next() {
    while (ahead.size() < depth) {
      long index = next++;
      ahead.add(workers.submit(() -> maker.get().apply(index)));
    }
    try {
      return ahead.poll().get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for a batch", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("a batch could not be made", e.getCause());
    }
  }

  @Override
  public void close() {
    workers.shutdownNow();
  }
}
