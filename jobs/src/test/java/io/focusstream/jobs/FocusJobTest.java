package io.focusstream.jobs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.junit.jupiter.api.Test;

/** The entry class, where no cluster and no broker is; {@code SecuredKafkaITCase} has both. */
class FocusJobTest {
  private static final String NOWHERE = "no-such-host.invalid:1";

  @Test
  void aJobWhoseBrokerIsNotThereIsNotSubmitted() {
    IllegalStateException e =
        assertThrows(
            IllegalStateException.class,
            () -> FocusJob.submit(config -> null, "--bootstrap", NOWHERE));
    assertTrue(e.getMessage().startsWith("the job was not submitted: "), e.getMessage());
    assertTrue(e.getMessage().contains(NOWHERE + " (--bootstrap)"), e.getMessage());
  }

  /** A job's configuration is on web pages. */
  @Test
  void theClientsSettingsAreNotInTheJobsConfiguration() {
    List<Configuration> given =
        Environment.during(
            () ->
                assertThrows(
                    IllegalStateException.class,
                    () ->
                        FocusJob.submit(
                            config -> null,
                            "--bootstrap",
                            NOWHERE,
                            "--topic",
                            "raw",
                            "--kafka-property",
                            "sasl.jaas.config=x password=\"focus-s3cret\";")));
    assertEquals(1, given.size());
    String shown = given.get(0).toMap().toString();
    assertTrue(shown.contains("focus.kafka.events.raw-topics"), shown);
    assertFalse(shown.contains("s3cret"), shown);
  }

  /** Hears what configuration a job's class makes its environment with. */
  @SuppressWarnings("try") // an environment's close may throw InterruptedException
  private static final class Environment extends StreamExecutionEnvironment {
    private Environment(Configuration configuration) {
      super(configuration);
    }

    static List<Configuration> during(Runnable jobClass) {
      List<Configuration> given = new ArrayList<>();
      initializeContextEnvironment(
          configuration -> {
            given.add(configuration);
            return new Environment(configuration);
          });
      try {
        jobClass.run();
      } finally {
        resetContextEnvironment();
      }
      return given;
    }
  }
}
