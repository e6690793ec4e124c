package io.focusstream.operators.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A savepoint of each layout that was ever released is kept in {@code resources/state} and must be
 * restored by every later build. Version 2 knows standing questions and deadlines. Made by {@link
 * #writesTheFixture()} of the build that released it.
 */
class FocusSavepointTest {
  private static final Path RESOURCES = Path.of("src/test/resources");
  private static final int NEWEST = 2;

  private static Path fixture(int version) {
    return RESOURCES.resolve("state/focus-v" + version + ".snapshot");
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
  }

  @ParameterizedTest
  @ValueSource(ints = {1, NEWEST})
  void savepointsOfAllVersionsAreRestored(int version) throws Exception {
    FakeEngine engine = FakeEngine.manual();
    OperatorSubtaskState state = OperatorSnapshotUtil.readStateHandle(fixture(version).toString());
    Map<String, String> answers = new TreeMap<>();
    try (FocusHarness harness =
        FocusHarness.start(
            SettingsFixture.small(), engine, new HashMapStateBackend(), state, 1, 0)) {
      harness.question("asked later", "a", "q");
      harness.completeAll(engine);
      for (Answer answer : harness.answers()) {
        answers.put(answer.id() + "/" + answer.update(), answer.text());
      }
    }
    FakeEngine unbroken = FakeEngine.manual();
    Map<String, String> expected = new TreeMap<>();
    try (FocusHarness harness = FocusHarness.start(SettingsFixture.small(), unbroken)) {
      history(harness, unbroken, version);
      int before = harness.answers().size();
      harness.question("asked later", "a", "q");
      harness.completeAll(unbroken);
      for (Answer answer : harness.answers().subList(before, harness.answers().size())) {
        expected.put(answer.id() + "/" + answer.update(), answer.text());
      }
    }
    assertTrue(expected.keySet().containsAll(List.of("asked later/0", "in flight/0")));
    assertEquals(version >= 2, expected.keySet().stream().anyMatch(k -> k.startsWith("standing/")));
    assertEquals(expected, answers);
  }

  @Test
  @Disabled("writes the fixture of the current version; run it once when a layout is released")
  void writesTheFixture() throws Exception {
    FakeEngine engine = FakeEngine.manual();
    try (FocusHarness harness = FocusHarness.start(SettingsFixture.small(), engine)) {
      history(harness, engine, NEWEST);
      Path target = fixture(NEWEST);
      Files.createDirectories(target.getParent());
      OperatorSnapshotUtil.writeStateHandle(harness.snapshot(1, 1), target.toString());
    }
  }
}
