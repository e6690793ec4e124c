package io.focusstream.operators.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.operators.stream.FocusSimulation.Observations;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerStatus;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random histories, each held against all invariants. {@code -Dfocus.simulation.seeds=N} plays N of
 * them ({@code -Psoak}: 1,000), {@code -Dfocus.simulation.seed=S} the one that a failure names.
 */
@Timeout(120)
class FocusOperatorSimulationTest {
  private static int histories;
  private static int crashes;
  private static int rescales;
  private static int checkpointsWithOpenCalls;
  private static int full;
  private static int cancelled;
  private static int expired;

  static List<Integer> seeds() {
    Integer one = Integer.getInteger("focus.simulation.seed");
    if (one != null) {
      return List.of(one);
    }
    List<Integer> seeds = new ArrayList<>();
    for (int seed = 0; seed < Integer.getInteger("focus.simulation.seeds", 100); seed++) {
      seeds.add(seed);
    }
    return seeds;
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void allInvariantsHold(int seed) throws Exception {
    FocusSimulation simulation = new FocusSimulation(seed);
    Observations seen = simulation.run();
    Observations alone = simulation.alone();
    for (SimulationInvariant invariant : SimulationInvariant.values()) {
      invariant.check(simulation, seen, alone);
    }
    assertTrue(seen.answers().size() > 5, "the history is worth something");
    histories++;
    crashes += seen.crashes();
    rescales += seen.rescales();
    full += seen.mostInFlight() == seen.inFlightBound() ? 1 : 0;
    cancelled += count(seen, AnswerStatus.CANCELLED);
    expired += count(seen, AnswerStatus.EXPIRED);
    checkpointsWithOpenCalls += seen.checkpoints().stream().filter(c -> c[0] > 0).count();
  }

  private static int count(Observations seen, AnswerStatus status) {
    return (int) seen.answers().stream().filter(e -> e.getValue().status() == status).count();
  }

  /** A simulation in which nothing happens proves nothing. */
  @AfterAll
  static void muchHasHappened() {
    if (histories >= 100) {
      assertTrue(crashes > histories, crashes + " crashes");
      assertTrue(rescales > histories / 4, rescales + " restores on other numbers of subtasks");
      assertTrue(full > histories / 2, full + " histories in which the engine had all it may");
      assertTrue(cancelled > histories / 2, cancelled + " questions cancelled in time");
      assertTrue(expired > histories / 4, expired + " questions expired");
      assertTrue(
          checkpointsWithOpenCalls > histories,
          checkpointsWithOpenCalls + " checkpoints with calls open");
    }
  }

  /** Each invariant fails where what it is about is broken. */
  @ParameterizedTest
  @EnumSource
  void anInvariantCanFail(SimulationInvariant invariant) throws Exception {
    FocusSimulation simulation = new FocusSimulation(5);
    Observations alone = simulation.alone();
    Observations broken = broken(invariant, alone);
    Set<SimulationInvariant> failed = EnumSet.noneOf(SimulationInvariant.class);
    for (SimulationInvariant each : SimulationInvariant.values()) {
      each.check(simulation, alone, alone);
      try {
        each.check(simulation, broken, alone);
      } catch (AssertionError e) {
        assertTrue(e.getMessage().startsWith(each + " does not hold"), e.getMessage());
        failed.add(each);
      }
    }
    assertTrue(failed.contains(invariant), invariant + " holds of what breaks it");
    Set<SimulationInvariant> also =
        switch (invariant) {
          // another text is another record than alone; a stranger's letters are a wrong text too
          case AnswerSeesAllBeforeIt -> EnumSet.of(SimulationInvariant.BatchedEqualsAlone);
          case NoStreamSeesAnother ->
              EnumSet.of(
                  SimulationInvariant.BatchedEqualsAlone,
                  SimulationInvariant.AnswerSeesAllBeforeIt);
          default -> Set.of();
        };
    failed.remove(invariant);
    failed.removeAll(also);
    assertEquals(Set.of(), failed, "others that failed");
  }

  private static Observations broken(SimulationInvariant invariant, Observations o) {
    List<Map.Entry<String, Answer>> answers = new ArrayList<>(o.answers());
    Map<String, Long> events = new TreeMap<>(o.events());
    Map<String, String> wholes = new TreeMap<>(o.wholes());
    List<int[]> checkpoints = new ArrayList<>(o.checkpoints());
    int mostUncounted = o.mostUncounted();
    int at = 0;
    while (answers.get(at).getValue().status() != AnswerStatus.OK) {
      at++;
    }
    Answer good = answers.get(at).getValue();
    String name = answers.get(at).getKey();
    switch (invariant) {
      case EveryQuestionAnsweredOnce -> answers.add(answers.get(at));
      case NoEventLost -> events.replaceAll((stream, count) -> count - 1);
      case ChunksPartitionTheStream -> wholes.replaceAll((stream, text) -> text.substring(1));
      case AnswerSeesAllBeforeIt -> answers.set(at, Map.entry(name, with(good, "?q", 0.75)));
      case NoStreamSeesAnother ->
          answers.set(at, Map.entry(name, with(good, good.text() + "ABCDE", 0.75)));
      case InFlightBounded -> mostUncounted = 1;
      case CheckpointNeverWaitsForEngine -> checkpoints.add(new int[] {3, 2});
      case BatchedEqualsAlone -> answers.set(at, Map.entry(name, with(good, good.text(), 0.5)));
    }
    return new Observations(
        answers,
        o.parts(),
        events,
        wholes,
        o.texts(),
        o.mostInFlight(),
        o.inFlightBound(),
        mostUncounted,
        checkpoints,
        o.crashes(),
        o.rescales());
  }

  private static Answer with(Answer answer, String text, double confidence) {
    return new Answer(
        answer.id(),
        answer.update(),
        answer.stream(),
        answer.status(),
        text,
        answer.error(),
        answer.evidence(),
        answer.usage(),
        answer.timings(),
        confidence,
        answer.modelFingerprint());
  }

  @Test
  void aFailureNamesItsInvariantAndItsSeed() {
    AssertionError error =
        assertThrows(
            AssertionError.class,
            () -> SimulationInvariant.NoEventLost.hold(false, new FocusSimulation(17), "why"));
    assertEquals(
        "NoEventLost does not hold, -Dfocus.simulation.seed=17 plays it again: why",
        error.getMessage());
  }
}
