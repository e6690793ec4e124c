package io.focusstream.jobs.training.data;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Filler with a sentence or two in it that matter: the passkey task of FocusLLM §4 and variants of
 * it with other things, longer numbers, words.
 */
final class NeedleScenario implements Scenario {
  /** The filler of the passkey task. */
  static final String FILLER =
      "The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again.";

  static final List<String> PASSKEY_QUESTIONS =
      List.of(
          "What is the {k}? The {k} is",
          "What is the {k}? The {k} is",
          "What is the {k}? The {k} is",
          "What is the {k}?",
          "The {k} is",
          "what is the {k}",
          "tell me the {k}",
          "which {k} was given?");

  private static final List<String> THINGS =
      List.of(
          "magic number",
          "secret number",
          "pass code",
          "access code",
          "code word",
          "password",
          "pin",
          "special number",
          "lucky number",
          "locker code",
          "serial number",
          "secret word",
          "door code",
          "account number",
          "ticket number",
          "badge number",
          "answer",
          "secret key",
          "vault code");

  private static final int TOKENS_PER_FILLER_LINE = 26;
  private final Books books;
  private final int filler;
  private final double needles;
  private final int valueStyle;
  private final boolean passkey;
  private final boolean digits;
  private final boolean magic;
  private final int passkeyAt;
  private int emitted;
  private boolean passkeyGiven;
  private final Set<String> used = new HashSet<>();

  NeedleScenario(Rng rng, Books books, int tokenBudget) {
    this.books = books;
    this.filler = books == null ? rng.below(2) : rng.weighted(4, 1, 3);
    this.needles = rng.pick(0.0, 0.01, 0.05, 0.25);
    this.valueStyle = rng.below(7);
    this.passkey = rng.chance(0.7);
    this.digits = rng.chance(0.3);
    this.magic = rng.chance(0.3);
    this.passkeyAt = rng.below(Math.max(1, tokenBudget / TOKENS_PER_FILLER_LINE));
  }

  @Override
  public void emit(Rng rng, List<DraftLine> out) {
    boolean now = passkey && emitted++ == passkeyAt;
    if (now) {
      out.add(passkey(rng));
      return;
    }
    if (rng.chance(needles)) {
      DraftLine needle = needle(rng);
      if (needle != null) {
        out.add(needle);
        return;
      }
    }
    switch (filler) {
      case 0 -> out.add(DraftLine.plain(FILLER));
      case 1 -> {
        String[] parts = FILLER.split("(?<=\\.) ");
        out.add(DraftLine.plain(rng.pick(parts) + " " + rng.pick(parts)));
      }
      default -> out.add(DraftLine.plain(books.line(rng)));
    }
  }

  private String value(Rng rng) {
    return switch (valueStyle) {
      case 6 -> rng.number(7);
      case 0, 1 -> rng.number(5);
      case 2 -> rng.number(rng.between(3, 12));
      case 3 -> rng.pick(Words.NOUNS);
      case 4 -> Values.slug(rng);
      default -> rng.number(rng.between(4, 7));
    };
  }

  private DraftLine passkey(Rng rng) {
    passkeyGiven = true;
    if (digits) {
      // the Number task of ∞-Bench: a longer number, its digits often doubled
      String number = rng.chance(0.5) ? rng.number(rng.between(6, 12)) : doubled(rng);
      return new LineBuilder()
          .add("The sequence of digits is ")
          .fact(
              "sequence of digits",
              null,
              "value",
              List.of("value"),
              PASSKEY_QUESTIONS,
              number,
              false)
          .add(". Remember it. ")
          .add(number)
          .add(" is the sequence of digits.")
          .build();
    }
    String value = rng.chance(0.7) ? rng.number(5) : rng.number(rng.between(4, 9));
    return new LineBuilder()
        .add("The pass key is ")
        .fact("pass key", null, "value", List.of("value"), PASSKEY_QUESTIONS, value, false)
        .add(". Remember it. ")
        .add(value)
        .add(" is the pass key.")
        .build();
  }

  private static String doubled(Rng rng) {
    StringBuilder number = new StringBuilder();
    for (int i = rng.between(3, 6); i > 0; i--) {
      String digit = rng.digits(1);
      number.append(digit).append(digit);
    }
    return number.toString();
  }

  @Override
  public List<DraftLine> unsaid(Rng rng) {
    List<DraftLine> lines = new ArrayList<>();
    if (!passkeyGiven) {
      for (int i = 0; i < 3; i++) {
        lines.add(passkey(rng));
      }
    }
    DraftLine other = needle(rng);
    if (other != null) {
      lines.add(other);
    }
    return lines;
  }

  /** A needle as RULER writes it. */
  private DraftLine magic(Rng rng) {
    String key = Values.slug(rng);
    if (!used.add(key)) {
      return null;
    }
    return new LineBuilder()
        .add("One of the special magic numbers for ")
        .add(key)
        .add(" is: ")
        .fact(
            key,
            null,
            "value",
            List.of("value"),
            List.of(
                "What is the special magic number for {k} mentioned in the provided text?",
                "What is the special magic number for {k}? The special magic number for {k} is",
                "special magic number for {k}",
                "the magic number for {k}?"),
            rng.number(7),
            false)
        .add(".")
        .build();
  }

  private DraftLine needle(Rng rng) {
    if (magic) {
      return magic(rng);
    }
    String thing = rng.pick(THINGS);
    String whom =
        switch (rng.below(4)) {
          case 0 -> rng.pick(Words.CITIES);
          case 1 -> Words.capital(rng.pick(Words.NAMES));
          case 2 -> rng.pick(Words.NOUNS);
          default -> Values.slug(rng);
        };
    String key = thing + " for " + whom;
    if (!used.add(key)) {
      return null;
    }
    List<String> questions =
        List.of(
            "What is the {k}?",
            "{k}",
            "What is the {k}? The {k} is",
            "the {k} is",
            "tell me the {k}",
            "what's the {k}",
            "do you remember the {k}?");
    String value = value(rng);
    LineBuilder line = new LineBuilder();
    switch (rng.below(5)) {
      case 0 -> line.add("One of the special things: the ").add(key).add(" is ");
      case 1 -> line.add("Remember this: the ").add(key).add(" is ");
      case 2 -> line.add("By the way, the ").add(key).add(" is ");
      default -> line.add("The ").add(key).add(" is ");
    }
    line.fact(key, null, "value", List.of("value"), questions, value, false);
    line.add(".");
    if (rng.chance(0.4)) {
      line.add(" Remember it. ").add(value).add(" is the ").add(key).add(".");
    }
    return line.build();
  }
}
