package io.focusstream.jobs.local;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;

/**
 * A real KRaft broker (broker and controller in one) in this JVM, on loopback. It holds all of
 * Kafka's internals that this project touches. Its threads keep the JVM alive until {@link
 * #close()}. The same directory started again has the same topics.
 */
public final class EmbeddedKafka implements AutoCloseable {
  private static final String LOOPBACK = "127.0.0.1";
  private static final int NODE_ID = 1;

  private final KafkaRaftServer server;
  private final String bootstrapServers;
  private boolean closed;

  private EmbeddedKafka(KafkaRaftServer server, String bootstrapServers) {
    this.server = server;
    this.bootstrapServers = bootstrapServers;
  }

  /**
   * Formats the directory where it is new, and starts the broker; returns when it takes requests.
   *
   * @param directory where topics are kept
   * @param port port for clients; 0 picks a free one
   * @throws LocalException where the port is in use or the directory can't be used
   */
  public static EmbeddedKafka start(Path directory, int port) {
    return start(directory, port, Map.of());
  }

  /**
   * As {@link #start(Path, int)}.
   *
   * @param more further settings of the broker, which win over its own
   */
  public static EmbeddedKafka start(Path directory, int port, Map<String, String> more) {
    int clientPort = port == 0 ? freePort() : requireFree(port);
    int controllerPort = freePort();
    try {
      Files.createDirectories(directory);
      format(directory);
      Properties broker = properties(directory, clientPort, controllerPort);
      broker.putAll(more);
      KafkaRaftServer server = new KafkaRaftServer(KafkaConfig.fromProps(broker), Time.SYSTEM);
      server.startup();
      return new EmbeddedKafka(server, LOOPBACK + ":" + clientPort);
    } catch (LocalException e) {
      throw e;
    } catch (Exception e) {
      throw new LocalException(
          "Kafka could not start in "
              + directory
              + ": "
              + e.getMessage()
              + ". Another --data-dir starts afresh.",
          e);
    }
  }

  /** {@code host:port} for clients. */
  public String bootstrapServers() {
    return bootstrapServers;
  }

  /** Stops the broker and waits until it has; idempotent. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    server.shutdown();
    server.awaitShutdown();
  }

  /** A port that nobody listens on now. */
  public static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(LOOPBACK))) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException("no free port on " + LOOPBACK, e);
    }
  }

  private static int requireFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(LOOPBACK, port));
      return port;
    } catch (IOException e) {
      throw new LocalException(
          "port "
              + port
              + " for Kafka is in use ("
              + e.getMessage()
              + "). Give another with --kafka-port, or leave it out to take a free one.",
          e);
    }
  }

  private static void format(Path directory) throws Exception {
    Path meta = directory.resolve("meta.properties");
    String clusterId = Uuid.randomUuid().toString();
    if (Files.exists(meta)) {
      Properties stored = new Properties();
      try (InputStream in = Files.newInputStream(meta)) {
        stored.load(in);
      }
      clusterId = stored.getProperty("cluster.id", clusterId);
    }
    new Formatter()
        .setPrintStream(
            new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
        .setNodeId(NODE_ID)
        .setClusterId(clusterId)
        .addDirectory(directory.toString())
        .setReleaseVersion(MetadataVersion.latestProduction())
        // With level 2 each restore of an exactly-once sink logs a data loss that isn't one.
        .setFeatureLevel("transaction.version", (short) 1)
        .setControllerListenerName("CONTROLLER")
        .setIgnoreFormatted(true)
        .run();
  }

  private static Properties properties(Path directory, int clientPort, int controllerPort) {
    Properties p = new Properties();
    p.setProperty("process.roles", "broker,controller");
    p.setProperty("node.id", Integer.toString(NODE_ID));
    p.setProperty("controller.quorum.voters", NODE_ID + "@" + LOOPBACK + ":" + controllerPort);
    p.setProperty(
        "listeners",
        "CLIENT://"
            + LOOPBACK
            + ":"
            + clientPort
            + ",CONTROLLER://"
            + LOOPBACK
            + ":"
            + controllerPort);
    p.setProperty("advertised.listeners", "CLIENT://" + LOOPBACK + ":" + clientPort);
    p.setProperty("listener.security.protocol.map", "CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT");
    p.setProperty("inter.broker.listener.name", "CLIENT");
    p.setProperty("controller.listener.names", "CONTROLLER");
    p.setProperty("log.dirs", directory.toString());
    p.setProperty("num.partitions", "1");
    p.setProperty("default.replication.factor", "1");
    p.setProperty("offsets.topic.num.partitions", "1");
    p.setProperty("offsets.topic.replication.factor", "1");
    p.setProperty("transaction.state.log.num.partitions", "1");
    p.setProperty("transaction.state.log.replication.factor", "1");
    p.setProperty("transaction.state.log.min.isr", "1");
    p.setProperty("share.coordinator.state.topic.num.partitions", "1");
    p.setProperty("share.coordinator.state.topic.replication.factor", "1");
    p.setProperty("share.coordinator.state.topic.min.isr", "1");
    p.setProperty("group.initial.rebalance.delay.ms", "0");
    p.setProperty("auto.create.topics.enable", "false");
    // The topic is what a stream is built from again: nothing in it ages.
    p.setProperty("log.retention.ms", "-1");
    p.setProperty("log.cleaner.enable", "true");
    p.setProperty("log.cleaner.dedupe.buffer.size", "2097152");
    // After a kill the broker can register again only when its old session has timed out; after a
    // controlled shutdown at once.
    p.setProperty("broker.heartbeat.interval.ms", "1000");
    p.setProperty("broker.session.timeout.ms", "6000");
    p.setProperty("num.network.threads", "1");
    p.setProperty("num.io.threads", "2");
    p.setProperty("background.threads", "1");
    p.setProperty("num.recovery.threads.per.data.dir", "1");
    return p;
  }
}
