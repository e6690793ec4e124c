package io.focusstream.jobs.training.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.jobs.training.data.Asked.Part;
import io.focusstream.operators.model.ProposalLayout;
import io.focusstream.operators.text.ByteLevelBpe;
import io.focusstream.operators.text.PromptTemplate;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProposalsTest {
  private static final int NO = 5;
  private static final int COMMA = 20;
  private static final int BLANK = 21;
  private static final int END = 2;
  private static final Proposals.Marks MARKS =
      new Proposals.Marks(NO, COMMA, BLANK, END, new int[] {30, 31, END});

  private final Part first = new Part(3, new int[] {100, 101}, -1);
  private final Part second = new Part(9, new int[] {100, 102, 103}, -1);

  private static int[] of(int... tokens) {
    return tokens;
  }

  @Test
  void theChunkThatHoldsTheAnswerSaysItAndOthersAbstain() {
    Proposals holds =
        Proposals.ofChunk(List.of(first), List.of(first), false, List.of(true), MARKS);
    assertArrayEquals(of(100, 101, END), holds.said());
    assertArrayEquals(of(100, 101, END), holds.proposed());
    Proposals other = Proposals.ofChunk(List.of(first), List.of(), false, List.of(true), MARKS);
    assertArrayEquals(of(100, 101, END), other.said());
    assertArrayEquals(of(NO, NO, NO), other.proposed());
  }

  @Test
  void whatWasSetEarlierIsProposedAsLongAsItAgreesWithWhatIsSaid() {
    Proposals earlier =
        Proposals.ofChunk(List.of(first), List.of(second), false, List.of(true), MARKS);
    assertArrayEquals(of(100, 102, NO), earlier.proposed());
  }

  @Test
  void ofSeveralPartsEachChunkSaysItsOwnOnce() {
    List<Part> both = List.of(second, first);
    List<Boolean> blanks = List.of(true, true);
    Proposals ofFirst = Proposals.ofChunk(both, List.of(first), true, blanks, MARKS);
    assertArrayEquals(of(100, 102, 103, COMMA, BLANK, 100, 101, END), ofFirst.said());
    assertArrayEquals(of(100, 101, NO, COMMA, BLANK, 100, 101, NO), ofFirst.proposed());
    Proposals ofSecond = Proposals.ofChunk(both, List.of(second), true, blanks, MARKS);
    assertArrayEquals(of(100, 102, 103, NO, NO, NO, NO, NO), ofSecond.proposed());
  }

  @Test
  void aPartThatFollowsFromAnotherIsKnownOnceThatWasSaid() {
    Part root = new Part(1, new int[] {50}, -1);
    Part next = new Part(2, new int[] {60}, 1);
    Proposals ofNext =
        Proposals.ofChunk(List.of(root, next), List.of(next), true, List.of(true, false), MARKS);
    assertArrayEquals(of(50, COMMA, 60, END), ofNext.said());
    assertArrayEquals(of(NO, COMMA, 60, NO), ofNext.proposed());
  }

  @Test
  void withoutChunksItIsNotFoundAndSeveralPartsEnd() {
    Proposals none = Proposals.ofNothing(List.of(), false, List.of(), MARKS);
    assertArrayEquals(of(30, 31, END), none.proposed());
    Proposals several =
        Proposals.ofNothing(List.of(second, first), true, List.of(true, true), MARKS);
    assertEquals(30, several.proposed()[0]);
    assertEquals(END, several.proposed()[3]);
    assertEquals(END, several.proposed()[7]);
    assertArrayEquals(new byte[] {16, 0, 0, 16, 0, 0, 0, 16}, several.weights());
  }

  /** In whole batches: what is proposed stands in the chunk, and enough is abstained from. */
  @ParameterizedTest
  @ValueSource(doubles = {0, 1})
  void whatAChunkProposesStandsInIt(double excerpts) {
    ByteLevelBpe tokenizer = Small.tokenizer();
    int abstain = tokenizer.specialToken(PromptTemplate.ABSTAIN);
    int end = tokenizer.specialToken("</s>");
    BatchOptions options =
        new BatchOptions(
            7,
            Schedule.parse("0:256"),
            4096,
            Schedule.parse("0:10"),
            2048,
            3600,
            new QuestionMix(0.1, 0.12, 0.4, 0),
            true,
            excerpts);
    int answered = 0;
    int abstained = 0;
    int withoutChunk = 0;
    int textLearnt = 0;
    int textNotLearnt = 0;
    ProposalBatches batches = new ProposalBatches(tokenizer, Small.books(), options);
    for (int i = 0; i < 30; i++) {
      ProposalBatch batch = batches.make(i);
      assertArrayEquals(
          batch.toBytes(),
          new ProposalBatches(tokenizer, Small.books(), options).make(i).toBytes());
      int s = batch.length();
      for (int row = 0; row < batch.rows(); row++) {
        int from = row * s;
        int at = from;
        // of excerpts not every chunk's own text is learnt
        boolean unlearnt = excerpts > 0 && batch.weights()[from] == 0;
        textLearnt += unlearnt ? 0 : 1;
        textNotLearnt += unlearnt ? 1 : 0;
        while (at < from + s && batch.segments()[at] == 0) {
          boolean last = unlearnt || at + 1 == from + s || batch.segments()[at + 1] != 0;
          assertEquals(last ? 0 : 2, batch.weights()[at]);
          assertEquals(last ? 0 : batch.tokens()[at + 1], batch.targets()[at]);
          at++;
        }
        int[] chunk = Arrays.copyOfRange(batch.tokens(), from, at);
        while (at < from + s) {
          int segment = batch.segments()[at];
          int begin = at;
          int[][] columns = batch.columns()[row];
          int[] some = segment <= columns.length ? columns[segment - 1] : null;
          assertTrue(some == null || excerpts > 0);
          int[] seen =
              some == null ? chunk : Arrays.stream(some).map(column -> chunk[column]).toArray();
          List<Integer> said = new ArrayList<>();
          boolean any = false;
          boolean whole = true;
          for (; at < from + s && batch.segments()[at] == segment; at++) {
            assertEquals(
                batch.weights()[at] > 0 || batch.tokens()[at] != 0 ? seen.length + at - begin : 0,
                batch.positions()[at]);
            if (batch.weights()[at] == 0) {
              continue;
            }
            int target = batch.targets()[at];
            boolean silent = target == abstain;
            any |= !silent;
            whole &= !silent;
            if (!silent && target != end) {
              said.add(target);
            }
          }
          if (chunk.length == 0) {
            withoutChunk += any ? 1 : 0;
          } else if (any && whole) {
            answered++;
            String text = tokenizer.decode(seen, 0, seen.length);
            int[] all = said.stream().mapToInt(token -> token).toArray();
            for (String part : tokenizer.decode(all, 0, all.length).split(", ")) {
              assertTrue(text.contains(part.strip()), part + " is not in " + text);
            }
          } else if (!any) {
            abstained++;
          }
        }
      }
    }
    assertTrue(answered > 200, "answered " + answered);
    assertTrue(abstained > (excerpts > 0 ? answered / 20 : answered / 2), "abstained " + abstained);
    assertTrue(withoutChunk > 20, "without a chunk " + withoutChunk);
    assertTrue(textLearnt > 30, "chunks whose text is learnt " + textLearnt);
    assertEquals(excerpts > 0, textNotLearnt > 30, "chunks whose text isn't " + textNotLearnt);
  }

  private static List<ProposalBatch> some() {
    BatchOptions d = BatchOptions.defaults(3);
    ProposalBatches batches =
        new ProposalBatches(
            Small.tokenizer(),
            Small.books(),
            new BatchOptions(
                3, d.lengths(), 4096, Schedule.parse("0:6"), 2048, 2048, d.mix(), false, 0.5));
    return IntStream.range(0, 6).mapToObj(batches::make).toList();
  }

  /** Several made into one say what each says, wherever its rows stand. */
  @Test
  void togetherTheyAreWhatTheyAreAlone() {
    List<ProposalBatch> some = some();
    ProposalBatch all = ProposalBatch.together(some);
    int row = 0;
    int asked = 0;
    int behindExcerpts = 0;
    for (ProposalBatch one : some) {
      asked += ProposalLayout.of(one.asRows()).whose().length;
      for (int r = 0; r < one.rows(); r++, row++) {
        int from = r * one.length();
        int to = row * all.length();
        for (int i = 0; i < one.length(); i++) {
          assertEquals(one.tokens()[from + i], all.tokens()[to + i]);
          assertEquals(one.positions()[from + i], all.positions()[to + i]);
          assertEquals(one.segments()[from + i], all.segments()[to + i]);
          assertEquals(one.targets()[from + i], all.targets()[to + i]);
          assertEquals(one.weights()[from + i], all.weights()[to + i]);
        }
        for (int i = one.length(); i < all.length(); i++) {
          assertEquals(0, all.weights()[to + i]);
        }
        assertArrayEquals(one.columns()[r], all.columns()[row]);
        behindExcerpts += (int) Arrays.stream(one.columns()[r]).filter(c -> c != null).count();
      }
    }
    assertEquals(row, all.rows());
    assertTrue(behindExcerpts > 20, "behind excerpts " + behindExcerpts);
    assertEquals(asked, ProposalLayout.of(all.asRows(), 0.6).whose().length);
  }

  /** What a trainer outside Java reads. */
  @Test
  void bytesAreTheLayout() {
    ProposalBatch batch = ProposalBatch.together(some());
    ProposalLayout layout = ProposalLayout.of(batch.asRows(), 0.6);
    ByteBuffer bytes = ByteBuffer.wrap(batch.toBytes()).order(ByteOrder.LITTLE_ENDIAN);
    assertEquals(ProposalBatch.KIND, bytes.getInt());
    assertEquals(layout.groups().length, bytes.getInt());
    assertEquals(layout.whose().length, bytes.getInt());
    assertEquals(layout.tokens().length, bytes.getInt());
    assertTrue(layout.moved());
    assertEquals(1, bytes.getInt());
    for (int number : layout.groups()) {
      assertEquals(number, bytes.getInt());
    }
    assertEquals(layout.whose().length * layout.groups()[1], layout.columns().length);
    for (int[] part :
        List.of(
            layout.whose(),
            layout.columns(),
            layout.tokens(),
            layout.positions(),
            layout.targets())) {
      for (int value : part) {
        assertEquals(value, bytes.getShort());
      }
    }
    for (float weight : layout.weights()) {
      assertEquals(weight, bytes.get() / 16f);
    }
    assertEquals(0, bytes.remaining());
  }
}
