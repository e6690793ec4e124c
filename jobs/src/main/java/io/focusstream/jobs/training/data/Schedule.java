package io.focusstream.jobs.training.data;

import java.util.ArrayList;
import java.util.List;

/**
 * A number that grows with the batch's index, written {@code 0:64,300:128}: 64 from batch 0, 128
 * from batch 300.
 */
public record Schedule(List<Integer> from, List<Integer> values) {
  public Schedule {
    from = List.copyOf(from);
    values = List.copyOf(values);
    if (from.isEmpty() || from.get(0) != 0 || from.size() != values.size()) {
      throw new IllegalArgumentException("a schedule begins at batch 0, for example 0:64,300:128");
    }
  }

  /** Reads the written form. */
  public static Schedule parse(String written) {
    List<Integer> from = new ArrayList<>();
    List<Integer> values = new ArrayList<>();
    for (String part : written.split(",")) {
      String[] pair = part.strip().split(":");
      if (pair.length != 2) {
        throw new IllegalArgumentException(
            "a schedule is batch:value pairs, for example 0:64,300:128; got " + written);
      }
      from.add(Integer.parseInt(pair[0].strip()));
      values.add(Integer.parseInt(pair[1].strip()));
    }
    return new Schedule(from, values);
  }

  /** The value for a batch. */
  public int at(long batch) {
    int value = values.get(0);
    for (int i = 0; i < from.size(); i++) {
      if (batch >= from.get(i)) {
        value = values.get(i);
      }
    }
    return value;
  }
}
