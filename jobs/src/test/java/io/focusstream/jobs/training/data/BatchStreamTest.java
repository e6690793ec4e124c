package io.focusstream.jobs.training.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.operators.text.ByteLevelBpe;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class BatchStreamTest {
  private final ByteLevelBpe tokenizer = Small.tokenizer();
  private final Books books = Small.books();
  private final BatchOptions options =
      new BatchOptions(
          7,
          Schedule.parse("0:64,10:256"),
          4096,
          Schedule.parse("0:4,10:32"),
          8192,
          32768,
          QuestionMix.DEFAULT,
          false,
          0.5);

  @Test
  void aBatchDependsOnSeedAndIndexAlone() {
    try (BatchStream one = BatchStream.base(tokenizer, books, options, 0, 1);
        BatchStream four = BatchStream.base(tokenizer, books, options, 0, 4);
        BatchStream later = BatchStream.base(tokenizer, books, options, 11, 2)) {
      for (int i = 0; i < 14; i++) {
        byte[] bytes = one.next().toBytes();
        assertArrayEquals(bytes, four.next().toBytes());
        if (i >= 11) {
          assertArrayEquals(bytes, later.next().toBytes());
        }
      }
    }
  }

  @Test
  void aFocusBatchDependsOnSeedAndIndexAlone() {
    try (BatchStream one = BatchStream.focus(tokenizer, books, options, 0, 1);
        BatchStream three = BatchStream.focus(tokenizer, books, options, 0, 3)) {
      for (int i = 0; i < 16; i++) {
        assertArrayEquals(one.next().toBytes(), three.next().toBytes());
      }
    }
  }

  @Test
  void anotherSeedGivesAnotherBatch() {
    byte[] seven = new BaseBatches(tokenizer, books, options).make(3).toBytes();
    byte[] eight =
        new BaseBatches(
                tokenizer,
                books,
                new BatchOptions(
                    8,
                    options.lengths(),
                    4096,
                    options.chunks(),
                    8192,
                    32768,
                    QuestionMix.DEFAULT,
                    false,
                    0.5))
            .make(3)
            .toBytes();
    assertFalse(Arrays.equals(seven, eight));
  }

  @Test
  void weightsOfPaddingAndOfFirstTokensAreZero() {
    BaseBatches batches = new BaseBatches(tokenizer, books, options);
    for (int i = 0; i < 20; i++) {
      BaseBatch batch = batches.make(i);
      assertTrue(batch.rows() * batch.length() <= options.batchTokens());
      for (int row = 0; row < batch.rows(); row++) {
        assertEquals(0, batch.weights()[row * batch.length()]);
        boolean ended = false;
        for (int t = row * batch.length(); t < (row + 1) * batch.length(); t++) {
          boolean padding = batch.tokens()[t] == 0;
          assertFalse(ended && !padding, "padding in the middle of a row");
          ended = padding;
          assertTrue(!padding || batch.weights()[t] == 0);
          assertTrue(batch.tokens()[t] < tokenizer.vocabularySize());
        }
      }
    }
  }

  @Test
  void everyAnswerInABaseRowEndsAndIsWeighed() {
    BaseBatches batches = new BaseBatches(tokenizer, books, options);
    int answers = 0;
    int answerToken = tokenizer.specialToken("<|answer|>");
    int endToken = tokenizer.specialToken("</s>");
    for (int i = 10; i < 30; i++) {
      BaseBatch batch = batches.make(i);
      for (int row = 0; row < batch.rows(); row++) {
        int to = (row + 1) * batch.length();
        for (int t = row * batch.length(); t < to; t++) {
          if (batch.tokens()[t] != answerToken || batch.weights()[t] != 0) {
            continue;
          }
          int at = t + 1;
          while (at < to && batch.tokens()[at] != endToken) {
            assertEquals(at == t + 1 ? 16 : 5, batch.weights()[at]);
            at++;
          }
          assertTrue(at < to && at > t + 1, "an answer is empty or has no end");
          assertEquals(5, batch.weights()[at]);
          answers++;
        }
      }
    }
    assertTrue(answers > 500, "answers: " + answers);
  }

  @Test
  void candidatesStandWhereTheirTargetsFollow() {
    FocusBatches batches = new FocusBatches(tokenizer, books, options);
    int withEvidence = 0;
    for (int i = 0; i < 60; i++) {
      FocusBatch batch = batches.make(i);
      assertTrue(batch.chunks() * batch.chunkTokensMax() <= options.memoryTokens());
      assertTrue(
          (long) batch.chunks() * batch.questions() * batch.promptMax() <= options.rowTokens());
      for (int q = 0; q < batch.questions(); q++) {
        int length = batch.answerLength()[q];
        assertTrue(length >= 1 && length <= batch.answerMax());
        for (int a = 0; a < length; a++) {
          assertEquals(16 * Integer.signum(batch.weight()[q * batch.answerMax() + a]) > 0, true);
          if (a + 1 < length) {
            int target = batch.target()[q * batch.answerMax() + a];
            assertEquals(
                target, batch.prompt()[q * batch.promptMax() + batch.promptLast()[q] + a + 1]);
            assertEquals(
                target, batch.local()[q * batch.localMax() + batch.localLast()[q] + a + 1]);
          }
        }
        int evidence = batch.evidenceChunk()[q];
        if (evidence >= 0) {
          withEvidence++;
          int[] chunk =
              Arrays.copyOfRange(
                  batch.chunkTokens(),
                  evidence * batch.chunkTokensMax(),
                  evidence * batch.chunkTokensMax() + batch.chunkLength()[evidence]);
          boolean special = batch.prompt()[q * batch.promptMax()] == 1;
          int[] answer =
              Arrays.copyOfRange(
                  batch.target(),
                  q * batch.answerMax(),
                  q * batch.answerMax() + length - (special ? 1 : 0));
          // an answer of several parts: the first of them
          for (int comma = 0; comma < answer.length; comma++) {
            if (tokenizer.decode(answer, comma, comma + 1).equals(",")
                && indexOf(chunk, answer) < 0) {
              answer = Arrays.copyOf(answer, comma);
            }
          }
          assertTrue(indexOf(chunk, answer) >= 0, "the answer does not stand in its chunk");
        }
      }
    }
    assertTrue(withEvidence > 300, "questions with evidence: " + withEvidence);
  }

  /** Distances fall from the oldest chunk to the newest; some memories stand for longer ones. */
  @Test
  void distancesDescend() {
    FocusBatches batches = new FocusBatches(tokenizer, books, options);
    int longer = 0;
    for (int i = 0; i < 60; i++) {
      FocusBatch batch = batches.make(i);
      int[] distance = batch.distance();
      assertEquals(batch.chunks(), distance.length);
      for (int c = 1; c < distance.length; c++) {
        assertTrue(distance[c] < distance[c - 1] && distance[c] >= 0);
      }
      longer += distance[0] > batch.chunks() ? 1 : 0;
    }
    assertTrue(longer > 10 && longer < 50, "memories that stand for longer ones: " + longer);
  }

  @Test
  void recordsAreLittleEndianAndOfTheWrittenLength() {
    BaseBatch base = new BaseBatch(1, 2, new int[] {1, 0x0F02}, new byte[] {0, 16});
    assertArrayEquals(
        new byte[] {1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 2, 15, 0, 16}, base.toBytes());
    FocusBatch focus = new FocusBatches(tokenizer, books, options).make(5);
    ByteBuffer bytes = ByteBuffer.wrap(focus.toBytes()).order(ByteOrder.LITTLE_ENDIAN);
    assertEquals(2, bytes.getInt());
    int c = bytes.getInt();
    int tc = bytes.getInt();
    int q = bytes.getInt();
    int sp = bytes.getInt();
    int sl = bytes.getInt();
    int a = bytes.getInt();
    int expected = 2 * (c * tc + c + q * sp + q + q * sl + q + q + q * a) + q * a + 2 * q + 2 * c;
    assertEquals(expected, bytes.remaining());
  }

  @Test
  void aScheduleGrowsWithTheBatch() {
    Schedule schedule = Schedule.parse("0:64,300:128, 1000:256");
    assertEquals(64, schedule.at(299));
    assertEquals(128, schedule.at(300));
    assertEquals(256, schedule.at(5000));
    assertThrows(IllegalArgumentException.class, () -> Schedule.parse("5:64"));
    assertThrows(IllegalArgumentException.class, () -> Schedule.parse("64"));
  }

  private static int indexOf(int[] all, int[] piece) {
    for (int i = 0; i + piece.length <= all.length; i++) {
      if (Arrays.equals(all, i, i + piece.length, piece, 0, piece.length)) {
        return i;
      }
    }
    return -1;
  }

  /** Needles give few questions that have an answer: the others must not become most of them. */
  @Test
  void theShareOfQuestionsWithoutAnswerStaysNearWhatWasAskedFor() {
    BatchOptions needles =
        new BatchOptions(
            5,
            options.lengths(),
            4096,
            Schedule.parse("0:8"),
            2048,
            8192,
            new QuestionMix(0.1, 1.0, 0, 0.15),
            false,
            0.5);
    int[] words = tokenizer.encode(Question.NOT_FOUND);
    int asked = 0;
    int none = 0;
    FocusBatches batches = new FocusBatches(tokenizer, books, needles);
    for (int i = 0; i < 40; i++) {
      FocusBatch batch = batches.make(i);
      for (int q = 0; q < batch.questions(); q++) {
        asked++;
        none += batch.target()[q * batch.answerMax()] == words[0] ? 1 : 0;
      }
    }
    double share = (double) none / asked;
    assertTrue(share > 0.02 && share < 0.25, share + " of " + asked);
  }
}
