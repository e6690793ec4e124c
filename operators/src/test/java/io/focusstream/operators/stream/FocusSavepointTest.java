package io.focusstream.operators.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.focusstream.operators.testing.FakeEngine;
import io.focusstream.schemas.Answer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.apache.flink.streaming.util.OperatorSnapshotUtil;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Test;

/**
 * A savepoint of each layout that was ever released is kept in {@code resources/state} and must be
 * restored by every later build. Made by {@link #writesTheFixture()} of the build that released it.
 */
class FocusSavepointTest {
  private static final Path RESOURCES = Path.of("src/test/resources");
  private static final String FIXTURE = "state/focus-v1.snapshot";

  private static void history(FocusHarness harness, FakeEngine engine) throws Exception {
    for (int i = 0; i < 9; i++) {
      harness.event("a", "a-line" + i);
    }
    harness.completeAll(engine);
    harness.event("a", "x".repeat(40));
    harness.question("in flight", "a", "q");
  }

  @Test
  void savepointOfVersion1IsRestored() throws Exception {
    FakeEngine engine = FakeEngine.manual();
    OperatorSubtaskState state =
        OperatorSnapshotUtil.readStateHandle(RESOURCES.resolve(FIXTURE).toString());
    Map<String, String> answers = new TreeMap<>();
    try (FocusHarness harness =
        FocusHarness.start(
            SettingsFixture.small(), engine, new HashMapStateBackend(), state, 1, 0)) {
      harness.question("asked later", "a", "q");
      harness.completeAll(engine);
      for (Answer answer : harness.answers()) {
        answers.put(answer.id(), answer.text());
      }
    }
    FakeEngine unbroken = FakeEngine.manual();
    Map<String, String> expected = new TreeMap<>();
    try (FocusHarness harness = FocusHarness.start(SettingsFixture.small(), unbroken)) {
      history(harness, unbroken);
      harness.question("asked later", "a", "q");
      harness.completeAll(unbroken);
      for (Answer answer : harness.answers()) {
        expected.put(answer.id(), answer.text());
      }
    }
    assertEquals(List.of("asked later", "in flight"), List.copyOf(expected.keySet()));
    assertEquals(expected, answers);
  }

  @Test
  @Disabled("writes the fixture of the current version; run it once when a layout is released")
  void writesTheFixture() throws Exception {
    FakeEngine engine = FakeEngine.manual();
    try (FocusHarness harness = FocusHarness.start(SettingsFixture.small(), engine)) {
      history(harness, engine);
      Path target = RESOURCES.resolve(FIXTURE);
      Files.createDirectories(target.getParent());
      OperatorSnapshotUtil.writeStateHandle(harness.snapshot(1, 1), target.toString());
    }
  }
}
