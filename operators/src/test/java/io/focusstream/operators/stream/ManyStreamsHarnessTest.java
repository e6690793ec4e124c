package io.focusstream.operators.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.operators.config.AskOptions;
import io.focusstream.operators.config.Consistency;
import io.focusstream.operators.config.FocusSettings;
import io.focusstream.operators.state.Asking;
import io.focusstream.operators.testing.FakeEngine;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerStatus;
import io.focusstream.schemas.Evidence;
import io.focusstream.schemas.QueryMode;
import io.focusstream.schemas.SourcePosition;
import io.focusstream.schemas.StreamAnswer;
import io.focusstream.schemas.Timings;
import io.focusstream.schemas.Usage;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Questions over many streams, and answers in parts. */
@Timeout(60)
class ManyStreamsHarnessTest {
  private static final List<String> KEY_GROUPS = KeyGroupKeys.of(FocusHarness.MAX_PARALLELISM);
  private static final SourcePosition POSITION = new SourcePosition("queries", 0, 7);
  private static final String GROUP = AnswerPart.group("1", POSITION);

  private final FakeEngine engine = FakeEngine.manual();

  private static TokenizedQuestion question(
      String stream, String text, QueryMode mode, long askedAt, Asking asking) {
    return new TokenizedQuestion(
        "1", stream, text.chars().toArray(), 32, mode, 0, askedAt, POSITION, asking);
  }

  private static Asking prefix(String prefix) {
    return new Asking(GROUP, prefix, false);
  }

  /** What the source of questions sends where streams are asked by prefix. */
  private static void askAll(FocusHarness harness, String prefix, QueryMode mode) throws Exception {
    for (String key : KEY_GROUPS) {
      harness.query(question(key, mode.hasQuestion() ? "q" : "", mode, 0, prefix(prefix)));
    }
  }

  private static List<Answer> merged(List<AnswerPart> parts) throws Exception {
    KeyedOneInputStreamOperatorTestHarness<String, AnswerPart, Answer> harness =
        new KeyedOneInputStreamOperatorTestHarness<>(
            new KeyedProcessOperator<>(new MergeAnswers(256)), AnswerPart::group, Types.STRING);
    try {
      harness.open();
      for (AnswerPart part : parts) {
        harness.processElement(new StreamRecord<>(part));
      }
      assertEquals(0, harness.numKeyedStateEntries(), "parts are forgotten");
      return harness.extractOutputValues();
    } finally {
      harness.close();
    }
  }

  @Test
  void thereIsOneKeyForEachKeyGroup() {
    assertEquals(FocusHarness.MAX_PARALLELISM, KEY_GROUPS.size());
    for (int group = 0; group < KEY_GROUPS.size(); group++) {
      assertEquals(
          group,
          KeyGroupRangeAssignment.assignToKeyGroup(
              KEY_GROUPS.get(group), FocusHarness.MAX_PARALLELISM));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void eachStreamThatBeginsSoAnswersAndOneAnswerHasThemAll(boolean rocks) throws Exception {
    StateBackend backend = rocks ? new EmbeddedRocksDBStateBackend() : new HashMapStateBackend();
    try (FocusHarness harness =
        FocusHarness.start(SettingsFixture.small(), engine, backend, null, 1, 0)) {
      for (String stream : List.of("web-1", "web-2", "db-1", "web-3")) {
        harness.event(stream, "in " + stream);
      }
      askAll(harness, "web-", QueryMode.ASK);
      harness.completeAll(engine);
      assertEquals(List.of(), harness.answers());
      Answer answer = merged(harness.parts()).get(0);
      assertEquals("web-*", answer.stream());
      assertEquals("1", answer.id());
      assertEquals(AnswerStatus.OK, answer.status());
      assertEquals("in web-1\n?q", answer.text());
      assertEquals(
          List.of("web-1 in web-1\n?q", "web-2 in web-2\n?q", "web-3 in web-3\n?q"),
          answer.streams().stream().map(s -> s.stream() + " " + s.text()).toList());
      assertEquals(27, answer.usage().streamTokens());
      // another one later is known too
      harness.event("web-0", "late");
      int before = harness.parts().size();
      askAll(harness, "web-", QueryMode.DESCRIBE);
      Answer described = merged(harness.parts().subList(before, harness.parts().size())).get(0);
      assertEquals(
          List.of("web-0", "web-1", "web-2", "web-3"),
          described.streams().stream().map(StreamAnswer::stream).toList());
    }
  }

  @Test
  void whatMatchesNothingOrTooMuchIsSaid() throws Exception {
    FocusSettings settings = SettingsFixture.small(c -> c.set(AskOptions.MAX_STREAMS, 3));
    try (FocusHarness harness = FocusHarness.start(settings, engine)) {
      for (int i = 0; i < 4; i++) {
        harness.event("web-" + i, "x");
      }
      askAll(harness, "no", QueryMode.ASK);
      Answer none = merged(harness.parts()).get(0);
      assertEquals(AnswerStatus.NO_DATA, none.status());
      assertTrue(none.error().startsWith("no stream matches 'no*'"), none.error());
      int before = harness.parts().size();
      askAll(harness, "web-", QueryMode.ASK);
      assertEquals(List.of(), engine.open());
      Answer many = merged(harness.parts().subList(before, harness.parts().size())).get(0);
      assertEquals(AnswerStatus.REJECTED, many.status());
      assertTrue(many.error().contains("'web-*'"), many.error());
    }
  }

  /** A restore at any place, on two subtasks instead of one: each stream's part comes once. */
  @Test
  void aQuestionInFlightIsAnsweredOnceAfterRescaling() throws Exception {
    OperatorSubtaskState state;
    List<AnswerPart> parts = new ArrayList<>();
    try (FocusHarness one = FocusHarness.start(SettingsFixture.small(), engine)) {
      for (int i = 0; i < 8; i++) {
        one.event("web-" + i, "in web-" + i);
      }
      for (String key : KEY_GROUPS.subList(0, 9)) {
        one.query(question(key, "q", QueryMode.ASK, 0, prefix("web-")));
      }
      engine.openQuestions().stream().limit(2).forEach(engine::complete);
      one.runMailbox();
      state = one.snapshot(1, 1);
      parts.addAll(one.parts());
    }
    engine.forgetOpenCalls();
    for (int subtask = 0; subtask < 2; subtask++) {
      OperatorSubtaskState part =
          AbstractStreamOperatorTestHarness.repartitionOperatorState(
              state, FocusHarness.MAX_PARALLELISM, 1, 2, subtask);
      try (FocusHarness half =
          FocusHarness.start(
              SettingsFixture.small(), engine, new HashMapStateBackend(), part, 2, subtask)) {
        for (String key : KEY_GROUPS.subList(9, KEY_GROUPS.size())) {
          int group = KeyGroupRangeAssignment.assignToKeyGroup(key, FocusHarness.MAX_PARALLELISM);
          if (KeyGroupRangeAssignment.computeOperatorIndexForKeyGroup(
                  FocusHarness.MAX_PARALLELISM, 2, group)
              == subtask) {
            half.query(question(key, "q", QueryMode.ASK, 0, prefix("web-")));
          }
        }
        half.completeAll(engine);
        parts.addAll(half.parts());
      }
    }
    List<Answer> answers = merged(parts);
    assertEquals(1, answers.size());
    assertEquals(8, answers.get(0).streams().size());
    for (StreamAnswer stream : answers.get(0).streams()) {
      assertEquals("in " + stream.stream() + "\n?q", stream.text());
    }
  }

  @Test
  void aCancelledPartCountsAndARepeatedIdIsRefusedInItsGroup() throws Exception {
    try (FocusHarness harness = FocusHarness.start(SettingsFixture.small(), engine)) {
      harness.event("web-1", "x");
      harness.event("web-2", "y");
      askAll(harness, "web-", QueryMode.ASK);
      Asking again = new Asking("again", "web-", false);
      for (String key : KEY_GROUPS) {
        harness.query(question(key, "q", QueryMode.ASK, 0, again));
      }
      harness.cancel("1", "web-1");
      harness.completeAll(engine);
      List<AnswerPart> first =
          harness.parts().stream().filter(p -> p.group().equals(GROUP)).toList();
      List<AnswerPart> second =
          harness.parts().stream().filter(p -> p.group().equals("again")).toList();
      assertEquals(
          List.of(AnswerStatus.OK, AnswerStatus.CANCELLED),
          merged(first).get(0).streams().stream().map(StreamAnswer::status).toList());
      assertEquals(
          List.of(AnswerStatus.REJECTED, AnswerStatus.REJECTED),
          merged(second).get(0).streams().stream().map(StreamAnswer::status).toList());
      assertEquals(
          List.of(AnswerStatus.CANCELLED), harness.answers().stream().map(Answer::status).toList());
    }
  }

  @Test
  void byEventTimeItSeesTheEventsOfItsTimeInAllStreams() throws Exception {
    FocusSettings settings =
        SettingsFixture.small(c -> c.set(AskOptions.CONSISTENCY, Consistency.EVENT_TIME));
    try (FocusHarness harness = FocusHarness.start(settings, engine)) {
      for (String key : KEY_GROUPS) {
        harness.query(question(key, "q", QueryMode.ASK, 30, prefix("")));
      }
      for (int i = 0; i < 6; i++) {
        harness.event("s" + i, "at 30", 30, i);
        harness.event("s" + i, "at 31", 31, 10 + i);
      }
      harness.event("later", "at 31", 31, 20);
      harness.watermark(29);
      assertEquals(List.of(), harness.parts());
      harness.watermark(40);
      harness.completeAll(engine);
      Answer answer = merged(harness.parts()).get(0);
      assertEquals(6, answer.streams().size());
      for (StreamAnswer stream : answer.streams()) {
        assertEquals("at 30\n?q", stream.text());
      }
    }
  }

  @Test
  void theBestAnswerIsTheMostConfidentOneThatWasFound() throws Exception {
    List<AnswerPart> parts = new ArrayList<>();
    parts.add(AnswerPart.announced("g", "1", "a, b, c, d", 1, 4, false));
    parts.add(AnswerPart.answered("g", answer("a", AnswerStatus.NOT_FOUND, 0.99)));
    parts.add(AnswerPart.answered("g", answer("b", AnswerStatus.OK, 0.3)));
    parts.add(
        AnswerPart.answered("g", Answer.withoutModel("1", "c", AnswerStatus.FAILED, "broken")));
    parts.add(AnswerPart.answered("g", answer("d", AnswerStatus.OK, 0.7)));
    for (int rotated = 0; rotated < parts.size(); rotated++) {
      Answer merged = merged(parts).get(0);
      assertEquals("text of d", merged.text());
      assertEquals(
          List.of("d", "b", "a", "c"),
          merged.streams().stream().map(StreamAnswer::stream).toList());
      parts.add(parts.remove(0));
    }
  }

  /** Each has the place that it attended to most, up to as many as fit a broker's record. */
  @Test
  void evidenceComesFromEachOfTheBest32StreamsAndTheRestAreThereWithout() throws Exception {
    List<AnswerPart> parts = new ArrayList<>();
    parts.add(AnswerPart.announced("g", "1", "s-*", 1, 33, false));
    for (int i = 0; i < 33; i++) {
      // the confident ones come in the middle
      double confidence = 0.5 + ((i * 7 + 11) % 33) / 100.0;
      parts.add(
          AnswerPart.answered(
              "g", withEvidence(answer(String.format("s-%02d", i), AnswerStatus.OK, confidence))));
    }
    Answer merged = merged(parts).get(0);
    List<StreamAnswer> streams = merged.streams();
    assertEquals(33, streams.size());
    for (int i = 0; i < streams.size(); i++) {
      StreamAnswer stream = streams.get(i);
      assertEquals(0.82 - i / 100.0, stream.confidence(), 1e-9);
      assertEquals("text of " + stream.stream(), stream.text());
      assertEquals(
          i < 32 ? List.of("first line of " + stream.stream()) : List.of(),
          stream.evidence().stream().flatMap(one -> one.lines().stream()).toList(),
          "evidence of stream " + i);
    }
    // the merged answer's own text and evidence are the best one's, and all of that
    String best = streams.get(0).stream();
    assertEquals("text of " + best, merged.text());
    assertEquals(0.82, merged.confidence(), 1e-9);
    assertEquals(
        List.of("first line of " + best, "second line of " + best),
        merged.evidence().stream().flatMap(one -> one.lines().stream()).toList());
  }

  private static Answer withEvidence(Answer answer) {
    return new Answer(
        answer.id(),
        0,
        answer.stream(),
        answer.status(),
        answer.text(),
        null,
        List.of(
            new Evidence(0, 0.7, 0, 0, List.of(), List.of("first line of " + answer.stream())),
            new Evidence(1, 0.3, 0, 0, List.of(), List.of("second line of " + answer.stream()))),
        answer.usage(),
        answer.timings(),
        answer.confidence(),
        "");
  }

  private static Answer answer(String stream, AnswerStatus status, double confidence) {
    return new Answer(
        "1",
        0,
        stream,
        status,
        "text of " + stream,
        null,
        List.of(),
        Usage.NONE,
        Timings.NONE,
        confidence,
        "");
  }

  @Test
  void partialAnswersGrowAndTheAnswerEndsThem() throws Exception {
    try (FocusHarness harness = FocusHarness.start(SettingsFixture.small(), engine)) {
      harness.event("a", "abc");
      harness.query(question("a", "q", QueryMode.ASK, 0, new Asking("", null, true)));
      FakeEngine.Call<?, ?> call = engine.openQuestions().get(0);
      engine.tell(call, 1);
      engine.tell(call, 2);
      harness.runMailbox();
      engine.fail(call, "no");
      harness.runMailbox();
      harness.setProcessingTime(1_000_000);
      FakeEngine.Call<?, ?> second = engine.openQuestions().get(0);
      engine.tell(second, 1);
      engine.tell(second, 3);
      harness.completeAll(engine);
      assertEquals(
          List.of("1 PARTIAL a", "2 PARTIAL ab", "3 PARTIAL abc", "7 OK abc\n?q"),
          harness.answers().stream()
              .map(x -> x.sequence() + " " + x.status() + " " + x.text())
              .toList());
      assertEquals(3, harness.count(FocusMetrics.PARTIAL_ANSWERS));
      // what the engine says too late is nobody's
      engine.tell(second, 4);
      harness.runMailbox();
      assertEquals(4, harness.answers().size());
    }
  }
}
