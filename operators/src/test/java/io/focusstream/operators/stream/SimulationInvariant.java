package io.focusstream.operators.stream;

import io.focusstream.operators.stream.FocusSimulation.Observations;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.StreamAnswer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What must hold of every history. */
enum SimulationInvariant {
  /**
   * Each question has one answer, each part of one over many streams comes once; no other comes.
   */
  EveryQuestionAnsweredOnce {
    @Override
    void check(FocusSimulation simulation, Observations seen, Observations alone) {
      Map<String, Integer> times = new TreeMap<>();
      answered(seen).forEach((name, texts) -> times.put(name, texts.size()));
      Map<String, Integer> once = new TreeMap<>();
      simulation.expected().keySet().forEach(name -> once.put(name, 1));
      hold(once.equals(times), simulation, "answers " + difference(once, times));
      Map<String, Integer> numbers = new HashMap<>();
      for (AnswerPart part : seen.parts()) {
        if (part.answer() == null) {
          numbers.merge(part.group(), 1, Integer::sum);
        }
      }
      numbers.forEach(
          (group, count) ->
              hold(
                  count == FocusHarness.MAX_PARALLELISM,
                  simulation,
                  count + " key groups said how many streams answer " + group));
    }
  },

  /** Each stream counts as many events as were sent to it. */
  NoEventLost {
    @Override
    void check(FocusSimulation simulation, Observations seen, Observations alone) {
      Map<String, Long> sent = new TreeMap<>();
      for (FocusSimulation.Input input : simulation.all()) {
        if (input instanceof FocusSimulation.Input.Event event) {
          sent.merge(event.stream(), 1L, Long::sum);
        }
      }
      hold(sent.equals(seen.events()), simulation, "events " + difference(sent, seen.events()));
    }
  },

  /** Sealed chunks and tail, one after the other, are the stream. */
  ChunksPartitionTheStream {
    @Override
    void check(FocusSimulation simulation, Observations seen, Observations alone) {
      seen.texts()
          .forEach(
              (stream, text) ->
                  hold(
                      text.equals(
                          seen.wholes().get(stream).replace("|", "").replaceAll("\\?q$", "")),
                      simulation,
                      stream + " is " + text + ", its chunks " + seen.wholes().get(stream)));
    }
  },

  /** Each answer is over all events that it must see, cut where they must be, and no others. */
  AnswerSeesAllBeforeIt {
    @Override
    void check(FocusSimulation simulation, Observations seen, Observations alone) {
      Map<String, String> expected = simulation.expected();
      answered(seen)
          .forEach(
              (name, texts) -> {
                String text = expected.get(name);
                hold(
                    text == null || texts.stream().allMatch(text::equals),
                    simulation,
                    name + " is " + texts + "; expected " + text);
              });
    }
  },

  /** No answer holds a letter of another stream, and no evidence does. */
  NoStreamSeesAnother {
    @Override
    void check(FocusSimulation simulation, Observations seen, Observations alone) {
      for (Map.Entry<String, Answer> entry : seen.answers()) {
        own(simulation, entry.getValue());
      }
      for (AnswerPart part : seen.parts()) {
        if (part.answer() != null) {
          own(simulation, part.answer());
        }
      }
    }

    private void own(FocusSimulation simulation, Answer answer) {
      char letter = (char) ('A' + answer.stream().charAt(1) - '0');
      StringBuilder text = new StringBuilder(answer.text());
      answer.evidence().forEach(place -> place.lines().forEach(text::append));
      hold(
          text.chars().allMatch(c -> !Character.isUpperCase(c) || c == letter),
          simulation,
          answer.id() + " of " + answer.stream() + " says " + text);
    }
  },

  /** No subtask has more at the engine than it may. */
  InFlightBounded {
    @Override
    void check(FocusSimulation simulation, Observations seen, Observations alone) {
      hold(
          seen.mostInFlight() <= seen.inFlightBound(),
          simulation,
          seen.mostInFlight() + " calls at once; at most " + seen.inFlightBound());
    }
  },

  /** A checkpoint completes while calls are open, and none of them has to complete for it. */
  CheckpointNeverWaitsForEngine {
    @Override
    void check(FocusSimulation simulation, Observations seen, Observations alone) {
      for (int[] calls : seen.checkpoints()) {
        hold(
            calls[0] == calls[1],
            simulation,
            calls[0] + " calls before a checkpoint, " + calls[1] + " after it");
      }
    }
  },

  /**
   * Every record is the one that the question alone would have got, evidence and usage included.
   */
  BatchedEqualsAlone {
    @Override
    void check(FocusSimulation simulation, Observations seen, Observations alone) {
      Map<String, Answer> expected = records(alone);
      records(seen)
          .forEach(
              (name, answer) ->
                  hold(
                      !expected.containsKey(name) || answer.equals(expected.get(name)),
                      simulation,
                      name + " is " + answer + "; alone " + expected.get(name)));
    }
  };

  /**
   * Compares what was seen with what had to be.
   *
   * @throws AssertionError that names the invariant and the seed
   */
  abstract void check(FocusSimulation simulation, Observations seen, Observations alone);

  final void hold(boolean holds, FocusSimulation simulation, String why) {
    if (!holds) {
      throw new AssertionError(
          this
              + " does not hold, -Dfocus.simulation.seed="
              + simulation.seed()
              + " plays it again: "
              + why);
    }
  }

  private static Map<String, List<String>> answered(Observations seen) {
    Map<String, List<String>> texts = new TreeMap<>();
    for (Map.Entry<String, Answer> entry : seen.answers()) {
      texts
          .computeIfAbsent(entry.getKey(), name -> new java.util.ArrayList<>())
          .add(entry.getValue().text());
    }
    for (AnswerPart part : seen.parts()) {
      if (part.answer() != null) {
        texts
            .computeIfAbsent(name(part), name -> new java.util.ArrayList<>())
            .add(part.answer().text());
      }
    }
    return texts;
  }

  private static Map<String, Answer> records(Observations seen) {
    Map<String, Answer> records = new TreeMap<>();
    seen.answers().forEach(entry -> records.put(entry.getKey(), entry.getValue()));
    for (AnswerPart part : seen.parts()) {
      if (part.answer() != null) {
        records.put(name(part), part.answer());
      }
    }
    return records;
  }

  private static String name(AnswerPart part) {
    return part.answer().id() + " in " + StreamAnswer.of(part.answer()).stream();
  }

  private static String difference(Map<String, ?> expected, Map<String, ?> found) {
    Map<String, String> different = new TreeMap<>();
    expected.forEach(
        (name, value) -> {
          if (!value.equals(found.get(name))) {
            different.put(name, "expected " + value + ", found " + found.get(name));
          }
        });
    found.forEach(
        (name, value) -> {
          if (!expected.containsKey(name)) {
            different.put(name, "found " + value + ", not expected");
          }
        });
    return different.toString();
  }
}
