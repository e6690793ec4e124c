package io.focusstream.operators.stream;

import io.focusstream.operators.config.FocusSettings;
import io.focusstream.operators.testing.CharTokenizer;
import io.focusstream.operators.testing.FakeEngine;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.QueryMode;
import io.focusstream.schemas.SourcePosition;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.Metric;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.clusterframework.types.ResourceID;
import org.apache.flink.runtime.executiongraph.ExecutionAttemptID;
import org.apache.flink.runtime.externalresource.ExternalResourceInfoProvider;
import org.apache.flink.runtime.metrics.groups.TaskManagerMetricGroup;
import org.apache.flink.runtime.metrics.util.TestingMetricRegistry;
import org.apache.flink.runtime.operators.testutils.MockEnvironment;
import org.apache.flink.runtime.operators.testutils.MockEnvironmentBuilder;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.apache.flink.streaming.api.operators.BoundedMultiInput;
import org.apache.flink.streaming.api.operators.TwoInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.tasks.mailbox.Mail;
import org.apache.flink.streaming.runtime.tasks.mailbox.TaskMailbox;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.util.function.ThrowingRunnable;

/**
 * The keyed operator with a mailbox that the test steps by hand. The test's thread is the mailbox
 * thread.
 */
final class FocusHarness extends AbstractStreamOperatorTestHarness<Answer> {
  static final int MAX_PARALLELISM = 16;

  private final Map<String, Metric> metrics;
  private final MockEnvironment environment;
  private long nextOffset;
  private boolean ended;

  private FocusHarness(
      FocusOperatorFactory factory, MockEnvironment environment, Map<String, Metric> metrics)
      throws Exception {
    super(factory, environment);
    this.environment = environment;
    this.metrics = metrics;
    KeySelector<TokenizedEvent, String> eventKey = TokenizedEvent::stream;
    KeySelector<TokenizedQuestion, String> questionKey = TokenizedQuestion::stream;
    config.setStatePartitioner(0, eventKey);
    config.setStatePartitioner(1, questionKey);
    config.setStateKeySerializer(
        Types.STRING.createSerializer(executionConfig.getSerializerConfig()));
    config.setupNetworkInputs(
        StreamTypes.TOKENIZED_EVENT.createSerializer(executionConfig.getSerializerConfig()),
        StreamTypes.TOKENIZED_QUESTION.createSerializer(executionConfig.getSerializerConfig()));
    config.serializeAllConfigs();
  }

  /** One subtask on the heap, without state. */
  static FocusHarness start(FocusSettings settings, FakeEngine engine) throws Exception {
    return start(settings, engine, new HashMapStateBackend(), null, 1, 0);
  }

  /** A subtask, opened with a state or, where that is null, without. */
  static FocusHarness start(
      FocusSettings settings,
      FakeEngine engine,
      StateBackend backend,
      OperatorSubtaskState state,
      int parallelism,
      int subtask)
      throws Exception {
    return start(
        new FocusOperatorFactory(settings, engine.provider(), CharTokenizer.PROVIDER),
        backend,
        state,
        parallelism,
        subtask);
  }

  /** A subtask without state, of a task manager with external resources. */
  static FocusHarness start(
      FocusSettings settings, FakeEngine engine, ExternalResourceInfoProvider resources)
      throws Exception {
    return start(
        new FocusOperatorFactory(settings, engine.provider(), CharTokenizer.PROVIDER),
        new HashMapStateBackend(),
        null,
        1,
        0,
        resources);
  }

  /** A subtask made by a factory. */
  static FocusHarness start(
      FocusOperatorFactory factory,
      StateBackend backend,
      OperatorSubtaskState state,
      int parallelism,
      int subtask)
      throws Exception {
    return start(
        factory,
        backend,
        state,
        parallelism,
        subtask,
        ExternalResourceInfoProvider.NO_EXTERNAL_RESOURCES);
  }

  private static FocusHarness start(
      FocusOperatorFactory factory,
      StateBackend backend,
      OperatorSubtaskState state,
      int parallelism,
      int subtask,
      ExternalResourceInfoProvider resources)
      throws Exception {
    Map<String, Metric> metrics = new ConcurrentHashMap<>();
    TestingMetricRegistry registry =
        TestingMetricRegistry.builder()
            .setRegisterConsumer((metric, name, group) -> metrics.put(name, metric))
            .build();
    MockEnvironment environment =
        new MockEnvironmentBuilder()
            .setTaskName("focus")
            .setManagedMemorySize(32L << 20)
            .setMaxParallelism(MAX_PARALLELISM)
            .setParallelism(parallelism)
            .setSubtaskIndex(subtask)
            .setExternalResourceInfoProvider(resources)
            .setMetricGroup(
                TaskManagerMetricGroup.createTaskManagerMetricGroup(
                        registry, "localhost", ResourceID.generate())
                    .addJob(new JobID(), "job")
                    .addTask(ExecutionAttemptID.randomId(), "focus"))
            .build();
    FocusHarness harness = new FocusHarness(factory, environment, metrics);
    harness.setStateBackend(backend);
    harness.setup(
        StreamTypes.ANSWER.createSerializer(harness.executionConfig.getSerializerConfig()));
    if (state == null) {
      harness.initializeEmptyState();
    } else {
      harness.initializeState(state);
    }
    try {
      harness.open();
    } catch (Exception e) {
      harness.crash();
      throw e;
    }
    return harness;
  }

  @SuppressWarnings("unchecked")
  private TwoInputStreamOperator<TokenizedEvent, TokenizedQuestion, Answer> twoInput() {
    return (TwoInputStreamOperator<TokenizedEvent, TokenizedQuestion, Answer>) operator;
  }

  /**
   * An event of one line; the line end is added. Each has the next offset, and its time is that.
   */
  void event(String stream, String line) throws Exception {
    event(stream, line, nextOffset, nextOffset++);
  }

  /** An event of one line at a time and an offset. */
  void event(String stream, String line, long timestampMillis, long offset) throws Exception {
    SourcePosition position = new SourcePosition("events", 0, offset);
    event(new TokenizedEvent(stream, (line + "\n").chars().toArray(), timestampMillis, position));
  }

  /** Any event as it arrives. */
  void event(TokenizedEvent event) throws Exception {
    StreamRecord<TokenizedEvent> record = new StreamRecord<>(event);
    twoInput().setKeyContextElement1(record);
    twoInput().processElement1(record);
  }

  /** A question. */
  void question(String id, String stream, String text) throws Exception {
    question(id, stream, text, 0);
  }

  /** A question at a time, which is its offset too. */
  void question(String id, String stream, String text, long askedAtMillis) throws Exception {
    query(id, stream, text, QueryMode.ASK, 0, askedAtMillis);
  }

  /** A standing question. */
  void standing(String id, String stream, String text) throws Exception {
    query(id, stream, text, QueryMode.STANDING, 0, 0);
  }

  /** No further answers to a question. */
  void cancel(String id, String stream) throws Exception {
    query(id, stream, "", QueryMode.CANCEL, 0, 0);
  }

  /** Any query. */
  void query(
      String id,
      String stream,
      String text,
      QueryMode mode,
      long deadlineMillis,
      long askedAtMillis)
      throws Exception {
    query(
        new TokenizedQuestion(
            id,
            stream,
            text.chars().toArray(),
            32,
            mode,
            deadlineMillis,
            askedAtMillis,
            new SourcePosition("queries", 0, askedAtMillis)));
  }

  /** Any query as it arrives. */
  void query(TokenizedQuestion question) throws Exception {
    StreamRecord<TokenizedQuestion> record = new StreamRecord<>(question);
    twoInput().setKeyContextElement2(record);
    twoInput().processElement2(record);
  }

  /** The watermark of both inputs. */
  void watermark(long timestampMillis) throws Exception {
    twoInput().processWatermark1(new Watermark(timestampMillis));
    twoInput().processWatermark2(new Watermark(timestampMillis));
  }

  /** Runs all mails that are there. */
  void runMailbox() throws Exception {
    for (Optional<Mail> mail = getTaskMailbox().tryTake(0);
        mail.isPresent();
        mail = getTaskMailbox().tryTake(0)) {
      mail.get().run();
    }
  }

  /**
   * Runs an action during which the operator may yield until it has less to do: a step is taken
   * each time that it has nothing else to run then.
   */
  void stepping(ThrowingRunnable<Exception> step, ThrowingRunnable<Exception> action)
      throws Exception {
    AtomicBoolean within = new AtomicBoolean(true);
    offer(step, within);
    try {
      action.run();
    } finally {
      within.set(false);
    }
  }

  private void offer(ThrowingRunnable<Exception> step, AtomicBoolean within) {
    getTaskMailbox()
        .put(
            new Mail(
                () -> {
                  if (within.get()) {
                    step.run();
                    offer(step, within);
                  }
                },
                TaskMailbox.MIN_PRIORITY,
                "a step while the operator yields"));
  }

  /** Completes everything that the engine has, again and again, until there is nothing left. */
  void completeAll(FakeEngine engine) throws Exception {
    while (!engine.open().isEmpty() || getTaskMailbox().hasMail()) {
      engine.open().forEach(engine::complete);
      runMailbox();
    }
  }

  /** Both inputs end. */
  void endInputs() throws Exception {
    ((BoundedMultiInput) operator).endInput(1);
    ((BoundedMultiInput) operator).endInput(2);
  }

  /** Answers so far. */
  List<Answer> answers() {
    return extractOutputValues();
  }

  /** Parts of answers over several streams so far. */
  List<AnswerPart> parts() {
    Queue<StreamRecord<AnswerPart>> parts = getSideOutput(FocusOperatorFactory.PARTS);
    return parts == null ? List.of() : parts.stream().map(StreamRecord::getValue).toList();
  }

  /** A counter's count. */
  long count(String metric) {
    return ((Counter) metrics.get(metric)).getCount();
  }

  /** A gauge's value. */
  int gauge(String metric) {
    return (Integer) ((Gauge<?>) metrics.get(metric)).getValue();
  }

  /** What a histogram holds, in its order. */
  List<Long> histogram(String metric) {
    return Arrays.stream(((Histogram) metrics.get(metric)).getStatistics().getValues())
        .boxed()
        .toList();
  }

  /** Any gauge's value. */
  Object value(String metric) {
    return ((Gauge<?>) metrics.get(metric)).getValue();
  }

  /** All metrics of the operator by name. */
  Map<String, Metric> metrics() {
    return metrics;
  }

  /** All input has ended and is drained: the task finishes. */
  void finish() throws Exception {
    operator.finish();
  }

  /** Ends without draining, as a failure does. */
  void crash() throws Exception {
    if (!ended) {
      ended = true;
      processingTimeService.shutdownService();
      operator.close();
      environment.close();
      getTaskMailbox().close();
    }
  }

  /** As {@link #crash()}: a test that fails must not wait for an engine that nobody completes. */
  @Override
  public void close() {
    try {
      crash();
    } catch (Exception e) {
      throw new IllegalStateException("the operator could not be closed", e);
    }
  }
}
