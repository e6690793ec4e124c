package io.focusstream.operators.config;

import java.time.Duration;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.MemorySize;

/** How the operator uses the engine. */
public final class EngineOptions {
  /** Most pieces of work accepted and not finished, a subtask. */
  public static final ConfigOption<Integer> MAX_IN_FLIGHT =
      ConfigOptions.key("focus.engine.max-in-flight")
          .intType()
          .defaultValue(64)
          .withDescription(
              "Most chunks and questions that a subtask has accepted and not finished, in [1, 65536]."
                  + " When there are more the operator takes no input, and back-pressure does the rest.");

  /** Most bytes of stored chunk states that questions in flight hold, a subtask. */
  public static final ConfigOption<MemorySize> MAX_LOADED =
      ConfigOptions.key("focus.engine.max-loaded-bytes")
          .memoryType()
          .defaultValue(MemorySize.ofMebiBytes(512))
          .withDescription(
              "Most bytes of stored chunk states that questions in flight hold on the heap, a subtask."
                  + " While there are more no further question is handed to the engine; one always is.");

  /** How many bytes of stored states a question reads at a time. */
  public static final ConfigOption<MemorySize> PORTION =
      ConfigOptions.key("focus.engine.portion-bytes")
          .memoryType()
          .defaultValue(MemorySize.ofMebiBytes(32))
          .withDescription(
              "A question that needs more bytes of stored chunk states than that reads them in such"
                  + " portions, the next one while the engine is at the one before; at most two lie on"
                  + " the heap.");

  /** How often a piece of work is tried. */
  public static final ConfigOption<Integer> MAX_ATTEMPTS =
      ConfigOptions.key("focus.engine.max-attempts")
          .intType()
          .defaultValue(4)
          .withDescription(
              "How often a chunk or a question is given to the engine before it is given up, in"
                  + " [1, 100]. A question given up is answered with FAILED; a chunk given up is made again"
                  + " from its tokens by the next question.");

  /** Time before the second attempt. */
  public static final ConfigOption<Duration> RETRY_DELAY =
      ConfigOptions.key("focus.engine.retry-delay")
          .durationType()
          .defaultValue(Duration.ofMillis(200))
          .withDescription(
              "Time before the second attempt, from 1 ms to 10 min; each further one waits twice as long.");

  /** How long the engine may take. */
  public static final ConfigOption<Duration> TIMEOUT =
      ConfigOptions.key("focus.engine.timeout")
          .durationType()
          .defaultValue(Duration.ofMinutes(10))
          .withDescription(
              "How long the engine may take for a chunk or a question, its own queue included, up to 1 d;"
                  + " then the attempt has failed. 0 s: any time.");

  private EngineOptions() {}
}
