package io.focusstream.jobs.training.eval;

import io.focusstream.jobs.training.data.Rng;
import io.focusstream.operators.text.EventText;
import io.focusstream.operators.text.TextTokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Fills a stream to a length, with given lines at random places in it. */
final class StreamText {
  /** The filler of the passkey task, RULER's «noise». */
  static final String NOISE =
      "The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again.";

  private final List<String> lines = new ArrayList<>();
  private final int[] places;

  private StreamText(int needles) {
    this.places = new int[needles];
  }

  /**
   * A stream of at most {@code tokens} tokens.
   *
   * @param needles lines that must stand in it, in this order
   * @param filler makes the others
   * @throws IllegalArgumentException where not even the needles fit
   */
  static StreamText fill(
      TextTokenizer tokenizer,
      Rng rng,
      int tokens,
      List<String> needles,
      Function<Rng, String> filler) {
    Map<String, Integer> lengths = new HashMap<>();
    Function<String, Integer> length =
        line -> lengths.computeIfAbsent(line, l -> tokenizer.encode(EventText.of(l)).length);
    int left = tokens;
    for (String needle : needles) {
      left -= length.apply(needle);
    }
    if (left < 0) {
      throw new IllegalArgumentException(
          "a stream of this suite needs at least " + (tokens - left) + " tokens; got " + tokens);
    }
    List<String> around = new ArrayList<>();
    while (true) {
      String line = filler.apply(rng);
      left -= length.apply(line);
      if (left < 0) {
        break;
      }
      around.add(line);
    }
    int[] before = new int[needles.size()];
    for (int i = 0; i < before.length; i++) {
      before[i] = rng.below(around.size() + 1);
    }
    Arrays.sort(before);
    StreamText text = new StreamText(needles.size());
    int needle = 0;
    for (int i = 0; i <= around.size(); i++) {
      while (needle < before.length && before[needle] == i) {
        text.places[needle] = text.lines.size();
        text.lines.add(needles.get(needle++));
      }
      if (i < around.size()) {
        text.lines.add(around.get(i));
      }
    }
    return text;
  }

  List<String> lines() {
    return lines;
  }

  /** The line in which a needle stands. */
  int place(int needle) {
    return places[needle];
  }
}
