package io.focusstream.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.operators.config.EngineOptions;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerCodec;
import io.focusstream.schemas.Query;
import io.focusstream.schemas.QueryCodec;
import io.focusstream.schemas.SourcePosition;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.runtime.checkpoint.CompletedCheckpointStats;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

/** Checkpoints and crashes: what is promised of delivery. */
class DeliveryITCase extends KafkaJobs {
  /**
   * The engine completes nothing and more is open than may be, so that the operator takes no input:
   * checkpoints go on, and in the end everything is answered.
   */
  @Test
  void checkpointsCompleteWhileTheEngineIsBlocked() throws Exception {
    CompletableFuture<Void> gate = new CompletableFuture<>();
    try (Job job =
        new Job(
            "blocked",
            DeliveryGuarantee.AT_LEAST_ONCE,
            0,
            c -> {
              c.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMillis(300));
              c.set(EngineOptions.MAX_IN_FLIGHT, 4);
            })) {
      send("blocked-raw", "web", "login failed for user: eve");
      job.awaitAnswer("web", "login failed for which user");
      LexicalEngineProvider.BLOCKED.set(gate);
      for (int i = 0; i < 2000; i++) {
        send("blocked-raw", "web", "request " + i + " was served from the cache of the node");
      }
      SourcePosition anywhere = new SourcePosition("q", 0, 0);
      for (int i = 0; i < 20; i++) {
        job.client.send(
            Query.ask("q" + i, "web", "login failed for which user", null, 1, anywhere));
      }
      Thread.sleep(2000);
      long from = completed(job).getCheckpointId();
      Await.until(
          DEADLINE,
          () -> "three more checkpoints",
          () -> completed(job).getCheckpointId() >= from + 3);
      CompletedCheckpointStats last = completed(job);
      System.out.printf(
          "checkpoint %d took %d ms while the engine was blocked%n",
          last.getCheckpointId(), last.getEndToEndDuration());
      assertTrue(last.getEndToEndDuration() < 20_000, "ms: " + last.getEndToEndDuration());
      assertEquals(Optional.empty(), job.client.next("q0", Duration.ofMillis(100)));
      LexicalEngineProvider.BLOCKED.set(null);
      gate.complete(null);
      assertEquals("eve", job.client.next("q0", DEADLINE).orElseThrow().text());
    } finally {
      LexicalEngineProvider.BLOCKED.set(null);
      gate.complete(null);
    }
  }

  @Test
  void exactlyOnceAnswersEachQuestionOnceThroughCrashesInMidFlight() throws Exception {
    int questions = 300;
    int streams = 7;
    try (Job job = new Job("once", DeliveryGuarantee.EXACTLY_ONCE, 20)) {
      for (int s = 0; s < streams; s++) {
        for (int i = 0; i < 40; i++) {
          send("once-raw", "s-" + s, "event " + i + " of service-" + i + ": value-" + s + "-" + i);
        }
      }
      for (int s = 0; s < streams; s++) {
        job.awaitAnswer("s-" + s, "event of service-39", "value-" + s + "-39");
      }
      for (int q = 0; q < questions; q++) {
        String stream = "s-" + q % streams;
        byte[] query = QueryCodec.encode("q-" + q, stream, "event of service-" + q % 40, null, 1L);
        send("once-queries", stream.getBytes(StandardCharsets.UTF_8), query);
        if (q == questions / 3 || q == 2 * questions / 3) {
          // Not at a checkpoint, with questions at the engine: state, transactions and all are
          // lost.
          job.crash();
        }
      }
      Map<String, List<String>> answers = new HashMap<>();
      Await.until(
          DEADLINE,
          () -> answers.size() + " of " + questions + " answered",
          () -> {
            answers.clear();
            for (ConsumerRecord<byte[], byte[]> record : readNow("once-answers")) {
              Answer answer = AnswerCodec.decode(record.value());
              if (answer.id().startsWith("q-")) {
                answers.computeIfAbsent(answer.id(), id -> new ArrayList<>()).add(answer.text());
              }
            }
            return answers.size() == questions;
          });
      job.crash();
      job.awaitAnswer("s-0", "event of service-39");
      int records = 0;
      for (ConsumerRecord<byte[], byte[]> record : readNow("once-answers")) {
        records += AnswerCodec.decode(record.value()).id().startsWith("q-") ? 1 : 0;
      }
      assertEquals(questions, records, "committed answers");
      for (int q = 0; q < questions; q++) {
        assertEquals(
            List.of("value-" + q % streams + "-" + q % 40), answers.get("q-" + q), "q-" + q);
      }
    }
  }
}
