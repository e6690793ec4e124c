package io.focusstream.operators.model;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Large arrays that go from one question to the next: memory that the system gives anew it fills
 * with zeros first, page by page, which takes longer than to copy chunk states into it. Used by one
 * thread at a time.
 *
 * <p>What lies idle is freed where it and what is in use would be more than the bound; what is in
 * use is as questions need it, and up to a quarter more.
 */
final class SpareArrays {
  /** Makes a flat array of so many numbers of a type. */
  interface Maker {
    NDArray make(long numbers, int type);
  }

  /**
   * An array in use.
   *
   * @param array flat
   * @param type of its numbers
   */
  record Spare(NDArray array, int type, long numbers, long bytes) {}

  private final Maker maker;
  // the one that was given back first is the first
  private final List<Spare> idle = new ArrayList<>();
  private long mostBytes;
  private long idleBytes;
  private long usedBytes;

  SpareArrays(Maker maker) {
    this.maker = maker;
  }

  /** Bound of the bytes that are in use or kept; 0, as at first, where none are kept. */
  void mostBytes(long bytes) {
    mostBytes = bytes;
    freeDownTo(Math.max(0, mostBytes - usedBytes));
  }

  /** An array of at least so many numbers, of any values; of a quarter more at most. */
  Spare take(long numbers, int type) {
    Spare best = null;
    for (Spare one : idle) {
      boolean fits =
          one.type() == type && one.numbers() >= numbers && 4 * one.numbers() <= 5 * numbers;
      if (fits && (best == null || one.numbers() < best.numbers())) {
        best = one;
      }
    }
    if (best != null) {
      idle.remove(best);
      idleBytes -= best.bytes();
    } else {
      long bytes = numbers * bytesOf(type);
      freeDownTo(Math.max(0, mostBytes - usedBytes - bytes));
      best = new Spare(maker.make(numbers, type), type, numbers, bytes);
    }
    usedBytes += best.bytes();
    return best;
  }

  private static int bytesOf(int type) {
    return switch (type) {
      case 1 -> Byte.BYTES;
      case 5, 15 -> Short.BYTES;
      case 6 -> Float.BYTES;
      default -> throw new IllegalArgumentException("no size is known of type " + type);
    };
  }

  /** It is in use no more. */
  void giveBack(Spare one) {
    usedBytes -= one.bytes();
    idle.add(one);
    idleBytes += one.bytes();
    freeDownTo(Math.max(0, mostBytes - usedBytes));
  }

  /** Frees what lies idle. */
  void free() {
    freeDownTo(0);
  }

  /** Bytes that are in use. */
  long usedBytes() {
    return usedBytes;
  }

  /** Bytes that lie idle. */
  long idleBytes() {
    return idleBytes;
  }

  private void freeDownTo(long bytes) {
    Iterator<Spare> oldest = idle.iterator();
    while (idleBytes > bytes && oldest.hasNext()) {
      Spare one = oldest.next();
      oldest.remove();
      idleBytes -= one.bytes();
      one.array().close();
    }
  }
}
