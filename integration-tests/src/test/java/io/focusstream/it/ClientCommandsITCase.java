package io.focusstream.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.focusstream.jobs.cli.ExitCodes;
import io.focusstream.jobs.cli.FocusCli;
import io.focusstream.operators.config.CondenseOptions;
import io.focusstream.operators.config.LocalOptions;
import io.focusstream.operators.engine.ChunkKey;
import io.focusstream.schemas.AnswerStatus;
import io.focusstream.schemas.Query;
import io.focusstream.schemas.QueryMode;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.junit.jupiter.api.Test;

/** The commands that look at a job, as a user types them. */
class ClientCommandsITCase extends KafkaJobs {
  /** The commands, as a user types them, against a job that runs. */
  @Test
  void streamsAndStreamPrintWhatARunningJobHas() throws Exception {
    try (Job job =
        new Job(
            "tables",
            DeliveryGuarantee.AT_LEAST_ONCE,
            0,
            c -> {
              c.set(CondenseOptions.CHUNK_TOKENS, 256);
              c.set(LocalOptions.WINDOW_TOKENS, 512);
            })) {
      for (int i = 0; i < 3; i++) {
        sendAt("tables-raw", "web-1", 1_764_000_000_000L + i, "login failed for user: eve");
      }
      for (int i = 0; i < 40; i++) {
        sendAt(
            "tables-raw", "web-2", 1_764_000_100_000L + i, String.format("request %02d done", i));
      }
      sendAt("tables-raw", "db", 1_764_000_200_000L, "started");
      job.client.send(
          new Query(
              "who", "web-1", "which user", null, QueryMode.STANDING, null, 1, job.position()));
      Await.until(
          DEADLINE,
          () -> "the last event",
          () -> job.ask("db", "anything there").status() != AnswerStatus.NO_DATA);
      int blockBytes = ChunkKey.of(new int[] {1}).toString().length();
      List<List<String>> expected =
          List.of(
              List.of("stream", "events", "tokens", "chunks", "state bytes", "newest event"),
              List.of("db", "1", "8", "0", "0", "2025-11-24T16:03:20Z"),
              List.of("web-1", "3", "81", "0", "0", "2025-11-24T16:00:00.002Z"),
              List.of("web-2", "40", "640", "1", "" + blockBytes, "2025-11-24T16:01:40.039Z"),
              List.of("3 streams"));
      awaitOutput(
          expected, () -> focus(job, ExitCodes.OK, "streams").map(l -> l.strip().split(" {2,}")));
      awaitOutput(
          List.of(expected.get(0), expected.get(2), expected.get(3), List.of("2 streams")),
          () -> focus(job, ExitCodes.OK, "streams", "web-").map(l -> l.strip().split(" {2,}")));
      awaitOutput(
          List.of(
              List.of("events: 40"),
              List.of("tokens: 640"),
              List.of("chunks: 1"),
              List.of("chunks forgotten: 0"),
              List.of("tail tokens: 384"),
              List.of("state bytes: " + blockBytes),
              List.of("oldest event: 2025-11-24T16:01:40Z"),
              List.of("newest event: 2025-11-24T16:01:40.039Z"),
              List.of("open questions: 0")),
          () -> focus(job, ExitCodes.OK, "stream", "web-2").map(line -> new String[] {line}));
      awaitOutput(
          List.of(
              List.of("open questions: 0"),
              List.of("standing question: who, 0 updates, next chunk 0")),
          () ->
              focus(job, ExitCodes.OK, "stream", "web-1")
                  .filter(line -> line.contains("question"))
                  .map(line -> new String[] {line}));
      awaitOutput(
          List.of(
              List.of(
                  "stream 'nobody' has no events. Check the stream's name, or ask again when events"
                      + " have arrived")),
          () -> focus(job, ExitCodes.NOT_OK, "stream", "nobody").map(line -> new String[] {line}));
    }
  }

  private static void awaitOutput(List<List<String>> expected, Supplier<Stream<String[]>> command) {
    List<List<String>> last = new ArrayList<>();
    Await.until(
        DEADLINE,
        () -> expected + "; the last output was " + last,
        () -> {
          last.clear();
          command.get().map(List::of).forEach(last::add);
          return last.equals(expected);
        });
  }

  /** The lines that a command of the client's prints. */
  private static Stream<String> focus(Job job, int exitCode, String... words) {
    List<String> arguments = new ArrayList<>(List.of(words));
    arguments.addAll(
        List.of(
            "--bootstrap",
            kafka.bootstrapServers(),
            "--queries-topic",
            job.settings.queriesTopic(),
            "--answers-topic",
            job.settings.answersTopic()));
    StringWriter printed = new StringWriter();
    int ended =
        FocusCli.commandLine(config -> Fakes.lexicalModel(0))
            .setOut(new PrintWriter(printed, true))
            .setErr(new PrintWriter(printed, true))
            .execute(arguments.toArray(String[]::new));
    assertEquals(exitCode, ended, printed.toString());
    return printed.toString().lines();
  }
}
