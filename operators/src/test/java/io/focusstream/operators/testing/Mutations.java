package io.focusstream.operators.testing;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;

/**
 * Damages good bytes, by a seed, as disks, networks and people do, and holds a reader to its word:
 * it gives a value or its declared error, whose message says what it was, and takes memory by what
 * is there, not by what a length claims. {@code -Dfocus.fuzz.mutations=N} makes more than {@value
 * #DEFAULT_COUNT} of each.
 */
public final class Mutations {
  private static final int DEFAULT_COUNT = 2000;
  private static final long MOST_BYTES = 48L << 20;

  private static final long[] LENGTHS = {
    0,
    1,
    -1,
    Long.MIN_VALUE,
    Long.MAX_VALUE,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    0x7fffffffffL,
    1L << 28,
    (1L << 28) - 1,
    1L << 20,
    0xffffffffL
  };

  private static final String[] TEXTS = {
    "-1",
    "2147483647",
    "-2147483648",
    "9223372036854775807",
    "99999999999999999999",
    "1e999",
    "null",
    "{}",
    "[]",
    "\"\"",
    "true",
    "[[[[[[[[",
    "0",
    "\\u0000",
    "\\ud800",
    "0.5",
    ",",
    "\""
  };

  private Mutations() {}

  /** Reads bytes; asserts by itself that a value that comes out is a right one. */
  @FunctionalInterface
  public interface Reader {
    void read(byte[] bytes) throws Exception;
  }

  /**
   * Reads many damaged copies.
   *
   * @param good what can be read
   * @param declared the error that the reader may give
   * @param named what its message must say: the file, the block, the record
   */
  public static void assertReadOrRefused(
      byte[] good, Class<? extends Exception> declared, String named, Reader reader) {
    int count = Integer.getInteger("focus.fuzz.mutations", DEFAULT_COUNT);
    ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    int refused = 0;
    for (int seed = 0; seed < count; seed++) {
      byte[] bytes = damaged(good, new Random(seed));
      long before = memory.getCurrentThreadAllocatedBytes();
      try {
        reader.read(bytes);
      } catch (Throwable e) {
        if (!declared.isInstance(e)) {
          throw new AssertionError("mutation " + seed + " of " + named + " gave " + e, e);
        }
        if (e.getMessage() == null || !e.getMessage().contains(named)) {
          throw new AssertionError(
              "mutation " + seed + ": the message must name " + named + "; it is " + e, e);
        }
        refused++;
      }
      long taken = memory.getCurrentThreadAllocatedBytes() - before;
      if (taken > MOST_BYTES + 64L * bytes.length) {
        throw new AssertionError(
            "mutation %d of %s: %d bytes made the reader take %d"
                .formatted(seed, named, bytes.length, taken));
      }
    }
    if (refused < count / 50) {
      throw new AssertionError(
          "only %d of %d mutations of %s were refused: they damage nothing"
              .formatted(refused, count, named));
    }
  }

  private static byte[] damaged(byte[] good, Random random) {
    byte[] bytes = good.clone();
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      bytes = damagedOnce(bytes, random);
    }
    return bytes;
  }

  private static byte[] damagedOnce(byte[] bytes, Random random) {
    if (bytes.length == 0) {
      return new byte[] {(byte) random.nextInt()};
    }
    // Half of all damage is where files say what they are.
    int reach = random.nextBoolean() ? Math.min(bytes.length, 128) : bytes.length;
    int at = random.nextInt(reach);
    switch (random.nextInt(8)) {
      case 0, 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
      case 2 -> bytes[at] = (byte) random.nextInt();
      case 3 -> {
        return Arrays.copyOf(bytes, at);
      }
      case 4 -> {
        byte[] longer = Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(64));
        for (int i = bytes.length; i < longer.length; i++) {
          longer[i] = (byte) random.nextInt();
        }
        return longer;
      }
      case 5 -> {
        long length = LENGTHS[random.nextInt(LENGTHS.length)];
        int width = 1 << random.nextInt(4);
        boolean bigEndian = random.nextBoolean();
        for (int i = 0; i < width && at + i < bytes.length; i++) {
          bytes[at + i] = (byte) (length >>> 8 * (bigEndian ? width - 1 - i : i));
        }
      }
      case 6 -> {
        byte[] text = TEXTS[random.nextInt(TEXTS.length)].getBytes(StandardCharsets.US_ASCII);
        return replaced(bytes, at, random.nextInt(12), text);
      }
      default -> {
        int from = random.nextInt(bytes.length);
        int to = Math.min(bytes.length, from + 1 + random.nextInt(64));
        return replaced(bytes, at, random.nextInt(64), Arrays.copyOfRange(bytes, from, to));
      }
    }
    return bytes;
  }

  private static byte[] replaced(byte[] bytes, int at, int length, byte[] by) {
    int end = Math.min(bytes.length, at + length);
    byte[] all = Arrays.copyOf(bytes, at + by.length + bytes.length - end);
    System.arraycopy(by, 0, all, at, by.length);
    System.arraycopy(bytes, end, all, at + by.length, bytes.length - end);
    return all;
  }
}
