package io.focusstream.jobs.training.data;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Lines of random keys and random values, many of whose keys look alike. */
final class KeyValueScenario implements Scenario {
  private static final List<String> TEMPLATES =
      List.of(
          "{k}",
          "{k}",
          "{k}",
          "What is {k}?",
          "value of {k}",
          "{k} is",
          "{k} =",
          "{k}:",
          "{k} :",
          "what does {k} map to",
          "What is the value of {k}?",
          "find {k}",
          "look up {k}",
          "{k}?",
          "What is the value for key {k}?",
          "give me {k}",
          "tell me the value of {k}",
          "Extract the value for {k}");
  private final int keyStyle;
  private final int valueStyle;
  private final int layout;
  private final int keyWords;
  private final int valueWords;
  private final double alike;
  private final String separator;
  private final String joiner;
  private final List<String> keys = new ArrayList<>();
  private final Set<String> used = new HashSet<>();

  KeyValueScenario(Rng rng) {
    keyStyle = rng.below(10);
    valueStyle = rng.below(11);
    layout = rng.below(14);
    keyWords = rng.between(1, 4);
    valueWords = rng.between(1, 4);
    alike = rng.pick(0.0, 0.3, 0.4, 0.5);
    separator = rng.pick(" : ", ": ", " = ", "=", " -> ", " is ", "\t", " | ", " => ", ", ");
    joiner = rng.pick(" ", " ", "-", "_", ".");
  }

  private String atom(Rng rng, int style, int words) {
    StringBuilder out = new StringBuilder();
    switch (style) {
      case 0:
        return rng.number(rng.between(3, 8));
      case 1:
        return rng.hex(rng.pick(6, 8, 10));
      case 2:
        return Values.uuid(rng);
      case 3:
        return rng.letters(rng.between(4, 7));
      case 4:
        return rng.chars("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 3) + rng.digits(rng.between(2, 4));
      case 5:
        for (int i = 0; i < Math.max(2, words); i++) {
          out.append(i == 0 ? "" : " ").append(rng.letters(1));
        }
        return out.toString();
      case 6:
        for (int i = 0; i < Math.max(2, words); i++) {
          out.append(i == 0 ? "" : joiner).append(rng.digits(2));
        }
        return out.toString();
      case 7:
        for (int i = 0; i < Math.max(2, words); i++) {
          out.append(i == 0 ? "" : joiner).append(rng.pick(Words.NOUNS));
        }
        return out.toString();
      case 8:
        return Words.invented(rng) + (rng.chance(0.5) ? joiner + Words.invented(rng) : "");
      case 9:
        return Values.slug(rng) + (words > 2 ? "-" + rng.number(2) : "");
      default:
        return rng.pick(Words.NOUNS);
    }
  }

  private String key(Rng rng) {
    String key = null;
    for (int tries = 0; tries < 20; tries++) {
      if (!keys.isEmpty() && rng.chance(alike)) {
        String old = keys.get(rng.below(keys.size()));
        if ((keyStyle == 7 || keyStyle == 9) && rng.chance(0.7)) {
          String[] parts = old.split("(?<=[ _.-])|(?=[ _.-])");
          parts[2 * rng.below((parts.length + 1) / 2)] =
              keyStyle == 9 && rng.chance(0.5) ? rng.pick(Words.ADJECTIVES) : rng.pick(Words.NOUNS);
          key = String.join("", parts);
        } else {
          key = Values.lookAlike(rng, old);
        }
      } else {
        key = atom(rng, keyStyle, keyWords);
      }
      if (used.add(key)) {
        keys.add(key);
        return key;
      }
    }
    return key;
  }

  @Override
  public void emit(Rng rng, List<DraftLine> out) {
    String key = key(rng);
    String value = atom(rng, valueStyle, valueWords);
    LineBuilder line = new LineBuilder();
    switch (layout) {
      case 0 -> line.add("key ").add(key).add(" is ");
      case 1 -> line.add("\"").add(key).add("\": \"");
      case 2 -> line.add("{\"key\": \"").add(key).add("\", \"value\": \"");
      case 3 -> line.add("The value of ").add(key).add(" is ");
      case 4 -> line.add("set ").add(key).add(" ");
      case 5 -> line.add("- ").add(key).add(separator);
      case 6 -> line.add("line ").add(key).add(": REGISTER_CONTENT is <");
      case 7 -> line.add("put(").add(key).add(", ");
      default -> line.add(key).add(separator);
    }
    line.fact(key, "key", "value", List.of("value"), TEMPLATES, value, false);
    switch (layout) {
      case 1 -> line.add("\",");
      case 2 -> line.add("\"}");
      case 3 -> line.add(".");
      case 6 -> line.add(">");
      case 7 -> line.add(")");
      default -> line.add("");
    }
    out.add(line.build());
  }
}
