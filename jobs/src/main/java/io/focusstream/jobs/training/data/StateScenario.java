package io.focusstream.jobs.training.data;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A few things whose state is set again and again: the last one counts. */
final class StateScenario implements Scenario {
  private static final List<String> STATE = List.of("state", "status");
  private static final List<String> OWN =
      List.of(
          "What is the state of {k}?",
          "What is {k} now?",
          "In which state is {k}?",
          "state of {k}",
          "what state is {k} in",
          "{k} is now",
          "current state of {k}",
          "status of {k}");
  private static final List<String> OWN_VALUE =
      List.of(
          "What is {k} now?",
          "current {k}",
          "What is the current value of {k}?",
          "latest {k}",
          "{k} now",
          "last value of {k}",
          "what is {k} set to",
          "What was {k} last set to?",
          "{k}");
  private final LogHeader header;
  private final boolean withHeader;
  private final List<String> things = new ArrayList<>();
  private final Map<String, String> state = new HashMap<>();
  private final String kind;
  private final int form;
  private final boolean upper;
  private final boolean values;
  private final Field field;
  private final double noise;

  StateScenario(Rng rng) {
    header = new LogHeader(rng);
    withHeader = rng.chance(0.7);
    Anchors anchors = new Anchors(rng);
    kind = anchors.kind();
    for (int i = rng.logBetween(2, 40); i > 0; i--) {
      things.add(anchors.next(rng));
    }
    form = rng.below(12);
    upper = rng.chance(0.4);
    values = rng.chance(0.4);
    field = rng.pick(Field.all());
    noise = rng.pick(0.0, 0.2, 0.5);
  }

  private String value(Rng rng) {
    if (values) {
      return field.maker().apply(rng);
    }
    String word = rng.pick(Words.STATES);
    return upper ? word.toUpperCase(java.util.Locale.ROOT) : word;
  }

  @Override
  public void emit(Rng rng, List<DraftLine> out) {
    LineBuilder line = new LineBuilder();
    if (withHeader) {
      header.write(line, rng, null, null, List.of());
    }
    if (rng.chance(noise)) {
      line.add(ProseTemplates.noise(rng));
      if (withHeader) {
        header.end(line);
      }
      out.add(line.build());
      return;
    }
    String thing = rng.pick(things);
    String before = state.get(thing);
    String value = value(rng);
    for (int tries = 0; value.equals(before) && tries < 5; tries++) {
      value = value(rng);
    }
    if (value.equals(before)) {
      return;
    }
    state.put(thing, value);
    String what = values ? field.spoken().get(0) : rng.pick(STATE);
    switch (form) {
      case 0 ->
          line.add(thing).add(" changed from ").add(before == null ? "none" : before).add(" to ");
      case 1 -> line.add(what).add(" of ").add(thing).add(" is now ");
      case 2 ->
          line.add(kind)
              .add(" ")
              .add(thing)
              .add(": ")
              .add(before == null ? "-" : before)
              .add(" -> ");
      case 3 -> line.add("set ").add(thing).add(" ").add(what).add(" to ");
      case 4 -> line.add(thing).add(" is ");
      case 5 -> line.add(kind).add("=").add(thing).add(" ").add(what).add("=");
      case 6 ->
          line.add("{\"").add(kind).add("\":\"").add(thing).add("\",\"").add(what).add("\":\"");
      case 8 ->
          line.add("[")
              .add(thing)
              .add("] Transitioning from ")
              .add(before == null ? "NONE" : before)
              .add(" to ");
      case 9 ->
          line.add(Words.capital(rng.pick(Words.NOUNS)))
              .add(" (")
              .add(thing)
              .add(") switched from ")
              .add(before == null ? "NEW" : before)
              .add(" to ");
      case 10 ->
          line.add("The ")
              .add(what)
              .add(" of ")
              .add(kind)
              .add(" ")
              .add(thing)
              .add(" has been set to ");
      case 7 -> line.add(thing).add(" ").add(what).add(" ");
      default ->
          line.add("Transition of ")
              .add(thing)
              .add(" from ")
              .add(before == null ? "unknown" : before)
              .add(" to ");
    }
    line.fact(
        thing,
        kind,
        values ? field.name() : "status",
        values ? field.spoken() : STATE,
        values ? List.of() : OWN,
        value,
        true);
    if (form == 6) {
      line.add("\"}");
    } else if (form >= 8 && form <= 10) {
      line.add(".");
    }
    if (withHeader) {
      header.end(line);
    }
    out.add(line.build());
  }

  /** Assignments of plain names again and again. */
  static Scenario assignments(Rng rng) {
    List<String> names = new ArrayList<>();
    for (int i = rng.between(2, 12); i > 0; i--) {
      String name =
          rng.chance(0.5)
              ? Words.any(rng) + rng.digits(rng.below(3))
              : rng.letters(rng.between(3, 6));
      if (!names.contains(name)) {
        names.add(name);
      }
    }
    String separator = rng.pick(" = ", "=", ": ", " := ", " is ", " <- ");
    int style = rng.below(3);
    return (random, out) -> {
      String name = random.pick(names);
      String value =
          switch (style) {
            case 0 -> random.number(random.between(1, 5));
            case 1 -> random.pick(Words.NOUNS);
            default -> random.letters(4);
          };
      out.add(
          new LineBuilder()
              .add(name)
              .add(separator)
              .fact(name, null, "setting", List.of("value"), OWN_VALUE, value, true)
              .build());
    };
  }
}
