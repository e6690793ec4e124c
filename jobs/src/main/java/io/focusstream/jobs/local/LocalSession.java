package io.focusstream.jobs.local;

import io.focusstream.jobs.kafka.Brokers;
import io.focusstream.jobs.kafka.KafkaOptions;
import io.focusstream.jobs.kafka.KafkaSettings;
import io.focusstream.jobs.kafka.ParseEvents;
import io.focusstream.jobs.kafka.QuestionClient;
import io.focusstream.jobs.topology.FocusTopology;
import io.focusstream.jobs.topology.ModelProviders;
import io.focusstream.operators.stream.FocusMetrics;
import io.focusstream.operators.stream.TokenizeEvents;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A local run: broker, Flink, the job, and the follower, in the order in which they need each
 * other. Closing it takes a last savepoint; a session opened in the same directory goes on from
 * there.
 */
public final class LocalSession implements AutoCloseable {
  /** Topic of the followed files' lines. */
  public static final String LINES_TOPIC = "lines";

  private static final Logger LOG = LoggerFactory.getLogger(LocalSession.class);
  private static final Duration BROKER_TIMEOUT = Duration.ofSeconds(20);
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(60);
  private static final Duration STILL = Duration.ofSeconds(20);

  private final DataDir dataDir;
  private final EmbeddedKafka kafka;
  private final LocalCluster cluster;
  private final JobID job;
  private final FollowerService follower;
  private final KafkaSettings kafkaSettings;
  private final Admin admin;
  private final Optional<Path> restored;
  private long stillSinceNanos = System.nanoTime();
  private long lastEvents = -1;
  private boolean closed;

  private LocalSession(
      DataDir dataDir,
      EmbeddedKafka kafka,
      LocalCluster cluster,
      JobID job,
      FollowerService follower,
      KafkaSettings kafkaSettings,
      Admin admin,
      Optional<Path> restored) {
    this.dataDir = dataDir;
    this.kafka = kafka;
    this.cluster = cluster;
    this.job = job;
    this.follower = follower;
    this.kafkaSettings = kafkaSettings;
    this.admin = admin;
    this.restored = restored;
  }

  /**
   * Starts everything; what has been started is stopped again where a later step fails.
   *
   * @param settings what the run is
   * @param model the model
   * @param messages told of each step, a line each
   * @throws LocalException where a step fails; the message says which and what to do
   */
  public static LocalSession start(
      LocalSettings settings, ModelProviders model, Consumer<String> messages) {
    DataDir dataDir = DataDir.open(settings.dataDir());
    List<AutoCloseable> started = new ArrayList<>();
    started.add(dataDir);
    try {
      Configuration configuration =
          LocalCluster.configuration(
              dataDir, settings.webPort(), settings.parallelism(), settings.configuration());
      dataDir.emptied("tmp");
      messages.accept("Starting Kafka and Flink …");
      long begin = System.nanoTime();
      CompletableFuture<EmbeddedKafka> startingKafka =
          CompletableFuture.supplyAsync(
              () -> EmbeddedKafka.start(dataDir.child("kafka"), settings.kafkaPort()));
      CompletableFuture<LocalCluster> startingCluster =
          CompletableFuture.supplyAsync(() -> LocalCluster.start(configuration));
      EmbeddedKafka kafka = null;
      LocalCluster cluster = null;
      try {
        kafka = startingKafka.join();
        started.add(kafka);
      } finally {
        // Also where the broker failed: a cluster that did start has to be stopped.
        cluster = startingCluster.handle((value, error) -> value).join();
        if (cluster != null) {
          started.add(cluster);
        }
      }
      startingCluster.join();
      messages.accept(
          "Kafka on "
              + kafka.bootstrapServers()
              + ", Flink on "
              + cluster.webAddress()
              + " ("
              + seconds(begin)
              + ")");

      KafkaSettings kafkaSettings = kafkaSettings(settings, kafka.bootstrapServers());
      Properties client = kafkaSettings.clientProperties();
      Brokers.createTopics(client, kafkaSettings.allTopics(), 1, BROKER_TIMEOUT);
      Admin admin = Admin.create(client);
      started.add(admin);

      StreamExecutionEnvironment environment =
          StreamExecutionEnvironment.getExecutionEnvironment(configuration);
      FocusTopology.buildOnKafka(environment, configuration, kafkaSettings, model);
      Optional<Path> restored = LocalCluster.newestCheckpoint(dataDir);
      JobID job = cluster.submit(environment, restored);
      messages.accept(
          restored
              .map(path -> "Job resumes from " + dataDir.root().relativize(path))
              .orElse("Job starts afresh"));

      FollowerService follower = new FollowerService(client, LINES_TOPIC, settings.files());
      started.add(follower);
      for (FollowedFile file : settings.files()) {
        messages.accept("Following " + file.path() + " as stream '" + file.stream() + "'");
      }
      dataDir.publishEndpoint(
          new DataDir.Endpoint(
              kafka.bootstrapServers(),
              kafkaSettings.queriesTopic(),
              kafkaSettings.answersTopic()));
      return new LocalSession(
          dataDir, kafka, cluster, job, follower, kafkaSettings, admin, restored);
    } catch (RuntimeException e) {
      closeAll(started);
      if (e instanceof CompletionException && e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  /** The checkpoint or savepoint that the job began with; empty where it began afresh. */
  public Optional<Path> restored() {
    return restored;
  }

  /** The broker's address. */
  public String bootstrapServers() {
    return kafka.bootstrapServers();
  }

  /** A client that asks this session's job. */
  public QuestionClient newQuestionClient() {
    return new QuestionClient(
        kafkaSettings.clientProperties(),
        kafkaSettings.queriesTopic(),
        kafkaSettings.answersTopic(),
        BROKER_TIMEOUT,
        System::currentTimeMillis);
  }

  /**
   * How far the job is.
   *
   * @throws LocalException where the job has failed for good or the follower has stopped
   */
  public Progress progress() {
    JobStatus status = cluster.status(job);
    if (status.isGloballyTerminalState()) {
      throw new LocalException(
          "the job has ended ("
              + status
              + ")"
              + cluster.failure(job).map(reason -> ": " + reason).orElse("")
              + ". See "
              + dataDir.root().resolve("logs")
              + (restored.isPresent()
                  ? ". It began with "
                      + restored.get()
                      + "; if that doesn't fit these topics and options, start as before, or afresh"
                      + " with another --data-dir."
                  : "."));
    }
    long events = metric(FocusMetrics.EVENTS);
    if (events != lastEvents) {
      lastEvents = events;
      stillSinceNanos = System.nanoTime();
    }
    // Before the counters are read, so that they tell of no earlier moment than this.
    boolean running = status == JobStatus.RUNNING && operatorHas(FocusMetrics.EVENTS);
    // what costs least first: mostly there is still something to do
    boolean caughtUp =
        running
            && metric(FocusMetrics.CHUNKS_PENDING) == 0
            && follower.isAtEnd()
            && isTopicRead()
            && parsedEvents() == metric(FocusMetrics.EVENTS)
            && metric(FocusMetrics.CHUNKS_PENDING) == 0;
    return new Progress(
        running,
        follower.lines(),
        metric(FocusMetrics.EVENTS),
        metric(FocusMetrics.TOKENS),
        metric(FocusMetrics.CHUNKS_SEALED),
        metric(FocusMetrics.CHUNKS_CONDENSED),
        metric(FocusMetrics.CHUNKS_PENDING),
        caughtUp);
  }

  /** Why the job restarts, where it does so instead of running; empty where it runs. */
  public Optional<String> trouble() {
    return cluster.status(job) == JobStatus.RUNNING ? Optional.empty() : cluster.failure(job);
  }

  /** Stops the follower, then the job with a last savepoint, then Flink and Kafka; idempotent. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    dataDir.withdrawEndpoint();
    follower.close();
    Optional<Path> savepoint = cluster.stop(job, dataDir, STOP_TIMEOUT);
    savepoint.ifPresentOrElse(
        path -> LOG.info("Stopped with savepoint {}", path),
        () -> LOG.warn("Stopped without a savepoint; the last checkpoint stands"));
    closeAll(List.of(dataDir, kafka, cluster, admin));
  }

  private static void closeAll(List<AutoCloseable> resources) {
    for (int i = resources.size() - 1; i >= 0; i--) {
      try {
        resources.get(i).close();
      } catch (Exception e) {
        LOG.warn("Closing failed", e);
      }
    }
  }

  private static KafkaSettings kafkaSettings(LocalSettings settings, String bootstrapServers) {
    Configuration c = new Configuration(settings.configuration());
    List<String> rawTopics = new ArrayList<>(List.of(LINES_TOPIC));
    rawTopics.addAll(settings.rawTopics());
    c.set(KafkaOptions.BOOTSTRAP_SERVERS, bootstrapServers);
    c.set(KafkaOptions.RAW_TOPICS, rawTopics);
    c.set(KafkaOptions.JSON_TOPICS, settings.jsonTopics());
    return KafkaSettings.of(c);
  }

  /** Whether the job has read the last record of each event topic. */
  private boolean isTopicRead() {
    List<String> topics = new ArrayList<>(kafkaSettings.rawTopics());
    topics.addAll(kafkaSettings.jsonTopics());
    for (String topic : topics) {
      boolean read =
          MetricTap.max(ParseEvents.nextOffsetMetric(topic, 0)).orElse(0) >= endOffset(topic);
      // Others may write in transactions, whose last offset is a marker that nobody reads.
      boolean still =
          !topic.equals(LINES_TOPIC) && System.nanoTime() - stillSinceNanos > STILL.toNanos();
      if (!read && !still) {
        return false;
      }
    }
    return true;
  }

  private long endOffset(String topic) {
    TopicPartition partition = new TopicPartition(topic, 0);
    ListOffsetsResult result = admin.listOffsets(Map.of(partition, OffsetSpec.latest()));
    return KafkaFutures.get(result.partitionResult(partition), BROKER_TIMEOUT).offset();
  }

  /** Events on their way to the keyed operator or there. */
  private static long parsedEvents() {
    double sum = 0;
    for (String input : List.of("raw", "json")) {
      sum += MetricTap.sum(ParseEvents.METRIC, FocusTopology.parserName(input)).orElse(0);
      sum -=
          MetricTap.sum(TokenizeEvents.TOO_LONG_METRIC, FocusTopology.tokenizerName(input))
              .orElse(0);
    }
    return (long) sum;
  }

  private static boolean operatorHas(String metric) {
    return MetricTap.sum(metric, FocusTopology.OPERATOR).isPresent();
  }

  private static long metric(String name) {
    return (long) MetricTap.sum(name, FocusTopology.OPERATOR).orElse(0);
  }

  private static String seconds(long beginNanos) {
    return String.format("%.1f s", (System.nanoTime() - beginNanos) / 1e9);
  }
}
