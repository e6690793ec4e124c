package io.focusstream.jobs.kafka;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalInt;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.TopicExistsException;

/** Looks at brokers before work begins, so that what is missing is said within seconds. */
public final class Brokers {
  private Brokers() {}

  /**
   * The topics that aren't there.
   *
   * @param client properties of a Kafka client, {@code bootstrap.servers} among them
   * @throws BrokerException where no broker answers in time
   */
  public static List<String> missingTopics(
      Properties client, Collection<String> topics, Duration timeout) {
    try (Admin admin = admin(client, timeout)) {
      Set<String> present = get(admin.listTopics().names(), client, timeout);
      List<String> missing = new ArrayList<>(topics);
      missing.removeAll(present);
      return missing;
    }
  }

  /**
   * Makes topics; those that exist stay as they are.
   *
   * @param partitions number of partitions; replicas are left to the brokers' default
   * @throws BrokerException where no broker answers in time or it refuses
   */
  public static void createTopics(
      Properties client, Collection<String> topics, int partitions, Duration timeout) {
    try (Admin admin = admin(client, timeout)) {
      List<NewTopic> wanted = new ArrayList<>();
      for (String topic : topics) {
        wanted.add(
            new NewTopic(
                topic, java.util.Optional.of(partitions), java.util.Optional.<Short>empty()));
      }
      for (var created : admin.createTopics(wanted).values().entrySet()) {
        try {
          get(created.getValue(), client, timeout);
        } catch (BrokerException e) {
          if (!(e.getCause() instanceof TopicExistsException)) {
            throw e;
          }
        }
      }
    }
  }

  /**
   * Makes sure, before a job is submitted, that the brokers answer, take the user's password and
   * have the job's topics: a job that can't read or write is restarted again and again.
   *
   * @param partitions of topics that are missing, which are made then; empty to refuse where one is
   * @param timeout for each question to the brokers
   * @throws BrokerException where no broker answers in time or it refuses
   * @throws IllegalArgumentException where a topic is missing
   */
  public static void requireTopics(KafkaSettings kafka, OptionalInt partitions, Duration timeout) {
    Properties client = kafka.clientProperties();
    List<String> missing = missingTopics(client, kafka.allTopics(), timeout);
    if (missing.isEmpty()) {
      return;
    }
    if (partitions.isEmpty()) {
      throw new IllegalArgumentException(
          "Kafka at "
              + kafka.bootstrapServers()
              + " has no topic "
              + String.join(", ", missing)
              + ", or this user may not see it. Make what is missing, or give --create-topics");
    }
    createTopics(client, missing, partitions.getAsInt(), timeout);
  }

  /** A message for brokers that don't answer. */
  static BrokerException unreachable(Properties client, Duration timeout, Throwable cause) {
    return new BrokerException(
        "no Kafka broker answers at "
            + client.getProperty("bootstrap.servers")
            + " within "
            + timeout.toSeconds()
            + " s. Is it running, and is the address (--bootstrap) right? What it needs beside the "
            + "address, such as security.protocol, is given with --kafka-property.",
        cause);
  }

  private static Admin admin(Properties client, Duration timeout) {
    Properties p = new Properties();
    p.putAll(client);
    String millis = Long.toString(timeout.toMillis());
    p.setProperty(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, millis);
    p.setProperty(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, millis);
    try {
      return Admin.create(p);
    } catch (KafkaException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new BrokerException(
          "the Kafka client's settings are refused: "
              + cause.getMessage()
              + ". Check the address "
              + client.getProperty("bootstrap.servers")
              + " (--bootstrap) and --kafka-property, --kafka-properties FILE",
          e);
    }
  }

  private static <T> T get(
      org.apache.kafka.common.KafkaFuture<T> future, Properties client, Duration timeout) {
    try {
      return future.get(timeout.toMillis() + 1_000, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw unreachable(client, timeout, e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof org.apache.kafka.common.errors.TimeoutException) {
        throw unreachable(client, timeout, e.getCause());
      }
      if (e.getCause() instanceof AuthenticationException) {
        throw new BrokerException(
            "the Kafka broker at "
                + client.getProperty("bootstrap.servers")
                + " refuses this user: "
                + e.getCause().getMessage()
                + ". Check security.protocol, sasl.mechanism and sasl.jaas.config or the ssl.* settings"
                + " (--kafka-property, --kafka-properties FILE)",
            e.getCause());
      }
      if (e.getCause() instanceof AuthorizationException) {
        throw new BrokerException(
            "the Kafka broker at "
                + client.getProperty("bootstrap.servers")
                + " doesn't allow that: "
                + e.getCause().getMessage()
                + ". The user needs ACLs to read events and queries with their consumer group, and to"
                + " write answers and dead letters; with exactly-once delivery also for its"
                + " transactional ids",
            e.getCause());
      }
      throw new BrokerException(
          "the Kafka broker at "
              + client.getProperty("bootstrap.servers")
              + " refuses: "
              + e.getCause().getMessage(),
          e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BrokerException("interrupted while waiting for Kafka", e);
    }
  }

  /** Brokers that don't answer or refuse; the message says what to look at. */
  public static final class BrokerException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BrokerException(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
