package io.focusstream.jobs.kafka;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Properties;
import org.apache.flink.configuration.Configuration;
import org.junit.jupiter.api.Test;

class KafkaSettingsTest {

  @Test
  void defaultsAreComplete() {
    KafkaSettings settings = KafkaSettings.of(new Configuration());
    assertEquals(List.of("events", "queries", "answers", "dead-letters"), settings.allTopics());
    assertEquals("localhost:9092", settings.clientProperties().getProperty("bootstrap.servers"));
  }

  @Test
  void clientPropertiesPassThrough() {
    Configuration c = new Configuration();
    c.setString("focus.kafka.properties", "security.protocol:SSL");
    assertEquals("SSL", KafkaSettings.of(c).clientProperties().getProperty("security.protocol"));
  }

  @Test
  void topicWithTwoRolesIsRefused() {
    Configuration c = new Configuration();
    c.set(KafkaOptions.RAW_TOPICS, List.of("queries"));
    assertRefused("topic 'queries' is named twice", c);
    c.set(KafkaOptions.RAW_TOPICS, List.of());
    assertRefused("no event topic is given", c);
  }

  @Test
  void unreachableBrokerIsSaidWithinTheTimeout() {
    Properties client = new Properties();
    client.setProperty("bootstrap.servers", "127.0.0.1:1");
    Brokers.BrokerException e =
        assertThrows(
            Brokers.BrokerException.class,
            () -> Brokers.missingTopics(client, List.of("t"), Duration.ofSeconds(1)));
    assertTrue(
        e.getMessage().startsWith("no Kafka broker answers at 127.0.0.1:1 within 1 s"),
        e.getMessage());
    client.setProperty("bootstrap.servers", "no port here");
    Brokers.BrokerException refused =
        assertThrows(
            Brokers.BrokerException.class,
            () -> Brokers.missingTopics(client, List.of("t"), Duration.ofSeconds(1)));
    assertTrue(refused.getMessage().contains("no port here"), refused.getMessage());
  }

  private static void assertRefused(String message, Configuration c) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> KafkaSettings.of(c));
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }
}
