package io.focusstream.it;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waits for conditions, never longer than a deadline. */
final class Await {
  private static final long LOOK_EVERY_NANOS = Duration.ofMillis(20).toNanos();

  private Await() {}

  static void until(Duration deadline, Supplier<String> whatIsMissing, BooleanSupplier condition) {
    long begin = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - begin > deadline.toNanos()) {
        throw new AssertionError("not within " + deadline + ": " + whatIsMissing.get());
      }
      LockSupport.parkNanos(LOOK_EVERY_NANOS);
    }
  }
}
