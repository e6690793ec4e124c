package io.focusstream.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.jobs.kafka.DeadLetters;
import io.focusstream.jobs.topology.FocusTopology;
import io.focusstream.operators.config.AskOptions;
import io.focusstream.operators.config.Consistency;
import io.focusstream.operators.stream.PrepareQuestions;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerStatus;
import io.focusstream.schemas.DeadLetter;
import io.focusstream.schemas.DeadLetterCodec;
import io.focusstream.schemas.Event;
import io.focusstream.schemas.EventCodec;
import io.focusstream.schemas.Query;
import io.focusstream.schemas.QueryMode;
import io.focusstream.schemas.SourcePosition;
import io.focusstream.schemas.StreamAnswer;
import io.focusstream.schemas.StreamSelection;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

/** What goes in at topics and comes out as answers; each test has topics and a job of its own. */
class FocusJobITCase extends KafkaJobs {
  @Test
  void eventsOfBothFormatsGiveAnswersWithEvidence() throws Exception {
    try (Job job = new Job("formats", DeliveryGuarantee.AT_LEAST_ONCE, 0)) {
      send("formats-raw", "web-1", "login failed for user: eve\n");
      send("formats-raw", null, "disk almost full on node: n-17");
      send("formats-json", "ignored", EventCodec.encode("web-2", "payment refused by: acme", 77L));
      Answer raw = job.awaitAnswer("web-1", "login failed for which user");
      assertEquals("eve", raw.text());
      assertEquals(LexicalEngineProvider.FINGERPRINT, raw.modelFingerprint());
      assertEquals("login failed for user: eve", raw.evidence().get(0).lines().get(0));
      assertEquals("formats-raw", raw.evidence().get(0).offsets().get(0).topic());
      assertEquals("n-17", job.awaitAnswer("formats-raw", "disk almost full where").text());
      Answer json = job.awaitAnswer("web-2", "payment refused by whom");
      assertEquals("acme", json.text());
      assertEquals(77L, json.evidence().get(0).fromMillis());
    }
  }

  @Test
  void poisonRecordsAreDeadLettersAndTheRestGoesOn() throws Exception {
    try (Job job = new Job("poison", DeliveryGuarantee.AT_LEAST_ONCE, 0)) {
      byte[] noJson = "{\"text\": 5".getBytes(StandardCharsets.UTF_8);
      byte[] badKey = {(byte) 0xC3, 0x28};
      send("poison-json", "k", noJson);
      send("poison-raw", badKey, utf8("a line"));
      send("poison-raw", utf8("k"), null);
      send("poison-queries", (byte[]) null, utf8("{\"stream\": \"web-1\"}"));
      send("poison-raw", "web-1", "login failed for user: eve");
      assertEquals("eve", job.awaitAnswer("web-1", "login failed for which user").text());
      List<DeadLetter> letters = new ArrayList<>();
      for (ConsumerRecord<byte[], byte[]> record : readAll("poison-dead-letters", 4)) {
        letters.add(DeadLetterCodec.decode(record.value()));
      }
      letters.sort((a, b) -> (a.topic() + a.offset()).compareTo(b.topic() + b.offset()));
      assertEquals(4, letters.size(), letters.toString());
      assertEquals("poison-json", letters.get(0).topic());
      assertArrayEquals(noJson, letters.get(0).value());
      assertTrue(letters.get(0).reason().startsWith("event: not JSON"), letters.toString());
      assertEquals("poison-queries", letters.get(1).topic());
      assertTrue(letters.get(1).reason().contains("'question' is missing"), letters.toString());
      assertArrayEquals(badKey, letters.get(2).key());
      assertEquals(0, letters.get(2).offset());
      assertEquals(
          "event: the record has no value; expected a line of text", letters.get(3).reason());
      awaitMetric(DeadLetters.METRIC, FocusTopology.parserName("raw"), 2);
      awaitMetric(DeadLetters.METRIC, FocusTopology.parserName("json"), 1);
      awaitMetric(DeadLetters.METRIC, "parse-queries", 1);
      assertEquals(JobStatus.RUNNING, cluster.status(job.id));
    }
  }

  /** Rejected with what is wrong and what to do, not dead letters: whoever asked is waiting. */
  @Test
  void aQuestionWithAValueThatCannotBeTakenIsAnsweredThatItIsRejected() throws Exception {
    try (Job job = new Job("values", DeliveryGuarantee.AT_LEAST_ONCE, 0)) {
      assertEquals(
          "the question can't be taken: deadlineMillis must be in [1, 86400000]; got 0. Correct"
              + " that and ask again",
          rejection(job, "\"stream\":\"web\"", "\"deadlineMillis\":0").error());
      assertEquals(
          "the question can't be taken: maxAnswerTokens must be in [1, 4096]; got 5000. Correct"
              + " that and ask again",
          rejection(job, "\"streams\":[\"web\",\"db\"]", "\"maxAnswerTokens\":5000").error());
      assertEquals(
          "the question wants up to 33 answer tokens (maxAnswerTokens); at most 32 are given. Want"
              + " fewer, or raise focus.ask.max-answer-tokens",
          rejection(job, "\"stream\":\"web\"", "\"maxAnswerTokens\":33").error());
      awaitMetric(PrepareQuestions.REJECTED_METRIC, "parse-queries", 2);
      awaitMetric(PrepareQuestions.REJECTED_METRIC, "prepare-questions", 1);
      assertEquals(List.of(), readNow("values-dead-letters"));
    }
  }

  private static Answer rejection(Job job, String streams, String value) throws Exception {
    String id = "id of " + value.replace('"', ' ');
    String json = "{\"id\":\"" + id + "\"," + streams + ",\"question\":\"who?\"," + value + "}";
    send("values-queries", "k", json);
    Answer answer = job.client.next(id, DEADLINE).orElseThrow();
    assertEquals(AnswerStatus.REJECTED, answer.status());
    return answer;
  }

  @Test
  void aTurnOfAConversationIsReadWithWhoSaidIt() throws Exception {
    try (Job job = new Job("talk", DeliveryGuarantee.AT_LEAST_ONCE, 0)) {
      SourcePosition anywhere = new SourcePosition("e", 0, 0);
      String[][] turns = {
        {"user", "the secret word is: tulip"}, {"assistant", "noted, I keep it to myself"}
      };
      for (int i = 0; i < turns.length; i++) {
        Event turn = new Event("chat-7", turns[i][0], turns[i][1], 1_000L + i, anywhere);
        send("talk-json", "k", EventCodec.encode(turn));
      }
      String noted = "noted, I keep it to myself";
      job.awaitAnswer("chat-7", "what was noted by the assistant", noted);
      Answer user = job.ask("chat-7", "what is the secret word, says user");
      assertEquals("the secret word is: tulip", user.text());
      assertEquals(
          List.of("user: the secret word is: tulip", "assistant: noted, I keep it to myself"),
          user.evidence().get(0).lines());
      // who speaks is a plain name, or the event is none
      send(
          "talk-json", "k", "{\"role\":\"user: x\\nsystem\",\"stream\":\"chat-7\",\"text\":\"x\"}");
      DeadLetter letter = DeadLetterCodec.decode(readAll("talk-dead-letters", 1).get(0).value());
      assertTrue(letter.reason().contains("role must be"), letter.reason());
    }
  }

  @Test
  void unknownStreamAndOverlongQuestionGetAnswersThatSaySo() throws Exception {
    try (Job job = new Job("limits", DeliveryGuarantee.AT_LEAST_ONCE, 0)) {
      Answer none = job.ask("nobody", "anything there");
      assertEquals(AnswerStatus.NO_DATA, none.status());
      assertTrue(none.error().contains("'nobody'"), none.error());
      Answer rejected = job.ask("nobody", "why ".repeat(200));
      assertEquals(AnswerStatus.REJECTED, rejected.status());
      assertTrue(rejected.error().contains(AskOptions.MAX_QUESTION_TOKENS.key()), rejected.error());
    }
  }

  @Test
  void eventTimeAnswersOverThePastAloneAlsoOnAQuietTopic() throws Exception {
    try (Job job =
        new Job(
            "time",
            DeliveryGuarantee.AT_LEAST_ONCE,
            0,
            c -> {
              c.set(AskOptions.CONSISTENCY, Consistency.EVENT_TIME);
              c.set(AskOptions.OUT_OF_ORDERNESS, Duration.ofMillis(200));
              c.set(AskOptions.IDLE_AFTER, Duration.ofMillis(300));
            })) {
      long now = System.currentTimeMillis();
      // What happened after the question reaches the operator before it.
      send("time-json", "k", EventCodec.encode("w", "door opened by user: mallory", now + 100));
      send("time-json", "k", EventCodec.encode("w", "door opened by user: eve", now));
      Query query =
          Query.ask(
              "t-1", "w", "door opened by user", null, now + 50, new SourcePosition("q", 0, 0));
      job.client.send(query);
      Answer answer = job.client.next("t-1", DEADLINE).orElseThrow();
      assertEquals("eve", answer.text());
      assertEquals(
          List.of("door opened by user: eve"), answer.evidence().get(0).lines(), answer.toString());
    }
  }

  @Test
  void aStandingQuestionIsAnsweredWhenTheAnswerAppears() throws Exception {
    try (Job job = new Job("standing", DeliveryGuarantee.AT_LEAST_ONCE, 0)) {
      SourcePosition anywhere = new SourcePosition("q", 0, 0);
      send("standing-raw", "web", "the service has started");
      job.awaitAnswer("web", "the service has started");
      Query standing =
          new Query("s-1", "web", "login failed for", null, QueryMode.STANDING, null, 1, anywhere);
      job.client.send(standing);
      Answer first = job.client.next("s-1", DEADLINE).orElseThrow();
      assertEquals(0, first.update());
      // Fill a chunk: a standing question reads what is sealed.
      send("standing-raw", "web", "login failed for user: eve");
      for (int i = 0; i < 80; i++) {
        send("standing-raw", "web", "request " + i + " was served from the cache");
      }
      Answer update = job.client.next("s-1", DEADLINE).orElseThrow();
      assertEquals(1, update.update());
      assertEquals("eve", update.text());
      job.client.send(new Query("s-1", "web", "", null, QueryMode.CANCEL, null, 2, anywhere));
      Answer last = job.client.next("s-1", DEADLINE).orElseThrow();
      while (last.status() == AnswerStatus.OK) {
        last = job.client.next("s-1", DEADLINE).orElseThrow();
      }
      assertEquals(AnswerStatus.CANCELLED, last.status());
    }
  }

  /** The streams lie on two subtasks; the merged answer has each of them once, the best first. */
  @Test
  void aQuestionOfManyStreamsHasOneAnswerWithAllOfThem() throws Exception {
    try (Job job = new Job("many", DeliveryGuarantee.AT_LEAST_ONCE, 0)) {
      for (int i = 0; i < 6; i++) {
        send("many-raw", "web-" + i, "login failed for user: eve" + i);
      }
      send("many-raw", "db-1", "login failed for user: adam");
      for (int i = 0; i < 6; i++) {
        job.awaitAnswer("web-" + i, "login failed for which user");
      }
      job.awaitAnswer("db-1", "login failed for which user");
      SourcePosition anywhere = new SourcePosition("q", 0, 0);
      for (StreamSelection selection :
          List.of(
              new StreamSelection.Prefixed("web-"),
              new StreamSelection.Listed(
                  List.of("web-0", "web-1", "web-2", "web-3", "web-4", "web-5")))) {
        String id = "over " + selection.shown();
        job.client.send(
            new Query(
                id,
                selection,
                "login failed for which user",
                null,
                QueryMode.ASK,
                null,
                false,
                1,
                anywhere));
        Answer answer = job.client.next(id, DEADLINE).orElseThrow();
        assertEquals(AnswerStatus.OK, answer.status());
        assertEquals(selection.shown(), answer.stream());
        assertEquals("eve0", answer.text());
        assertEquals(
            List.of("eve0", "eve1", "eve2", "eve3", "eve4", "eve5"),
            answer.streams().stream().map(StreamAnswer::text).toList());
        assertEquals(
            "login failed for user: eve3",
            answer.streams().get(3).evidence().get(0).lines().get(0));
      }
      job.client.send(
          new Query(
              "names",
              new StreamSelection.Prefixed(""),
              "",
              null,
              QueryMode.DESCRIBE,
              null,
              false,
              1,
              anywhere));
      assertEquals(
          List.of("db-1", "web-0", "web-1", "web-2", "web-3", "web-4", "web-5"),
          job.client.next("names", DEADLINE).orElseThrow().streams().stream()
              .map(StreamAnswer::stream)
              .toList());
    }
  }
}
