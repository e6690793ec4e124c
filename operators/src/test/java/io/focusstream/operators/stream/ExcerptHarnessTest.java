package io.focusstream.operators.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.operators.engine.AskTask;
import io.focusstream.operators.testing.FakeEngine;
import io.focusstream.schemas.Answer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which stored states are read: two events of 8 tokens, a token a character, fill a chunk. */
@Timeout(60)
class ExcerptHarnessTest {
  private static final List<String> LINES =
      List.of(
          "aaaaaaa", "zebra 1", "bbbbbbb", "ccccccc", "zebra 2", "ddddddd", "eeeeeee", "fffffff",
          "tttttt0", "tttttt1", "tttttt2", "tttttt3");

  private final FakeEngine engine = FakeEngine.manual();

  private static void tell(FocusHarness harness, FakeEngine engine) throws Exception {
    for (String line : LINES) {
      harness.event("a", line);
    }
    harness.completeAll(engine);
  }

  private static List<Boolean> loaded(AskTask task) {
    return task.chunks().stream().map(chunk -> !chunk.blocks().isEmpty()).toList();
  }

  @Test
  void onlyTheStatesOfChunksWithAMarkedLineAreReadWhereThoseSettleIt() throws Exception {
    engine.readsFirst('z', true);
    try (FocusHarness harness = FocusHarness.start(SettingsFixture.small(), engine)) {
      tell(harness, engine);
      harness.question("1", "a", "zebra?");
      harness.completeAll(engine);

      assertEquals(1, engine.asked().size());
      AskTask asked = engine.asked().get(0);
      assertEquals(List.of(true, false, true, false), loaded(asked));
      assertTrue(asked.someStates());
      assertEquals(2, asked.found().excerpts().size());
      Answer answer = harness.answers().get(0);
      assertEquals(4, answer.usage().chunks());
      assertEquals(96, answer.usage().streamTokens());
      assertTrue(answer.text().startsWith("aaaaaaa\nzebra 1\n|zebra 2\nddddddd\n|"), answer.text());
    }
  }

  @Test
  void whereTheyDoNotTheQuestionIsAskedAgainWithAllAndThatIsNoFailure() throws Exception {
    engine.readsFirst('z', false);
    try (FocusHarness harness = FocusHarness.start(SettingsFixture.small(), engine)) {
      tell(harness, engine);
      harness.question("1", "a", "zebra?");
      harness.completeAll(engine);

      assertEquals(2, engine.asked().size());
      assertEquals(List.of(true, true, true, true), loaded(engine.asked().get(1)));
      assertFalse(engine.asked().get(1).someStates());
      assertEquals(1, harness.answers().size());
      assertEquals(4, harness.answers().get(0).text().chars().filter(c -> c == '|').count());
    }
  }

  @Test
  void withoutAnyMarkedLineAllAreReadAtOnce() throws Exception {
    engine.readsFirst('x', false);
    try (FocusHarness harness = FocusHarness.start(SettingsFixture.small(), engine)) {
      tell(harness, engine);
      harness.question("1", "a", "zebra?");
      harness.completeAll(engine);

      assertEquals(1, engine.asked().size());
      assertEquals(List.of(true, true, true, true), loaded(engine.asked().get(0)));
    }
  }
}
