package io.focusstream.jobs.training.eval;

import io.focusstream.jobs.training.data.Episode;
import io.focusstream.jobs.training.data.Keys;
import io.focusstream.jobs.training.data.Question;
import io.focusstream.jobs.training.data.Rng;
import io.focusstream.jobs.training.eval.Trial.Probe;
import io.focusstream.operators.text.TextTokenizer;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What a model is measured by. Written after public generators, without their data: FocusLLM §4 and
 * Mohtashami and Jaggi (passkey), ∞-Bench (arXiv 2402.13718: number, kv), RULER (arXiv 2404.06654:
 * niah, vt); the others are ours. A trial is a function of (suite, length, seed, index) alone, of
 * numbers that no training episode is drawn from.
 */
public enum Suite {
  /** Five digits in noise. */
  passkey("FocusLLM's: five digits somewhere in filler") {
    @Override
    Trial make(TextTokenizer tokenizer, int tokens, long seed, int index, Rng rng) {
      PasskeyTask.Trial trial = PasskeyTask.trial(tokenizer, tokens, seed, index);
      return new Trial(
          trial.lines(),
          List.of(
              new Probe(
                  trial.question(),
                  trial.expected(),
                  Scoring.LEADING_DIGITS,
                  List.of(trial.needleLine()))));
    }
  },

  /** Ten digits, each doubled, in noise. */
  number("∞-Bench's: ten digits, each of five doubled, somewhere in filler") {
    @Override
    Trial make(TextTokenizer tokenizer, int tokens, long seed, int index, Rng rng) {
      String digits =
          rng.digits(5)
              .chars()
              .mapToObj(c -> "" + (char) c + (char) c)
              .collect(Collectors.joining());
      return one(
          StreamText.fill(
              tokenizer,
              rng,
              tokens,
              List.of(
                  "The sequence of digits is %s. Remember it. %s is the sequence of digits."
                      .formatted(digits, digits)),
              r -> StreamText.NOISE),
          "What is the sequence of digits? The sequence of digits is",
          digits,
          Scoring.LEADING_DIGITS);
    }
  },

  /** JSON pairs of UUIDs. */
  kv("∞-Bench's: JSON pairs of random UUIDs, one asked for") {
    @Override
    Trial make(TextTokenizer tokenizer, int tokens, long seed, int index, Rng rng) {
      String key = uuid(rng);
      String value = uuid(rng);
      return one(
          StreamText.fill(
              tokenizer, rng, tokens, List.of(pair(key, value)), r -> pair(uuid(r), uuid(r))),
          "Extract the value corresponding to the key \"" + key + "\"",
          value,
          Scoring.EXACT);
    }
  },

  /** One needle in noise. */
  niah_single("RULER's: a magic number of a key, in filler") {
    @Override
    Trial make(TextTokenizer tokenizer, int tokens, long seed, int index, Rng rng) {
      String key = key(rng);
      String value = rng.number(7);
      return one(
          StreamText.fill(
              tokenizer, rng, tokens, List.of(needle(key, value)), r -> StreamText.NOISE),
          magic(key),
          value,
          Scoring.LEADING_DIGITS);
    }
  },

  /** One asked among needles. */
  niah_multikey("RULER's: one asked for, every other line another key's needle") {
    @Override
    Trial make(TextTokenizer tokenizer, int tokens, long seed, int index, Rng rng) {
      Supplier<String> keys = fresh(rng);
      String key = keys.get();
      String value = rng.number(7);
      return one(
          StreamText.fill(
              tokenizer,
              rng,
              tokens,
              List.of(needle(key, value)),
              r -> needle(keys.get(), r.number(7))),
          magic(key),
          value,
          Scoring.LEADING_DIGITS);
    }
  },

  /** All values of one key. */
  niah_multivalue("RULER's: four values of one key, in filler; the part of them found") {
    @Override
    Trial make(TextTokenizer tokenizer, int tokens, long seed, int index, Rng rng) {
      String key = key(rng);
      List<String> values = IntStream.range(0, 4).mapToObj(i -> rng.number(7)).toList();
      return all(
          StreamText.fill(
              tokenizer,
              rng,
              tokens,
              values.stream().map(v -> needle(key, v)).toList(),
              r -> StreamText.NOISE),
          "What are all the special magic numbers for " + key + " mentioned in the provided text?",
          values);
    }
  },

  /** Several keys at once. */
  niah_multiquery("RULER's: four keys asked for at once, in filler; the part of them found") {
    @Override
    Trial make(TextTokenizer tokenizer, int tokens, long seed, int index, Rng rng) {
      Supplier<String> fresh = fresh(rng);
      List<String> keys = IntStream.range(0, 4).mapToObj(i -> fresh.get()).toList();
      List<String> values = keys.stream().map(k -> rng.number(7)).toList();
      return all(
          StreamText.fill(
              tokenizer,
              rng,
              tokens,
              IntStream.range(0, 4).mapToObj(i -> needle(keys.get(i), values.get(i))).toList(),
              r -> StreamText.NOISE),
          "What are all the special magic numbers for %s, %s, %s, and %s mentioned in the provided text?"
              .formatted(keys.toArray()),
          values);
    }
  },

  /** Variable tracking. */
  vt("RULER's: variables set from one another over four hops; the part of them found") {
    @Override
    Trial make(TextTokenizer tokenizer, int tokens, long seed, int index, Rng rng) {
      Set<String> names = new HashSet<>();
      while (names.size() < 5) {
        names.add(rng.chars("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 5));
      }
      List<String> chain = List.copyOf(names);
      String value = rng.number(5);
      List<String> needles = new ArrayList<>();
      for (int i = 0; i < chain.size(); i++) {
        needles.add("VAR " + chain.get(i) + " = " + (i == 0 ? value : "VAR " + chain.get(i - 1)));
      }
      return all(
          StreamText.fill(tokenizer, rng, tokens, needles, r -> StreamText.NOISE),
          "Find all variables that are assigned the value " + value + " in the text above.",
          chain);
    }
  },

  /** Set again and again. */
  latest("eight keys set again and again: the last value") {
    @Override
    Trial make(TextTokenizer tokenizer, int tokens, long seed, int index, Rng rng) {
      Supplier<String> fresh = fresh(rng);
      List<String> keys = IntStream.range(0, 8).mapToObj(i -> fresh.get()).toList();
      StreamText text =
          StreamText.fill(
              tokenizer,
              rng,
              tokens,
              List.of(),
              r -> "set " + r.pick(keys) + " status to " + r.number(4));
      List<Probe> probes = new ArrayList<>();
      for (String key : keys) {
        int last = -1;
        for (int i = 0; i < text.lines().size(); i++) {
          if (text.lines().get(i).startsWith("set " + key + " ")) {
            last = i;
          }
        }
        if (last >= 0) {
          String line = text.lines().get(last);
          probes.add(
              new Probe(
                  "What is the current status of " + key + "?",
                  line.substring(line.lastIndexOf(' ') + 1),
                  Scoring.EXACT,
                  List.of(last)));
        }
      }
      return new Trial(text.lines(), probes);
    }
  },

  /** The key never occurred. */
  absent("a key that never occurred, among needles of others: «not found»") {
    @Override
    Trial make(TextTokenizer tokenizer, int tokens, long seed, int index, Rng rng) {
      Supplier<String> keys = fresh(rng);
      String key = keys.get();
      StreamText text =
          StreamText.fill(tokenizer, rng, tokens, List.of(), r -> needle(keys.get(), r.number(7)));
      return new Trial(
          text.lines(),
          List.of(new Probe(magic(key), Question.NOT_FOUND, Scoring.EXACT, List.of())));
    }
  },

  /** The time of an event. */
  when("things that happened once each: at what time one did") {
    @Override
    Trial make(TextTokenizer tokenizer, int tokens, long seed, int index, Rng rng) {
      Supplier<String> keys = fresh(rng);
      String key = keys.get();
      String what = rng.pick(HAPPENED);
      long[] second = {1_700_000_000L + rng.below(100_000_000)};
      // Lines are made before their places are known: times are written in afterwards.
      StreamText text =
          StreamText.fill(
              tokenizer,
              rng,
              tokens,
              List.of(stamp(0) + " " + key + " " + what),
              r -> stamp(0) + " " + keys.get() + " " + r.pick(HAPPENED));
      List<String> lines =
          text.lines().stream()
              .map(line -> stamp(second[0] += rng.below(40)) + line.substring(stamp(0).length()))
              .toList();
      int place = text.place(0);
      return new Trial(
          lines,
          List.of(
              new Probe(
                  "At what time was " + key + " " + what + "?",
                  lines.get(place).substring(0, stamp(0).length()),
                  Scoring.EXACT,
                  List.of(place))));
    }
  },

  /** Held-out logs. */
  logs("questions over generated logs of kinds that are held out of training") {
    @Override
    Trial make(TextTokenizer tokenizer, int tokens, long seed, int index, Rng rng) {
      Episode episode =
          LookupTask.episode(
              seed + index, index % LookupTask.kinds(), Math.max(8, tokens / TOKENS_A_LOG_LINE));
      List<Question> questions = new ArrayList<>(episode.questions());
      rng.shuffle(questions);
      return new Trial(
          episode.lines(),
          questions.stream()
              .limit(MOST_LOG_QUESTIONS)
              .map(
                  q ->
                      new Probe(
                          q.text(),
                          q.expected(),
                          Scoring.EXACT,
                          q.answer() == null ? List.of() : List.of(q.line())))
              .toList());
    }
  };

  private static final List<String> HAPPENED =
      List.of("started", "stopped", "restarted", "deleted", "created", "paused", "renamed");
  private static final long EVALUATION = 0x5EE_5A1DL;
  private static final int TOKENS_A_LOG_LINE = 30;
  private static final int MOST_LOG_QUESTIONS = 16;

  private final String description;

  Suite(String description) {
    this.description = description;
  }

  /** What it asks, in a line. */
  public String description() {
    return description;
  }

  /** The name as RULER and the command line write it: {@code niah-single}. */
  @Override
  public String toString() {
    return name().replace('_', '-');
  }

  /**
   * Trial {@code index} of a seed.
   *
   * @param tokens the stream's length, at most; {@code logs}: about
   * @throws IllegalArgumentException where not even what is asked for fits
   */
  public Trial trial(TextTokenizer tokenizer, int tokens, long seed, int index) {
    Rng rng =
        Rng.of(seed ^ EVALUATION ^ (long) name().hashCode() << 8, (long) tokens << 20 | index);
    return make(tokenizer, tokens, seed, index, rng);
  }

  abstract Trial make(TextTokenizer tokenizer, int tokens, long seed, int index, Rng rng);

  private static String stamp(long second) {
    return LocalDateTime.ofEpochSecond(second, 0, ZoneOffset.UTC)
        .format(DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss", Locale.ROOT));
  }

  private static Trial one(StreamText text, String question, String expected, Scoring scoring) {
    return new Trial(
        text.lines(), List.of(new Probe(question, expected, scoring, List.of(text.place(0)))));
  }

  private static Trial all(StreamText text, String question, List<String> expected) {
    return new Trial(
        text.lines(),
        List.of(
            new Probe(
                question,
                String.join(" ", expected),
                Scoring.RECALL,
                IntStream.range(0, expected.size()).map(text::place).boxed().toList())));
  }

  private static String needle(String key, String value) {
    return "One of the special magic numbers for " + key + " is: " + value + ".";
  }

  private static String magic(String key) {
    return "What is the special magic number for " + key + " mentioned in the provided text?";
  }

  private static String pair(String key, String value) {
    return "\"" + key + "\": \"" + value + "\",";
  }

  private static String uuid(Rng rng) {
    return IntStream.of(8, 4, 4, 4, 12).mapToObj(rng::hex).collect(Collectors.joining("-"));
  }

  private static String key(Rng rng) {
    return Keys.words(rng);
  }

  /** Keys of two words, never one twice. */
  private static Supplier<String> fresh(Rng rng) {
    Set<String> used = new HashSet<>();
    return () -> {
      String key = key(rng);
      for (int tries = 0; !used.add(key); tries++) {
        key = key(rng) + (tries < 100 ? "" : "-" + rng.number(4));
      }
      return key;
    };
  }
}
