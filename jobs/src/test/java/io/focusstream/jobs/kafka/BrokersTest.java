package io.focusstream.jobs.kafka;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.OptionalInt;
import org.apache.flink.configuration.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class BrokersTest {
  /** Takes connections and says nothing, as what is behind a wrong port may. */
  @Test
  @Timeout(60)
  void brokersThatSayNothingAreGivenUpInTimeAndNamed() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      Configuration c = new Configuration();
      c.set(KafkaOptions.BOOTSTRAP_SERVERS, "127.0.0.1:" + silent.getLocalPort());
      Brokers.BrokerException e =
          assertThrows(
              Brokers.BrokerException.class,
              () ->
                  Brokers.requireTopics(
                      KafkaSettings.of(c), OptionalInt.empty(), Duration.ofSeconds(1)));
      assertTrue(
          e.getMessage()
              .startsWith(
                  "no Kafka broker answers at 127.0.0.1:" + silent.getLocalPort() + " within 1 s."),
          e.getMessage());
    }
  }
}
