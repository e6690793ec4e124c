package io.focusstream.jobs.training.data;

import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The forms of public retrieval tasks, from seeds of their own: RULER's needles (arXiv 2404.06654)
 * with one key among many, several values, several queries and variables set from one another,
 * ∞-Bench's pairs of UUIDs (arXiv 2402.13718), keys set again and again, times of events.
 */
final class FormScenario implements Scenario {
  /** What a line of these says; {@link QuestionMaker} asks some of them in ways of their own. */
  static final String MAGIC = "magic number";

  static final String VARIABLE = "variable";
  static final Set<String> FIELDS =
      Set.of(MAGIC, VARIABLE, "pair", "set status", "moment of event");

  private static final List<String> MAGIC_QUESTIONS =
      List.of(
          "What is the special magic number for {k} mentioned in the provided text?",
          "What is the special magic number for {k} mentioned in the provided text?",
          "What is the special magic number for {k} mentioned in the provided text?",
          "What is the special magic number for {k}?",
          "The special magic number for {k} is",
          "magic number for {k}",
          "One of the special magic numbers for {k} is:",
          "{k}");
  private static final List<String> PAIR_QUESTIONS =
      List.of(
          "Extract the value corresponding to the key \"{k}\"",
          "Extract the value corresponding to the key \"{k}\"",
          "Extract the value corresponding to the key \"{k}\"",
          "\"{k}\": \"",
          "value of {k}",
          "{k}",
          "What is the value for key {k}?");
  private static final List<String> STATUS_QUESTIONS =
      List.of(
          "What is the current status of {k}?",
          "What is the current status of {k}?",
          "status of {k} now",
          "What is the latest status of {k}?",
          "current status of {k}");
  private static final List<String> HAPPENED =
      List.of("started", "stopped", "restarted", "deleted", "created", "paused", "renamed");
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss", Locale.ROOT);

  private enum Form {
    MANY_KEYS,
    FEW_KEYS,
    MANY_VALUES,
    VARIABLES,
    PAIRS,
    STATUS,
    TIMES
  }

  private final Form form;
  private final double needles;
  private final double similar;
  private final boolean wordValues;
  private final double similarValues;
  private final String set;
  private final List<String> made = new ArrayList<>();
  private final Set<String> used = new HashSet<>();
  private final Map<String, String> status = new HashMap<>();
  private final List<String> values = new ArrayList<>();
  private final List<String> chain = new ArrayList<>();
  private final int keys;
  private final int skew;
  private long second;

  FormScenario(Rng rng, int tokenBudget) {
    form = Form.values()[rng.weighted(20, 6, 12, 12, 14, 18, 18)];
    // in noise as often as a few needles in the whole, or a few a chunk
    needles =
        rng.chance(0.5) ? Math.min(0.6, rng.between(2, 8) * 26.0 / tokenBudget) : rng.pick(.1, .4);
    similar = rng.pick(0.0, 0.5, 0.9);
    wordValues = rng.chance(0.1);
    similarValues = rng.pick(0.0, 0.0, 0.4, 0.8);
    set = rng.pick("set {k} status to ", "set {k} status to ", "status of {k} is ", "{k} status=");
    keys = rng.between(2, 10);
    skew = rng.pick(1, 2, 4);
    second = 1_500_000_000L + rng.below(300_000_000);
  }

  /** A key of two words, never one twice; often one that shares a word with an earlier one. */
  private String key(Rng rng) {
    String key = null;
    for (int tries = 0; tries < 50; tries++) {
      String adjective = rng.pick(Words.ADJECTIVES);
      String noun = rng.pick(Words.NOUNS);
      if (!made.isEmpty() && rng.chance(similar)) {
        String[] other = rng.pick(made).split("-");
        if (rng.chance(0.5)) {
          adjective = other[0];
        } else {
          noun = other[1];
        }
      }
      key = adjective + "-" + noun;
      if (used.add(key)) {
        made.add(key);
        return key;
      }
    }
    return key + "-" + rng.number(4);
  }

  /** One of the keys; the later ones less often, where the episode is so. */
  private int seldom(Rng rng) {
    return (int) (made.size() * Math.pow(rng.unit(), skew));
  }

  private DraftLine noise() {
    return DraftLine.plain(NeedleScenario.FILLER);
  }

  /** A number, often one that begins as an earlier one did: there copying goes astray. */
  private String number(Rng rng, int digits) {
    String value = rng.number(digits);
    if (!values.isEmpty() && rng.chance(similarValues)) {
      value = Values.begunAs(rng, rng.pick(values));
    }
    values.add(value);
    return value;
  }

  private DraftLine magic(Rng rng, String key) {
    String value = wordValues ? Values.uuid(rng) : number(rng, 7);
    return new LineBuilder()
        .add("One of the special magic numbers for ")
        .add(key)
        .add(" is: ")
        .fact(key, null, MAGIC, List.of(), MAGIC_QUESTIONS, value, false)
        .add(".")
        .build();
  }

  @Override
  public void emit(Rng rng, List<DraftLine> out) {
    switch (form) {
      case MANY_KEYS -> out.add(magic(rng, key(rng)));
      case FEW_KEYS -> out.add(rng.chance(needles) ? magic(rng, key(rng)) : noise());
      case MANY_VALUES -> {
        if (!rng.chance(Math.max(needles, 0.2))) {
          out.add(noise());
          return;
        }
        String last = made.isEmpty() ? null : rng.pick(made);
        int same = last == null ? 0 : status.get(last).length();
        // up to four values a key
        String key = last == null || same >= 4 || rng.chance(0.3) ? key(rng) : last;
        status.merge(key, "x", String::concat);
        out.add(magic(rng, key));
      }
      case VARIABLES -> {
        if (!rng.chance(Math.max(needles, 0.15))) {
          out.add(noise());
          return;
        }
        out.add(variable(rng));
      }
      case PAIRS -> {
        String key = Values.uuid(rng);
        if (!made.isEmpty() && rng.chance(similar / 3)) {
          key = Values.lookAlike(rng, rng.pick(made));
        }
        if (used.add(key)) {
          made.add(key);
          out.add(pair(rng, key));
        }
      }
      case STATUS -> {
        String key = made.size() < keys ? key(rng) : made.get(seldom(rng));
        String value = number(rng, 4);
        if (!value.equals(status.put(key, value))) {
          out.add(status(key, value));
        }
      }
      case TIMES -> {
        second += rng.below(40);
        out.add(moment(rng, key(rng), second));
      }
    }
  }

  private DraftLine variable(Rng rng) {
    String name = rng.chars("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 5);
    if (!used.add(name)) {
      return noise();
    }
    LineBuilder line = new LineBuilder().add("VAR ");
    if (chain.isEmpty() || chain.size() >= 5 || rng.chance(0.25)) {
      chain.clear();
      String value = rng.number(5);
      line.fact(value, null, VARIABLE, List.of(), List.of("{k}"), name, false)
          .add(" = ")
          .add(value);
    } else {
      String from = chain.get(chain.size() - 1);
      line.fact(from, null, VARIABLE, List.of(), List.of("{k}"), name, false)
          .add(" = VAR ")
          .add(from);
    }
    chain.add(name);
    return line.build();
  }

  private static DraftLine pair(Rng rng, String key) {
    return new LineBuilder()
        .add("\"")
        .add(key)
        .add("\": \"")
        .fact(key, null, "pair", List.of(), PAIR_QUESTIONS, Values.uuid(rng), false)
        .add("\",")
        .build();
  }

  private DraftLine status(String key, String value) {
    return new LineBuilder()
        .add(set.replace("{k}", key))
        .fact(key, null, "set status", List.of("status"), STATUS_QUESTIONS, value, true)
        .build();
  }

  private static DraftLine moment(Rng rng, String key, long second) {
    String what = rng.pick(HAPPENED);
    return new LineBuilder()
        .fact(
            key,
            null,
            "moment of event",
            List.of(),
            List.of(
                "At what time was {k} " + what + "?",
                "At what time was {k} " + what + "?",
                "when was {k} " + what,
                "When was {k} " + what + "?"),
            LocalDateTime.ofEpochSecond(second, 0, ZoneOffset.UTC).format(STAMP),
            false)
        .add(" ")
        .add(key)
        .add(" ")
        .add(what)
        .build();
  }

  @Override
  public List<DraftLine> unsaid(Rng rng) {
    List<DraftLine> lines = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      switch (form) {
        case PAIRS -> lines.add(pair(rng, Values.uuid(rng)));
        case STATUS -> lines.add(status(key(rng), rng.number(4)));
        case TIMES -> lines.add(moment(rng, key(rng), second));
        case VARIABLES -> {}
        default -> lines.add(magic(rng, key(rng)));
      }
    }
    return lines;
  }
}
