package io.focusstream.operators.stream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.focusstream.operators.config.AskOptions;
import io.focusstream.operators.config.FocusSettings;
import io.focusstream.operators.testing.FakeEngine;
import io.focusstream.operators.text.Prefilter;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.Evidence;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Which chunks a question is asked of. Two events of 8 tokens, a token a character, fill a chunk.
 */
@Timeout(60)
class PrefilterHarnessTest {
  private static final List<String> LINES =
      List.of(
          "aaaaaaa", "zebra 1", "bbbbbbb", "ccccccc", "zebra 2", "ddddddd", "eeeeeee", "fffffff");

  private final FakeEngine engine = FakeEngine.manual();

  private Answer ask(int most) throws Exception {
    FocusSettings settings =
        SettingsFixture.small(config -> config.set(AskOptions.PREFILTER_CHUNKS, most));
    try (FocusHarness harness = FocusHarness.start(settings, engine)) {
      for (String line : LINES) {
        harness.event("a", line);
      }
      for (int i = 0; i < 4; i++) {
        harness.event("a", "tttttt" + i);
      }
      harness.completeAll(engine);
      harness.question("1", "a", "zebra?");
      harness.completeAll(engine);
      List<Answer> answers = harness.answers();
      return answers.get(answers.size() - 1);
    }
  }

  @Test
  void onlyTheChunksThatShareMostWithTheQuestionAreAskedAndTheEvidenceNamesThem() throws Exception {
    Answer answer = ask(2);

    assertEquals(
        "aaaaaaa\nzebra 1\n|zebra 2\nddddddd\n|tttttt0\ntttttt1\ntttttt2\ntttttt3\n?zebra?",
        answer.text());
    assertEquals(
        List.of(0, 2),
        answer.evidence().stream()
            .map(Evidence::chunk)
            .filter(chunk -> chunk != Evidence.TAIL)
            .sorted()
            .toList());
    assertEquals(4, answer.usage().chunks());
  }

  @Test
  void zeroAsksAll() throws Exception {
    assertEquals(4, ask(0).text().chars().filter(c -> c == '|').count());
  }

  @Test
  void asManyAsThereAreAsksAll() throws Exception {
    assertEquals(4, ask(4).text().chars().filter(c -> c == '|').count());
  }

  @Test
  void aRareTokenCountsForMoreThanACommonOneAndAmongEqualsTheNewerIsChosen() {
    int[] question = {1, 2};
    List<int[]> chunks =
        List.of(new int[] {2}, new int[] {1, 9, 1}, new int[] {1}, new int[] {1}, new int[] {9});

    assertArrayEquals(new int[] {0}, Prefilter.choose(chunks, question, 1));
    assertArrayEquals(new int[] {0, 1}, Prefilter.choose(chunks, question, 2));
    assertArrayEquals(new int[] {0, 1, 3}, Prefilter.choose(chunks, question, 3));
  }

  @Test
  void neighbouringTokensCountAsAWord() {
    List<int[]> chunks = List.of(new int[] {1, 2, 9}, new int[] {2, 9, 1});

    assertArrayEquals(new int[] {0}, Prefilter.choose(chunks, new int[] {1, 2}, 1));
  }
}
