package io.focusstream.jobs.training.data;

import java.util.List;
import java.util.SplittableRandom;

/** Seeded randomness with the few draws that the generators need. Not for several threads. */
public final class Rng {
  private final SplittableRandom random;

  public Rng(long seed) {
    this.random = new SplittableRandom(mix(seed));
  }

  /** A generator that depends on two numbers only, for example a run's seed and a batch's index. */
  public static Rng of(long seed, long index) {
    return new Rng(mix(seed) * 0x9E3779B97F4A7C15L + mix(index));
  }

  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** Uniform in [0, bound). */
  public int below(int bound) {
    return random.nextInt(bound);
  }

  /** Uniform in [from, to], both ends included. */
  public int between(int from, int to) {
    return from + random.nextInt(to - from + 1);
  }

  /** Log-uniform in [from, to], both ends included. */
  public int logBetween(int from, int to) {
    double value = Math.exp(Math.log(from) + random.nextDouble() * Math.log((to + 1.0) / from));
    return Math.max(from, Math.min(to, (int) value));
  }

  public long longBetween(long from, long to) {
    return random.nextLong(from, to + 1);
  }

  public double unit() {
    return random.nextDouble();
  }

  public boolean chance(double probability) {
    return random.nextDouble() < probability;
  }

  @SafeVarargs
  @SuppressWarnings("varargs")
  public final <T> T pick(T... from) {
    return from[random.nextInt(from.length)];
  }

  public <T> T pick(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }

  /** An index drawn with the given weights. */
  public int weighted(double... weights) {
    double sum = 0;
    for (double weight : weights) {
      sum += weight;
    }
    double at = random.nextDouble() * sum;
    for (int i = 0; i < weights.length; i++) {
      at -= weights[i];
      if (at < 0) {
        return i;
      }
    }
    return weights.length - 1;
  }

  public <T> void shuffle(List<T> list) {
    for (int i = list.size() - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      T swapped = list.get(i);
      list.set(i, list.get(j));
      list.set(j, swapped);
    }
  }

  /** A string of characters out of an alphabet. */
  public String chars(String alphabet, int length) {
    char[] out = new char[length];
    for (int i = 0; i < length; i++) {
      out[i] = alphabet.charAt(random.nextInt(alphabet.length()));
    }
    return new String(out);
  }

  public String digits(int length) {
    return chars("0123456789", length);
  }

  /** Digits without a zero in front. */
  public String number(int length) {
    return length <= 1 ? digits(1) : chars("123456789", 1) + digits(length - 1);
  }

  public String hex(int length) {
    return chars("0123456789abcdef", length);
  }

  public String letters(int length) {
    return chars("abcdefghijklmnopqrstuvwxyz", length);
  }
}
