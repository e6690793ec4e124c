package io.focusstream.operators.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.operators.config.EngineOptions;
import io.focusstream.operators.config.FocusSettings;
import io.focusstream.operators.testing.FakeEngine;
import io.focusstream.schemas.Answer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random histories of events, questions, completions in any order, failures, checkpoints and
 * crashes. After a crash the input goes on where the checkpoint stood, and answers that came out
 * after it are void, as with an exactly-once sink. Invariants:
 *
 * <ul>
 *   <li>ExactlyOneAnswer: each question has one answer;
 *   <li>SeesItsPrefix: which is what an operator that never stopped, and an engine that answers at
 *       once, would have given;
 *   <li>EachNewChunkOnce: a standing question is asked of each chunk sealed after it, in order, and
 *       says each answer once, under numbers without a gap;
 *   <li>NothingLeft: in the end nothing is open.
 * </ul>
 *
 * <p>{@code -Dfocus.simulation.seeds=N} runs more of them; a failure names its seed.
 */
@Timeout(120)
class FocusOperatorSimulationTest {
  private static final int CHUNK = 16;
  private static final int WINDOW = 32;

  private static final int MOST_STANDING = 4;

  /** One event of up to 104 tokens may seal as many chunks; the operator must not yield here. */
  private static final int MOST_OPENED_AT_ONCE = 9 + MOST_STANDING;

  static List<Integer> seeds() {
    List<Integer> seeds = new ArrayList<>();
    for (int seed = 0; seed < Integer.getInteger("focus.simulation.seeds", 100); seed++) {
      seeds.add(seed);
    }
    return seeds;
  }

  private sealed interface Input {
    record Event(String stream, String line) implements Input {}

    record Question(String id, String stream) implements Input {}

    record Standing(String id, String stream) implements Input {}
  }

  /** The same by the simplest means: text only, nothing in flight. */
  private static final class Model {
    private final List<String> chunks = new ArrayList<>();
    private final List<String> tail = new ArrayList<>();
    private final Map<String, Integer> standing = new TreeMap<>();
    private final Map<String, String> lastText = new HashMap<>();

    void add(String line) {
      tail.add(line + "\n");
      while (String.join("", tail).length() > WINDOW) {
        String chunk = "";
        while (chunk.length() < CHUNK) {
          String oldest = tail.get(0);
          if (chunk.length() + oldest.length() <= CHUNK) {
            chunk += tail.remove(0);
          } else if (oldest.length() > CHUNK) {
            int room = CHUNK - chunk.length();
            chunk += oldest.substring(0, room);
            tail.set(0, oldest.substring(room));
          } else {
            break;
          }
        }
        chunks.add(chunk);
      }
    }

    String answer(String question) {
      StringBuilder text = new StringBuilder();
      chunks.forEach(chunk -> text.append(chunk).append('|'));
      tail.forEach(text::append);
      return text.append('?').append(question).toString().strip();
    }

    boolean isEmpty() {
      return chunks.isEmpty() && tail.isEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void restoredIsAsNeverStopped(int seed) throws Exception {
    Random random = new Random(seed);
    StateBackend backend =
        seed % 12 == 0 ? new EmbeddedRocksDBStateBackend() : new HashMapStateBackend();
    FocusSettings settings =
        SettingsFixture.small(
            config -> {
              config.set(EngineOptions.MAX_ATTEMPTS, 100);
              config.set(EngineOptions.MAX_IN_FLIGHT, MOST_OPENED_AT_ONCE + 1 + random.nextInt(20));
            });
    List<Input> inputs = inputs(random);
    Map<String, String> expected = expected(inputs);

    FakeEngine engine = FakeEngine.manual();
    Map<String, Answer> committed = new TreeMap<>();
    OperatorSubtaskState checkpoint = null;
    int checkpointPosition = 0;
    int position = 0;
    int emitted = 0;
    int checkpoints = 0;
    FocusHarness harness = FocusHarness.start(settings, engine, backend, null, 1, 0);
    try {
      while (position < inputs.size() || harness.gauge(FocusMetrics.QUESTIONS_PENDING) > 0) {
        boolean mayTakeInput =
            position < inputs.size()
                && harness.gauge(FocusMetrics.QUESTIONS_PENDING)
                        + harness.gauge(FocusMetrics.CHUNKS_PENDING)
                    <= settings.maxInFlight() - MOST_OPENED_AT_ONCE;
        int dice = random.nextInt(100);
        if (dice < 55 && mayTakeInput) {
          take(harness, inputs.get(position++));
        } else if (dice < 80 && !engine.open().isEmpty()) {
          FakeEngine.Call<?, ?> call = engine.open().get(random.nextInt(engine.open().size()));
          if (random.nextInt(5) == 0) {
            engine.fail(call, "by chance");
            harness.runMailbox();
            harness.setProcessingTime(harness.getProcessingTime() + 1_000_000);
          } else {
            engine.complete(call);
          }
        } else if (dice < 90) {
          harness.runMailbox();
        } else if (dice < 95) {
          checkpoint = harness.snapshot(++checkpoints, checkpoints);
          checkpointPosition = position;
          emitted = commit(harness, emitted, committed);
        } else if (dice < 98) {
          harness.crash();
          engine.forgetOpenCalls();
          position = checkpointPosition;
          emitted = 0;
          harness = FocusHarness.start(settings, engine, backend, checkpoint, 1, 0);
        }
      }
      harness.completeAll(engine);
      commit(harness, emitted, committed);
      assertEquals(0, harness.gauge(FocusMetrics.CHUNKS_PENDING), "NothingLeft");
      assertEquals(0, harness.gauge(FocusMetrics.IN_FLIGHT), "NothingLeft");
    } finally {
      harness.close();
    }
    assertEquals(expected.keySet(), committed.keySet(), "ExactlyOneAnswer, seed " + seed);
    expected.forEach(
        (id, text) -> assertEquals(text, committed.get(id).text(), "SeesItsPrefix, seed " + seed));
    assertTrue(expected.size() > 5, "the history is worth something");
  }

  private static int commit(FocusHarness harness, int from, Map<String, Answer> committed) {
    List<Answer> answers = harness.answers();
    for (Answer answer : answers.subList(from, answers.size())) {
      Answer twice = committed.put(answer.id() + "/" + answer.update(), answer);
      assertNull(twice, "ExactlyOneAnswer: " + answer.id());
    }
    return answers.size();
  }

  private static void take(FocusHarness harness, Input input) throws Exception {
    if (input instanceof Input.Event event) {
      harness.event(event.stream(), event.line());
    } else if (input instanceof Input.Question question) {
      harness.question(question.id(), question.stream(), "q");
    } else if (input instanceof Input.Standing standing) {
      harness.standing(standing.id(), standing.stream(), "q");
    }
  }

  private static List<Input> inputs(Random random) {
    List<Input> inputs = new ArrayList<>();
    int standing = 0;
    for (int i = 0; i < 120; i++) {
      String stream = "s" + random.nextInt(3);
      if (standing < MOST_STANDING && random.nextInt(20) == 0) {
        standing++;
        inputs.add(new Input.Standing("standing" + i, stream));
      } else if (random.nextInt(4) == 0) {
        inputs.add(new Input.Question("q" + i, stream));
      } else {
        int length = random.nextInt(12) == 0 ? random.nextInt(100) : random.nextInt(14);
        inputs.add(new Input.Event(stream, (i + "x".repeat(length))));
      }
    }
    return inputs;
  }

  private static Map<String, String> expected(List<Input> inputs) {
    Map<String, Model> models = new HashMap<>();
    Map<String, String> expected = new TreeMap<>();
    for (Input input : inputs) {
      if (input instanceof Input.Event event) {
        Model model = models.computeIfAbsent(event.stream(), name -> new Model());
        int before = model.chunks.size();
        model.add(event.line());
        for (String chunk : model.chunks.subList(before, model.chunks.size())) {
          // a long line gives equal chunks, and equal answers are said once
          String text = (chunk + "|?q").strip();
          model.standing.replaceAll(
              (id, updates) -> {
                if (text.equals(model.lastText.put(id, text))) {
                  return updates;
                }
                expected.put(id + "/" + (updates + 1), text);
                return updates + 1;
              });
        }
      } else if (input instanceof Input.Question question) {
        Model model = models.computeIfAbsent(question.stream(), name -> new Model());
        expected.put(question.id() + "/0", model.isEmpty() ? "" : model.answer("q"));
      } else if (input instanceof Input.Standing standing) {
        Model model = models.computeIfAbsent(standing.stream(), name -> new Model());
        expected.put(standing.id() + "/0", model.isEmpty() ? "" : model.answer("q"));
        model.standing.put(standing.id(), 0);
      }
    }
    return expected;
  }
}
