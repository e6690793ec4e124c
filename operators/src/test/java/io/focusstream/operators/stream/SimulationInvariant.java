package io.focusstream.operators.stream;

import io.focusstream.operators.stream.FocusSimulation.Observations;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerStatus;
import io.focusstream.schemas.StreamAnswer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What must hold of every history. */
enum SimulationInvariant {
  /**
   * Each question has one answer, each part of one over many streams comes once; no other comes. A
   * question that is cancelled has one record with its cancellation, or its answer and a refusal.
   * Only a question with a deadline expires.
   */
  EveryQuestionAnsweredOnce {
    @Override
    void check(FocusSimulation simulation, Observations seen, Observations alone) {
      Map<String, Integer> times = new TreeMap<>();
      answered(seen).forEach((name, texts) -> times.put(name, texts.size()));
      Map<String, Integer> once = new TreeMap<>();
      simulation.expected().keySet().forEach(name -> once.put(name, 1));
      for (String id : simulation.cancelled()) {
        once.remove(id + "/0");
        times.remove(id + "/0");
        List<AnswerStatus> said = statuses(seen, id);
        boolean one = said.equals(List.of(AnswerStatus.CANCELLED));
        boolean answerAndRefusal =
            said.size() == 2
                && said.contains(AnswerStatus.REJECTED)
                && said.stream().anyMatch(s -> s != AnswerStatus.REJECTED)
                && !said.contains(AnswerStatus.CANCELLED);
        hold(one || answerAndRefusal, simulation, id + " is cancelled and says " + said);
      }
      for (Map.Entry<String, Answer> entry : seen.answers()) {
        hold(
            entry.getValue().status() != AnswerStatus.EXPIRED
                || simulation.withDeadline().contains(entry.getValue().id()),
            simulation,
            entry.getKey() + " expires without a deadline");
      }
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
      records(seen)
          .forEach(
              (name, answer) -> {
                String text = expected.get(name);
                hold(
                    text == null || text.equals(answer.text()),
                    simulation,
                    name + " is " + answer + "; expected " + text);
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

  /** No subtask has more at the engine than it may, and the engine works on nothing else. */
  InFlightBounded {
    @Override
    void check(FocusSimulation simulation, Observations seen, Observations alone) {
      hold(
          seen.mostInFlight() <= seen.inFlightBound(),
          simulation,
          seen.mostInFlight() + " calls at once; at most " + seen.inFlightBound());
      hold(
          seen.mostUncounted() <= 0,
          simulation,
          "the engine works on " + seen.mostUncounted() + " calls that nobody waits for");
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
   * Every answer is the one that the question alone would have got, evidence and usage included.
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

  private static List<AnswerStatus> statuses(Observations seen, String id) {
    return seen.answers().stream()
        .map(Map.Entry::getValue)
        .filter(answer -> answer.id().equals(id))
        .map(Answer::status)
        .toList();
  }

  /** Whether it says what is in the stream, and not what became of the question. */
  private static boolean isOfTheStream(Answer answer) {
    return switch (answer.status()) {
      case CANCELLED, EXPIRED, REJECTED -> false;
      default -> true;
    };
  }

  private static Map<String, Answer> records(Observations seen) {
    Map<String, Answer> records = new TreeMap<>();
    seen.answers().stream()
        .filter(entry -> isOfTheStream(entry.getValue()))
        .forEach(entry -> records.put(entry.getKey(), entry.getValue()));
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
