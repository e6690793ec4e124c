package io.focusstream.operators.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.operators.config.EngineOptions;
import io.focusstream.operators.config.FocusSettings;
import io.focusstream.operators.testing.CharTokenizer;
import io.focusstream.operators.testing.FakeEngine;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.Event;
import io.focusstream.schemas.Query;
import io.focusstream.schemas.SourcePosition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.jobmaster.JobResult;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.util.ExceptionUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The three operators in real tasks: bounded input, RocksDB, checkpoints, two subtasks, no Kryo.
 */
@Timeout(120)
class FocusJobITCase {
  private static final int STREAMS = 5;
  private static final int EVENTS = 2_000;
  private static final int QUESTIONS = 200;
  private static final Queue<Answer> ANSWERS = new ConcurrentLinkedQueue<>();

  @Test
  void boundedInputIsDrainedAndEachQuestionAnsweredOnce() throws Exception {
    ANSWERS.clear();
    FakeEngine engine = FakeEngine.automatic();
    JobResult result = run(engine);
    assertTrue(result.isSuccess(), () -> String.valueOf(result.getSerializedThrowable()));
    TreeSet<String> ids = new TreeSet<>();
    ANSWERS.forEach(answer -> assertTrue(ids.add(answer.id()), answer.id() + " came twice"));
    assertEquals(QUESTIONS, ids.size());
    assertEquals(0, engine.leases());
    assertTrue(engine.mostOpen() <= 2 * 8, "two subtasks of 8 each; saw " + engine.mostOpen());
    assertTrue(engine.condensedTimes().values().stream().allMatch(times -> times == 1));
    assertTrue(engine.condensed().size() > 100);
  }

  /** In a job: the task fails, comes back with what the checkpoint has, and nothing is missing. */
  @Test
  void aLostDeviceFailsTheTaskOverAndNoQuestionIsLost() throws Exception {
    ANSWERS.clear();
    FakeEngine engine = FakeEngine.automatic().losesItsDeviceAfter(60);
    JobResult result = run(engine, "fixed-delay");
    assertTrue(result.isSuccess(), () -> String.valueOf(result.getSerializedThrowable()));
    TreeSet<String> ids = new TreeSet<>();
    ANSWERS.forEach(answer -> ids.add(answer.id()));
    assertEquals(QUESTIONS, ids.size());
    // after the restart the operator took the engine anew, both subtasks
    assertEquals(4, engine.leasesEver());
    assertEquals(0, engine.leases());
    // and without a restart the job ends with the reason
    JobResult failed = run(FakeEngine.automatic().losesItsDeviceAfter(60), "none");
    assertFalse(failed.isSuccess());
    String reason = ExceptionUtils.stringifyException(failed.getSerializedThrowable().get());
    assertTrue(reason.contains("the device is gone"), reason);
  }

  private static Configuration configuration() {
    Configuration config = new Configuration();
    config.set(StateBackendOptions.STATE_BACKEND, "rocksdb");
    config.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMillis(50));
    config.set(PipelineOptions.GENERIC_TYPES, false);
    config.set(RestOptions.BIND_ADDRESS, "127.0.0.1");
    config.set(RestOptions.BIND_PORT, "0"); // any free one: a job may be running beside the tests
    config.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MemorySize.ofMebiBytes(64));
    return config;
  }

  private static MiniClusterConfiguration cluster(Configuration config) {
    return new MiniClusterConfiguration.Builder()
        .setConfiguration(config)
        .setNumTaskManagers(1)
        .setNumSlotsPerTaskManager(2)
        .build();
  }

  private static JobResult run(FakeEngine engine) throws Exception {
    return run(engine, "none");
  }

  @SuppressWarnings("try") // the cluster's close may throw InterruptedException
  private static JobResult run(FakeEngine engine, String restarts) throws Exception {
    Configuration config = configuration();
    config.set(RestartStrategyOptions.RESTART_STRATEGY, restarts);
    config.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_ATTEMPTS, 3);
    config.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_DELAY, Duration.ofMillis(10));
    FocusSettings settings =
        SettingsFixture.small(change -> change.set(EngineOptions.MAX_IN_FLIGHT, 8));
    JobGraph job = jobGraph(config, settings, engine);
    try (MiniCluster mini = new MiniCluster(cluster(config))) {
      mini.start();
      mini.submitJob(job).get(60, TimeUnit.SECONDS);
      return mini.requestJobResult(job.getJobID()).get(100, TimeUnit.SECONDS);
    }
  }

  private static JobGraph jobGraph(
      Configuration config, FocusSettings settings, FakeEngine engine) {
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(config);
    env.setParallelism(2);
    List<Event> events = new ArrayList<>();
    for (int i = 0; i < EVENTS; i++) {
      events.add(new Event("s" + i % STREAMS, "event " + i, i, new SourcePosition("events", 0, i)));
    }
    List<Query> queries = new ArrayList<>();
    for (int i = 0; i < QUESTIONS; i++) {
      queries.add(
          Query.ask("q" + i, "s" + i % STREAMS, "q", null, i, new SourcePosition("queries", 0, i)));
    }
    SingleOutputStreamOperator<TokenizedEvent> tokenized =
        env.fromData(StreamTypes.EVENT, events.toArray(Event[]::new))
            .process(new TokenizeEvents(settings, CharTokenizer.PROVIDER));
    SingleOutputStreamOperator<TokenizedQuestion> questions =
        env.fromData(StreamTypes.QUERY, queries.toArray(Query[]::new))
            .process(new PrepareQuestions(settings, CharTokenizer.PROVIDER));
    tokenized
        .connect(questions)
        .keyBy(TokenizedEvent::stream, TokenizedQuestion::stream, Types.STRING)
        .transform(
            "focus",
            StreamTypes.ANSWER,
            new FocusOperatorFactory(settings, engine.provider(), CharTokenizer.PROVIDER))
        .uid("focus")
        .map(new Collect())
        .returns(StreamTypes.ANSWER)
        .sinkTo(new DiscardingSink<>());
    return env.getStreamGraph().getJobGraph();
  }

  /** Keeps answers for the test. */
  private static final class Collect implements MapFunction<Answer, Answer> {
    private static final long serialVersionUID = 1L;

    @Override
    public Answer map(Answer answer) {
      ANSWERS.add(answer);
      return answer;
    }
  }
}
