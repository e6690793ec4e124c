package io.focusstream.jobs.local;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts the lines of followed files on a topic of one partition, on a thread of its own. Each
 * record's headers say which file it is of and how far that has been read, so that a restart goes
 * on after the last record on the topic: no line is lost or doubled, however the process ended.
 */
public final class FollowerService implements AutoCloseable {
  /** Record header: absolute path of the followed file. */
  public static final String FILE_HEADER = "focus.file";

  private static final Logger LOG = LoggerFactory.getLogger(FollowerService.class);
  private static final Duration SETTLE = Duration.ofSeconds(2);
  private static final long IDLE_NANOS = Duration.ofMillis(50).toNanos();
  private static final int POLLS_A_ROUND = 16;
  private static final long FIRST_LOOK_BACK = 1_000;

  private final String topic;
  private final KafkaProducer<byte[], byte[]> producer;
  private final List<FileFollower> followers = new ArrayList<>();
  private final Thread thread;
  private final AtomicLong lines = new AtomicLong();
  private volatile boolean atEnd;
  private volatile boolean running = true;
  private volatile Exception failure;

  /**
   * Finds where each file was left and begins to follow.
   *
   * @param client properties of a Kafka client, {@code bootstrap.servers} among them
   * @param topic the topic, which exists and has one partition
   * @param files what to follow
   */
  public FollowerService(Properties client, String topic, List<FollowedFile> files) {
    this.topic = topic;
    Map<String, FilePosition> positions = lastPositions(client, topic, files);
    Properties producing = new Properties();
    producing.putAll(client);
    producing.setProperty(ProducerConfig.ACKS_CONFIG, "all");
    producing.setProperty(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true");
    producing.setProperty(ProducerConfig.LINGER_MS_CONFIG, "5");
    producing.setProperty(
        ProducerConfig.MAX_BLOCK_MS_CONFIG, Long.toString(Duration.ofMinutes(10).toMillis()));
    this.producer =
        new KafkaProducer<>(producing, new ByteArraySerializer(), new ByteArraySerializer());
    for (FollowedFile file : files) {
      byte[] key = file.stream().getBytes(StandardCharsets.UTF_8);
      byte[] path = file.path().toString().getBytes(StandardCharsets.UTF_8);
      followers.add(
          new FileFollower(
              file.path(),
              positions.get(file.path().toString()),
              SETTLE,
              System::nanoTime,
              (line, position) -> send(key, path, line, position)));
    }
    this.thread = new Thread(this::run, "focus-follower");
    this.thread.setDaemon(true);
    this.thread.start();
  }

  /** Whether all files are read to their ends and all of it is on the topic. */
  public boolean isAtEnd() {
    throwFailure();
    return atEnd;
  }

  /** Lines put on the topic by this run. */
  public long lines() {
    return lines.get();
  }

  /** Stops reading and waits until what was read is on the topic. */
  @Override
  public void close() {
    running = false;
    LockSupport.unpark(thread);
    try {
      thread.join(Duration.ofSeconds(30).toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    producer.close(Duration.ofSeconds(10));
    for (FileFollower follower : followers) {
      try {
        follower.close();
      } catch (IOException e) {
        LOG.debug("Closing {} failed", follower.path(), e);
      }
    }
  }

  private void run() {
    try {
      while (running) {
        boolean progress = false;
        for (FileFollower follower : followers) {
          for (int i = 0; i < POLLS_A_ROUND && follower.poll(); i++) {
            progress = true;
            atEnd = false;
          }
          progress |= follower.hasPartialLine();
        }
        if (!progress) {
          producer.flush();
          atEnd = failure == null;
        }
        if (!progress || !anyGrowing()) {
          LockSupport.parkNanos(IDLE_NANOS);
        }
      }
      producer.flush();
    } catch (IOException | RuntimeException e) {
      failure = e;
      atEnd = false;
      LOG.error("Following files has stopped", e);
    }
  }

  /** Whether some file has more than a last line that hasn't settled. */
  private boolean anyGrowing() {
    return followers.stream().anyMatch(follower -> !follower.hasPartialLine());
  }

  private void send(byte[] key, byte[] path, byte[] line, FilePosition position) {
    throwFailure();
    ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic, 0, key, line);
    record.headers().add(FILE_HEADER, path);
    record.headers().add(FilePosition.HEADER, position.encode());
    producer.send(
        record,
        (metadata, exception) -> {
          if (exception != null) {
            failure = exception;
          }
        });
    lines.incrementAndGet();
  }

  private void throwFailure() {
    Exception e = failure;
    if (e != null) {
      throw new LocalException("following files has stopped: " + LocalCluster.rootMessage(e), e);
    }
  }

  /** The last position of each file on the topic: looks back further until all are found. */
  static Map<String, FilePosition> lastPositions(
      Properties client, String topic, List<FollowedFile> files) {
    Properties consuming = new Properties();
    consuming.putAll(client);
    consuming.setProperty(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
    consuming.setProperty(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    Set<String> wanted = new HashSet<>();
    files.forEach(file -> wanted.add(file.path().toString()));
    Map<String, FilePosition> found = new HashMap<>();
    TopicPartition partition = new TopicPartition(topic, 0);
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(consuming, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.assign(List.of(partition));
      long begin = consumer.beginningOffsets(List.of(partition)).get(partition);
      long before = consumer.endOffsets(List.of(partition)).get(partition);
      long lookBack = FIRST_LOOK_BACK;
      while (before > begin && !found.keySet().containsAll(wanted)) {
        long from = Math.max(begin, before - lookBack);
        Map<String, FilePosition> window = new HashMap<>();
        consumer.seek(partition, from);
        while (consumer.position(partition) < before) {
          ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofSeconds(1));
          for (ConsumerRecord<byte[], byte[]> record : records) {
            if (record.offset() < before) {
              position(record, window);
            }
          }
        }
        window.forEach(found::putIfAbsent);
        before = from;
        lookBack *= 10;
      }
    }
    return found;
  }

  private static void position(
      ConsumerRecord<byte[], byte[]> record, Map<String, FilePosition> into) {
    Header file = record.headers().lastHeader(FILE_HEADER);
    Header position = record.headers().lastHeader(FilePosition.HEADER);
    if (file != null && position != null) {
      into.put(
          new String(file.value(), StandardCharsets.UTF_8), FilePosition.decode(position.value()));
    }
  }
}
