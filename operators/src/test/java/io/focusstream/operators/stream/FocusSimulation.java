package io.focusstream.operators.stream;

import io.focusstream.operators.config.AskOptions;
import io.focusstream.operators.config.Consistency;
import io.focusstream.operators.config.EngineOptions;
import io.focusstream.operators.config.FocusSettings;
import io.focusstream.operators.state.Asking;
import io.focusstream.operators.testing.FakeEngine;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.QueryMode;
import io.focusstream.schemas.SourcePosition;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.util.function.ThrowingRunnable;

/**
 * A random history, a function of its seed alone: events and questions of several streams, some
 * with deadlines, some cancelled; an engine that completes in any order and fails; an operator that
 * takes no input while too much is open; checkpoints, crashes, restores on 1, 2 or 4 subtasks; in
 * every third history event time, with disorder and watermarks. After a crash the input goes on
 * where the checkpoint stood, and what came out after the checkpoint is void, as with an
 * exactly-once sink.
 *
 * <p>{@link #run()} gives what was seen, {@link #alone()} what an operator sees that never stops,
 * has one subtask and an engine that answers at once; {@link SimulationInvariant} compares.
 */
final class FocusSimulation {
  private static final int CHUNK = 16;
  private static final int WINDOW = 32;
  private static final int STREAMS = 5;
  private static final int DISORDER = 40;
  private static final int MOST_STANDING = 3;
  private static final long DEADLINE_MILLIS = 150_000;

  private final int seed;
  private final Random random;
  private final boolean eventTime;
  private final FocusSettings settings;
  private final boolean inPortions;
  private final StateBackend backend;
  private final List<Input> inputs;

  /** Something that arrives; {@code time} counts where the history is one of event time. */
  sealed interface Input {
    long time();

    record Event(String stream, String line, long time, int offset) implements Input {}

    record Question(String id, String stream, long time, long deadlineMillis) implements Input {}

    /** Comes after the question that it is for. */
    record Cancel(String id, String stream, long time) implements Input {}

    record Many(String id, long time, int offset) implements Input {}

    record Standing(String id, String stream, long time) implements Input {}
  }

  /**
   * What a history showed.
   *
   * @param answers what was committed, in order: {@code id/update} and the record without timings
   * @param parts parts of answers over many streams
   * @param events events that each stream counts in the end
   * @param wholes what each stream answers in the end: all of it
   * @param texts each stream's events in the order in which they had to be read
   * @param mostInFlight most work that a subtask counted at the engine at once
   * @param inFlightBound what that may be
   * @param mostUncounted most calls that were open at the engine beyond those that were counted
   * @param checkpoints of each checkpoint, the calls that were open before and after it
   */
  record Observations(
      List<Map.Entry<String, Answer>> answers,
      List<AnswerPart> parts,
      Map<String, Long> events,
      Map<String, String> wholes,
      Map<String, String> texts,
      int mostInFlight,
      int inFlightBound,
      int mostUncounted,
      List<int[]> checkpoints,
      int crashes,
      int rescales) {}

  FocusSimulation(int seed) {
    this.seed = seed;
    this.random = new Random(seed);
    this.eventTime = seed % 3 == 2;
    this.backend = seed % 16 == 0 ? new EmbeddedRocksDBStateBackend() : new HashMapStateBackend();
    this.inPortions = seed % 2 == 0;
    int mostInFlight = 1 + random.nextInt(12);
    this.settings =
        SettingsFixture.small(
            config -> {
              config.set(EngineOptions.MAX_ATTEMPTS, 100);
              config.set(EngineOptions.MAX_IN_FLIGHT, mostInFlight);
              if (inPortions) {
                // two chunks' states at a time, or one's
                config.set(EngineOptions.PORTION, new MemorySize(1 + seed % 150));
              }
              config.set(
                  AskOptions.CONSISTENCY, eventTime ? Consistency.EVENT_TIME : Consistency.ARRIVAL);
            });
    this.inputs = inputs();
  }

  /** Streams have letters of their own: text that went to another one would be seen. */
  private static String line(int stream, int number, int length) {
    char letter = (char) ('A' + stream);
    return number + ("" + letter).repeat(length + 1);
  }

  private List<Input> inputs() {
    List<Input> made = new ArrayList<>();
    List<Input.Question> asked = new ArrayList<>();
    int standing = 0;
    for (int i = 0; i < 130; i++) {
      int number = random.nextInt(STREAMS);
      String stream = "s" + number;
      long time = 1000 + 10L * i - random.nextInt(DISORDER);
      int dice = random.nextInt(60);
      if (dice < 2 && standing < MOST_STANDING) {
        standing++;
        made.add(new Input.Standing("standing" + i, stream, time));
      } else if (dice < 12) {
        Input.Question question =
            new Input.Question("q" + i, stream, time, random.nextInt(4) == 0 ? DEADLINE_MILLIS : 0);
        asked.add(question);
        made.add(question);
      } else if (dice < 15) {
        made.add(new Input.Many("many" + i, time, i));
      } else if (dice < 18 && !asked.isEmpty()) {
        // one of the newest: it may be open still
        int newest = Math.max(0, asked.size() - 3);
        Input.Question question = asked.remove(newest + random.nextInt(asked.size() - newest));
        made.add(new Input.Cancel(question.id(), question.stream(), time));
      } else {
        int length = random.nextInt(12) == 0 ? random.nextInt(100) : random.nextInt(14);
        made.add(new Input.Event(stream, line(number, i, length), time, i));
      }
    }
    return made;
  }

  int seed() {
    return seed;
  }

  List<Input> all() {
    return inputs;
  }

  /** The inputs in the order in which questions must see events. */
  private List<Input> inOrder() {
    if (!eventTime) {
      return inputs;
    }
    List<Input> sorted = new ArrayList<>(inputs);
    sorted.sort(
        Comparator.comparingLong(Input::time)
            .thenComparing(input -> input instanceof Input.Event ? 0 : 1));
    return sorted;
  }

  Map<String, String> texts() {
    Map<String, String> texts = new TreeMap<>();
    for (Input input : inOrder()) {
      if (input instanceof Input.Event event) {
        texts.merge(event.stream(), event.line() + "\n", String::concat);
      }
    }
    return texts;
  }

  /** The subtasks of the operator at one time. */
  private final class Cluster {
    final List<FocusHarness> subtasks = new ArrayList<>();
    final FakeEngine engine;

    Cluster(FakeEngine engine, int parallelism, OperatorSubtaskState state, int before)
        throws Exception {
      this.engine = engine;
      for (int i = 0; i < parallelism; i++) {
        OperatorSubtaskState own =
            state == null
                ? null
                : AbstractStreamOperatorTestHarness.repartitionOperatorState(
                    state, FocusHarness.MAX_PARALLELISM, before, parallelism, i);
        subtasks.add(FocusHarness.start(settings, engine, backend, own, parallelism, i));
      }
    }

    FocusHarness of(String key) {
      return subtasks.get(
          KeyGroupRangeAssignment.assignKeyToParallelOperator(
              key, FocusHarness.MAX_PARALLELISM, subtasks.size()));
    }

    /**
     * @param step what happens while a subtask takes no input
     */
    void take(Input input, ThrowingRunnable<Exception> step) throws Exception {
      within(subtasks, step, () -> take(input));
    }

    private void take(Input input) throws Exception {
      if (input instanceof Input.Event event) {
        of(event.stream()).event(event.stream(), event.line(), event.time(), event.offset());
      } else if (input instanceof Input.Question question) {
        of(question.stream())
            .query(
                question.id(),
                question.stream(),
                "q",
                QueryMode.ASK,
                question.deadlineMillis(),
                question.time());
      } else if (input instanceof Input.Cancel cancel) {
        of(cancel.stream())
            .query(cancel.id(), cancel.stream(), "", QueryMode.CANCEL, 0, cancel.time());
      } else if (input instanceof Input.Standing standing) {
        of(standing.stream())
            .query(standing.id(), standing.stream(), "q", QueryMode.STANDING, 0, standing.time());
      } else if (input instanceof Input.Many many) {
        many(many.id(), many.time(), many.offset());
      }
    }

    private void many(String id, long time, int offset) throws Exception {
      SourcePosition position = new SourcePosition("queries", 0, offset);
      for (String key : KeyGroupKeys.of(FocusHarness.MAX_PARALLELISM)) {
        of(key)
            .query(
                new TokenizedQuestion(
                    id,
                    key,
                    new int[] {'q'},
                    32,
                    QueryMode.ASK,
                    0,
                    time,
                    position,
                    new Asking(AnswerPart.group(id, position), "s", false)));
      }
    }

    void watermark(long time, ThrowingRunnable<Exception> step) throws Exception {
      for (FocusHarness subtask : subtasks) {
        subtask.stepping(step, () -> subtask.watermark(time));
      }
    }

    private void within(
        List<FocusHarness> some, ThrowingRunnable<Exception> step, ThrowingRunnable<Exception> run)
        throws Exception {
      if (some.isEmpty()) {
        run.run();
      } else {
        some.get(0).stepping(step, () -> within(some.subList(1, some.size()), step, run));
      }
    }

    /**
     * Time passes; where states are read in portions, what the engine wants is done first: another
     * subtask that waits would else be the delay of all its reading.
     */
    void passTime(long millis) throws Exception {
      for (FocusHarness subtask : inPortions ? subtasks : List.<FocusHarness>of()) {
        subtask.runMailbox();
      }
      for (FocusHarness subtask : subtasks) {
        subtask.setProcessingTime(subtask.getProcessingTime() + millis);
      }
    }

    int pending() {
      int pending = 0;
      for (FocusHarness subtask : subtasks) {
        pending +=
            subtask.gauge(FocusMetrics.QUESTIONS_PENDING)
                + subtask.gauge(FocusMetrics.CHUNKS_PENDING);
      }
      return pending;
    }

    private IntStream inFlight() {
      return subtasks.stream().mapToInt(s -> s.gauge(FocusMetrics.IN_FLIGHT));
    }

    int mostInFlight() {
      return inFlight().max().orElse(0);
    }

    /** Calls that the engine works on and no subtask counts. */
    int uncounted() {
      return engine.open().size() - inFlight().sum();
    }

    OperatorSubtaskState snapshot(int number) throws Exception {
      OperatorSubtaskState[] states = new OperatorSubtaskState[subtasks.size()];
      for (int i = 0; i < states.length; i++) {
        states[i] = subtasks.get(i).snapshot(number, number);
      }
      return AbstractStreamOperatorTestHarness.repackageState(states);
    }

    void completeAll() throws Exception {
      for (int round = 0; round < 10_000; round++) {
        engine.open().forEach(engine::complete);
        for (FocusHarness subtask : subtasks) {
          subtask.runMailbox();
        }
        if (engine.open().isEmpty()) {
          // what failed is tried again
          passTime(1_000_000);
          if (engine.open().isEmpty() && pending() == 0) {
            return;
          }
        }
      }
      throw new AssertionError("work is left that nobody does");
    }

    void crash() throws Exception {
      for (FocusHarness subtask : subtasks) {
        subtask.crash();
      }
    }
  }

  /** What came out and is committed, and what would be with the next checkpoint. */
  private static final class Sink {
    final List<Map.Entry<String, Answer>> answers = new ArrayList<>();
    final List<AnswerPart> parts = new ArrayList<>();
    private final Map<FocusHarness, int[]> taken = new HashMap<>();

    void commit(Cluster cluster) {
      for (FocusHarness subtask : cluster.subtasks) {
        int[] from = taken.computeIfAbsent(subtask, s -> new int[2]);
        List<Answer> out = subtask.answers();
        for (Answer answer : out.subList(from[0], out.size())) {
          answers.add(Map.entry(answer.id() + "/" + answer.update(), bare(answer)));
        }
        List<AnswerPart> more = subtask.parts();
        for (AnswerPart part : more.subList(from[1], more.size())) {
          parts.add(
              part.answer() == null
                  ? part
                  : AnswerPart.answered(part.group(), bare(part.answer())));
        }
        from[0] = out.size();
        from[1] = more.size();
      }
    }

    private static Answer bare(Answer answer) {
      return new Answer(
          answer.id(),
          answer.update(),
          answer.stream(),
          answer.status(),
          answer.text(),
          answer.error(),
          answer.evidence(),
          answer.usage(),
          io.focusstream.schemas.Timings.NONE,
          answer.confidence(),
          answer.modelFingerprint());
    }
  }

  private long watermarkAfter(int position) {
    long newest = Long.MIN_VALUE / 2;
    for (Input input : inputs.subList(0, position)) {
      newest = Math.max(newest, input.time());
    }
    return newest - DISORDER - 10;
  }

  /** A history as it runs: the subtasks, and what is seen of them. */
  private final class Run {
    final FakeEngine engine = FakeEngine.manual();
    final Sink sink = new Sink();
    final List<int[]> checkpoints = new ArrayList<>();
    Cluster cluster;
    int crashes;
    int rescales;
    int mostInFlight;
    int mostUncounted;

    void observe() {
      mostInFlight = Math.max(mostInFlight, cluster.mostInFlight());
      mostUncounted = Math.max(mostUncounted, cluster.uncounted());
    }

    /** One call completes or fails. */
    void completeOne() {
      FakeEngine.Call<?, ?> call = engine.open().get(random.nextInt(engine.open().size()));
      if (random.nextInt(6) == 0) {
        engine.fail(call, "by chance");
      } else {
        engine.complete(call);
      }
    }

    /** What happens while a subtask waits until it has less to do. */
    void stepOfAWaitingTask() throws Exception {
      observe();
      if (engine.open().isEmpty() || random.nextInt(8) == 0) {
        cluster.passTime(100_000);
      } else {
        completeOne();
      }
    }
  }

  /** The history as the seed has it. */
  Observations run() throws Exception {
    Run run = new Run();
    FakeEngine engine = run.engine;
    if (random.nextInt(3) == 0) {
      // lines are read first, and never settle it: each question is asked twice
      engine.readsFirst('1', false);
    }
    OperatorSubtaskState state = null;
    int parallelism = 1 << random.nextInt(3);
    int stateParallelism = parallelism;
    int statePosition = 0;
    int position = 0;
    run.cluster = new Cluster(engine, parallelism, null, parallelism);
    try {
      while (position < inputs.size()) {
        Cluster cluster = run.cluster;
        int dice = random.nextInt(100);
        if (dice < 40) {
          cluster.take(inputs.get(position++), run::stepOfAWaitingTask);
        } else if (dice < 55 && eventTime) {
          cluster.watermark(watermarkAfter(position), run::stepOfAWaitingTask);
        } else if (dice < 80 && !engine.open().isEmpty()) {
          run.completeOne();
        } else if (dice < 88) {
          cluster.subtasks.get(random.nextInt(cluster.subtasks.size())).runMailbox();
        } else if (dice < 92) {
          cluster.passTime(100_000);
        } else if (dice < 96) {
          int before = engine.open().size();
          state = cluster.snapshot(run.checkpoints.size() + 1);
          run.checkpoints.add(new int[] {before, engine.open().size()});
          stateParallelism = cluster.subtasks.size();
          statePosition = position;
          run.sink.commit(cluster);
        } else if (dice < 98) {
          run.crashes++;
          cluster.crash();
          parallelism = state == null ? parallelism : 1 << random.nextInt(3);
          run.rescales += parallelism != stateParallelism ? 1 : 0;
          position = statePosition;
          run.cluster = new Cluster(engine, parallelism, state, stateParallelism);
        }
        run.observe();
      }
      return end(run, run::stepOfAWaitingTask);
    } finally {
      run.cluster.crash();
    }
  }

  /** The same inputs, one subtask, in the order that counts, each done before the next. */
  Observations alone() throws Exception {
    Run run = new Run();
    run.cluster = new Cluster(run.engine, 1, null, 1);
    ThrowingRunnable<Exception> step = () -> run.engine.open().forEach(run.engine::complete);
    try {
      for (Input input : inOrder()) {
        run.cluster.take(input, step);
        if (eventTime) {
          run.cluster.watermark(input.time() - 1, step);
        }
        run.cluster.completeAll();
        run.observe();
      }
      return end(run, step);
    } finally {
      run.cluster.crash();
    }
  }

  private Observations end(Run run, ThrowingRunnable<Exception> step) throws Exception {
    Cluster cluster = run.cluster;
    if (eventTime) {
      cluster.watermark(1_000_000, step);
    }
    cluster.completeAll();
    run.sink.commit(cluster);
    Map<String, Long> events = new TreeMap<>();
    Map<String, String> wholes = new TreeMap<>();
    Map<String, String> texts = texts();
    for (String stream : texts.keySet()) {
      FocusHarness home = cluster.of(stream);
      int before = home.answers().size();
      home.query("describe", stream, "", QueryMode.DESCRIBE, 0, 0);
      String first = home.answers().get(before).text().split("\n")[0];
      events.put(stream, Long.parseLong(first.substring("events: ".length())));
      home.query("whole", stream, "q", QueryMode.ASK, 0, 0);
      cluster.completeAll();
      wholes.put(stream, home.answers().get(before + 1).text());
    }
    return new Observations(
        run.sink.answers,
        run.sink.parts,
        events,
        wholes,
        texts,
        run.mostInFlight,
        settings.maxInFlight(),
        run.mostUncounted,
        run.checkpoints,
        run.crashes,
        run.rescales);
  }

  /**
   * What a stream holds, cut into chunks as the operator must cut it, by the simplest means: text
   * only.
   */
  static final class Model {
    private final List<String> chunks = new ArrayList<>();
    private final List<String> tail = new ArrayList<>();

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

    String answer() {
      StringBuilder text = new StringBuilder();
      chunks.forEach(chunk -> text.append(chunk).append('|'));
      tail.forEach(text::append);
      return text.append("?q").toString().strip();
    }
  }

  /** Questions that have a deadline. */
  Set<String> withDeadline() {
    Set<String> ids = new TreeSet<>();
    for (Input input : inputs) {
      if (input instanceof Input.Question question && question.deadlineMillis() > 0) {
        ids.add(question.id());
      }
    }
    return ids;
  }

  /** Questions that are cancelled, where that comes in time. */
  Set<String> cancelled() {
    Set<String> ids = new TreeSet<>();
    for (Input input : inputs) {
      if (input instanceof Input.Cancel cancel) {
        ids.add(cancel.id());
      }
    }
    return ids;
  }

  /** By {@code id/update}, or {@code group/stream}, the text that each answer must have. */
  Map<String, String> expected() {
    Map<String, Model> models = new TreeMap<>();
    Map<String, Map<String, Integer>> standing = new HashMap<>();
    Map<String, String> said = new HashMap<>();
    Map<String, String> expected = new TreeMap<>();
    for (Input input : inOrder()) {
      if (input instanceof Input.Event event) {
        Model model = models.computeIfAbsent(event.stream(), name -> new Model());
        int before = model.chunks.size();
        model.add(event.line());
        for (String chunk : model.chunks.subList(before, model.chunks.size())) {
          // a long line gives equal chunks, and equal answers are said once
          String text = (chunk + "|?q").strip();
          standing
              .getOrDefault(event.stream(), Map.of())
              .forEach(
                  (id, updates) -> {
                    if (!text.equals(said.put(id, text))) {
                      expected.put(id + "/" + (updates + 1), text);
                      standing.get(event.stream()).put(id, updates + 1);
                    }
                  });
        }
      } else if (input instanceof Input.Question question) {
        expected.put(question.id() + "/0", answer(models.get(question.stream())));
      } else if (input instanceof Input.Standing register) {
        expected.put(register.id() + "/0", answer(models.get(register.stream())));
        standing.computeIfAbsent(register.stream(), name -> new TreeMap<>()).put(register.id(), 0);
      } else if (input instanceof Input.Many many) {
        models.forEach(
            (stream, model) -> expected.put(many.id() + " in " + stream, model.answer()));
      }
    }
    return expected;
  }

  private static String answer(Model model) {
    return model == null ? "" : model.answer();
  }
}
