package io.focusstream.operators.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.operators.config.AskOptions;
import io.focusstream.operators.config.Consistency;
import io.focusstream.operators.config.FocusSettings;
import io.focusstream.operators.state.Asking;
import io.focusstream.operators.testing.FakeEngine;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerStatus;
import io.focusstream.schemas.Evidence;
import io.focusstream.schemas.OffsetRange;
import io.focusstream.schemas.QueryMode;
import io.focusstream.schemas.SourcePosition;
import io.focusstream.schemas.StreamAnswer;
import io.focusstream.schemas.Timings;
import io.focusstream.schemas.Usage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.streaming.util.OperatorSnapshotUtil;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A savepoint of each layout that was ever released is kept in {@code resources/state} and must be
 * restored by every later build: {@code focus} is the keyed operator by arrival, {@code event-time}
 * the same with events and questions that wait for the watermark, {@code merge} the operator that
 * makes one answer of many; a version that changes nothing of one has no fixture of it. Version 2
 * knows standing questions and deadlines, version 4 when a waiting question arrived. Made by the
 * disabled tests of the build that released it.
 */
class FocusSavepointTest {
  private static final Path RESOURCES = Path.of("src/test/resources");
  private static final int NEWEST = 4;
  private static final FocusSettings EVENT_TIME =
      SettingsFixture.small(config -> config.set(AskOptions.CONSISTENCY, Consistency.EVENT_TIME));

  private static Path fixture(String what, int version) {
    return RESOURCES.resolve("state/" + what + "-v" + version + ".snapshot");
  }

  private static OperatorSubtaskState read(String what, int version) throws Exception {
    return OperatorSnapshotUtil.readStateHandle(fixture(what, version).toString());
  }

  private static void write(OperatorSubtaskState state, String what) throws Exception {
    Path target = fixture(what, NEWEST);
    Files.createDirectories(target.getParent());
    OperatorSnapshotUtil.writeStateHandle(state, target.toString());
  }

  /** What had happened when the savepoint of a version was taken. */
  private static void history(FocusHarness harness, FakeEngine engine, int version)
      throws Exception {
    if (version >= 2) {
      harness.standing("standing", "a", "q");
    }
    for (int i = 0; i < 9; i++) {
      harness.event("a", "a-line" + i);
    }
    harness.completeAll(engine);
    harness.event("a", "x".repeat(40));
    harness.question("in flight", "a", "q");
    if (version >= 3) {
      harness.query(
          new TokenizedQuestion(
              "part",
              "a",
              new int[] {'q'},
              32,
              QueryMode.ASK,
              0,
              0,
              new SourcePosition("queries", 0, 0),
              new Asking("group", null, false)));
    }
  }

  private static void gather(FocusHarness harness, int from, Map<String, String> into) {
    for (Answer answer : harness.answers().subList(from, harness.answers().size())) {
      into.put(answer.id() + "/" + answer.update(), answer.text());
    }
    for (AnswerPart part : harness.parts()) {
      into.put(part.group() + "/" + part.id(), part.answer().text());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void savepointsOfAllVersionsAreRestored(int version) throws Exception {
    FakeEngine engine = FakeEngine.manual();
    Map<String, String> answers = new TreeMap<>();
    try (FocusHarness harness = restored(SettingsFixture.small(), engine, read("focus", version))) {
      harness.question("asked later", "a", "q");
      harness.completeAll(engine);
      gather(harness, 0, answers);
    }
    FakeEngine unbroken = FakeEngine.manual();
    Map<String, String> expected = new TreeMap<>();
    try (FocusHarness harness = FocusHarness.start(SettingsFixture.small(), unbroken)) {
      history(harness, unbroken, version);
      int before = harness.answers().size();
      harness.question("asked later", "a", "q");
      harness.completeAll(unbroken);
      gather(harness, before, expected);
    }
    assertTrue(expected.keySet().containsAll(List.of("asked later/0", "in flight/0")));
    assertEquals(version >= 2, expected.keySet().stream().anyMatch(k -> k.startsWith("standing/")));
    assertEquals(version >= 3, expected.containsKey("group/part"));
    assertEquals(expected, answers);
  }

  private static FocusHarness restored(
      FocusSettings settings, FakeEngine engine, OperatorSubtaskState state) throws Exception {
    return FocusHarness.start(settings, engine, new HashMapStateBackend(), state, 1, 0);
  }

  /** A chunk is sealed; then events and questions of every kind wait for a later watermark. */
  private static void waitingHistory(FocusHarness harness, FakeEngine engine) throws Exception {
    for (int i = 0; i < 6; i++) {
      harness.event("a", "a-line" + i);
    }
    harness.watermark(50);
    harness.completeAll(engine);
    harness.event("a", "later", 120, 7);
    harness.event("a", "sooner", 110, 8);
    harness.event("b", "b-line", 110, 9);
    harness.question("waits", "a", "q", 115);
    harness.query("standing", "a", "q", QueryMode.STANDING, 0, 100);
    harness.query("in time", "b", "q", QueryMode.ASK, 60_000, 120);
    for (String key : KeyGroupKeys.of(FocusHarness.MAX_PARALLELISM)) {
      harness.query(
          new TokenizedQuestion(
              "many",
              key,
              new int[] {'q'},
              32,
              QueryMode.ASK,
              0,
              130,
              new SourcePosition("queries", 0, 130),
              new Asking("group", "", false)));
    }
  }

  /** The watermark passes what waits; what comes out then. */
  private static Map<String, String> waitedFor(FocusHarness harness, FakeEngine engine)
      throws Exception {
    harness.watermark(200);
    for (int i = 0; i < 6; i++) {
      harness.event("a", "a-more" + i, 300 + i, 300 + i);
    }
    harness.watermark(400);
    harness.completeAll(engine);
    Map<String, String> said = new TreeMap<>();
    for (Answer answer : harness.answers()) {
      said.put(answer.id() + "/" + answer.update(), answer.text());
    }
    int announced = 0;
    for (AnswerPart part : harness.parts()) {
      if (part.answer() == null) {
        announced += part.streams();
      } else {
        said.put(part.id() + " in " + part.answer().stream(), part.answer().text());
      }
    }
    said.put("announced", String.valueOf(announced));
    return said;
  }

  @ParameterizedTest
  @ValueSource(ints = {3, NEWEST})
  void whatWaitsForTheWatermarkIsRestoredFromAllVersions(int version) throws Exception {
    FakeEngine engine = FakeEngine.manual();
    Map<String, String> said;
    try (FocusHarness harness = restored(EVENT_TIME, engine, read("event-time", version))) {
      said = waitedFor(harness, engine);
    }
    FakeEngine unbroken = FakeEngine.manual();
    try (FocusHarness harness = FocusHarness.start(EVENT_TIME, unbroken)) {
      waitingHistory(harness, unbroken);
      assertEquals(waitedFor(harness, unbroken), said);
    }
    assertEquals("2", said.get("announced"));
    assertTrue(
        said.keySet()
            .containsAll(
                List.of(
                    "waits/0", "standing/0", "standing/1", "in time/0", "many in a", "many in b")),
        said.toString());
    assertTrue(said.get("waits/0").contains("sooner"), said.toString());
    assertFalse(said.get("waits/0").contains("later"), said.toString());
  }

  /** The operator that merges, as a test steps it. */
  private static final class Merging {
    final KeyedOneInputStreamOperatorTestHarness<String, AnswerPart, Answer> harness;

    Merging() throws Exception {
      harness =
          new KeyedOneInputStreamOperatorTestHarness<>(
              new KeyedProcessOperator<>(new MergeAnswers(256)), AnswerPart::group, Types.STRING);
    }

    void take(AnswerPart part) throws Exception {
      harness.processElement(new StreamRecord<>(part));
    }

    /** One of two sources has said how many answers it sends; one of three answers is there. */
    void half() throws Exception {
      take(AnswerPart.announced("group", "many", "web-*", 2, 2, false));
      take(AnswerPart.answered("group", answerOf("a", 0.5)));
    }

    /** The rest, and what comes of it. */
    List<Answer> otherHalf() throws Exception {
      take(AnswerPart.answered("group", answerOf("b", 0.75)));
      take(AnswerPart.answered("group", answerOf("c", 0.25)));
      assertEquals(List.of(), harness.extractOutputValues());
      take(AnswerPart.announced("group", "many", "web-*", 2, 1, false));
      return harness.extractOutputValues();
    }
  }

  private static Answer answerOf(String stream, double confidence) {
    return new Answer(
        "many",
        0,
        stream,
        AnswerStatus.OK,
        "of " + stream,
        null,
        List.of(
            new Evidence(
                3, 0.5, 10, 20, List.of(new OffsetRange("events", 0, 7, 9)), List.of("line"))),
        new Usage(2, 40, 8, 1, 3, 10),
        Timings.NONE,
        confidence,
        "f00dfeed");
  }

  @ParameterizedTest
  @ValueSource(ints = {3})
  void aHalfMergedAnswerIsRestoredFromAllVersions(int version) throws Exception {
    Merging restored = new Merging();
    Merging unbroken = new Merging();
    try {
      restored.harness.initializeState(read("merge", version));
      restored.harness.open();
      unbroken.harness.open();
      unbroken.half();
      List<Answer> merged = restored.otherHalf();
      assertEquals(unbroken.otherHalf(), merged);
      assertEquals(
          List.of("b", "a", "c"),
          merged.get(0).streams().stream().map(StreamAnswer::stream).toList());
    } finally {
      restored.harness.close();
      unbroken.harness.close();
    }
  }

  @Test
  @Disabled("writes the fixture of the current version; run it once when a layout is released")
  void writesTheFixture() throws Exception {
    FakeEngine engine = FakeEngine.manual();
    try (FocusHarness harness = FocusHarness.start(SettingsFixture.small(), engine)) {
      history(harness, engine, NEWEST);
      write(harness.snapshot(1, 1), "focus");
    }
  }

  @Test
  @Disabled("writes the fixture of the current version; run it once when a layout is released")
  void writesTheFixtureOfWhatWaits() throws Exception {
    FakeEngine engine = FakeEngine.manual();
    try (FocusHarness harness = FocusHarness.start(EVENT_TIME, engine)) {
      waitingHistory(harness, engine);
      write(harness.snapshot(1, 1), "event-time");
    }
  }

  @Test
  @Disabled("writes the fixture of the current version; run it once when a layout is released")
  void writesTheFixtureOfAHalfMergedAnswer() throws Exception {
    Merging merging = new Merging();
    try {
      merging.harness.open();
      merging.half();
      write(merging.harness.snapshot(1, 1), "merge");
    } finally {
      merging.harness.close();
    }
  }
}
