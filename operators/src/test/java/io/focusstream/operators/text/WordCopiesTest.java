package io.focusstream.operators.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.operators.testing.ShippedTokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class WordCopiesTest {
  private final TextTokenizer tokenizer = ShippedTokenizer.PROVIDER.open();
  private final WordCopies copies = new WordCopies(tokenizer);

  /** What may follow an answer, as text; empty for anything. */
  private TreeSet<String> next(String text, String said) {
    TreeSet<String> next = new TreeSet<>();
    for (int token : copies.next(tokenizer.encode(text), tokenizer.encode(said))) {
      next.add(tokenizer.decode(new int[] {token}));
    }
    return next;
  }

  private static TreeSet<String> only(String... tokens) {
    return new TreeSet<>(List.of(tokens));
  }

  @Test
  void repeatedDigitsAreCountedInTheText() {
    String text = "The sequence of digits is 8877777788. Keep it in mind; 41 is none.\n";
    assertEquals(only("7"), next(text, "88777"));
    assertEquals(only("7"), next("x 8877777788.", "8877777"));
    assertEquals(only("8"), next("x 8877777788.", "88777777"));
    assertEquals(only("."), next("x 8877777788.", "8877777788"));
  }

  @Test
  void anIdIsHeldBehindItsHyphensToo() {
    String text = "{\"5d2c-77a1-0b\": \"9f-77a3\", \"77\": 3}\n";
    assertEquals(only("7"), next(text, "9f-"));
    assertEquals(only("3"), next(text, "9f-77a"));
    assertEquals(only("1", "3"), next(text, "77a"), "by itself either may be meant");
  }

  @Test
  void whatIsNoWordOrNotOfTheTextIsFree() {
    String text = "req 4412, 4413 and 99 failed\n";
    assertEquals(only(), next(text, ""));
    assertEquals(only(), next(text, "4"), "one token says little");
    assertEquals(only(), next(text, "4412,"), "the word is over");
    assertEquals(only(), next(text, "4412, "), "a list goes on as it likes");
    assertEquals(only(), next(text, "4499"), "not of this text");
    assertEquals(only(), next("id 4412", "441" + "2"), "the text ends there, maybe in the middle");
  }

  @Test
  void aNewWordBeginsAnew() {
    assertEquals(only("1"), next("a 4412 b 7781.\n", "7781, 44"));
  }

  @Test
  void onlyWhatGoesOnWithAWordIsCovered() {
    List<Integer> covered = new ArrayList<>();
    for (int token = 0; token < tokenizer.vocabularySize(); token++) {
      if (copies.covers(token)) {
        covered.add(token);
      }
    }
    assertTrue(covered.containsAll(Arrays.stream(tokenizer.encode("7")).boxed().toList()));
    for (String free : List.of(" and", ", ", "-", ".", "\n")) {
      assertFalse(covered.contains(tokenizer.encode(free)[0]), free);
    }
    int unknown = tokenizer.vocabularySize() + 7;
    assertFalse(copies.covers(unknown), "a model may know more tokens than its tokenizer");
    assertEquals(0, copies.next(new int[] {4, unknown, 5, 6}, new int[] {4, unknown}).length);
    assertFalse(covered.contains(tokenizer.specialToken("</s>")), "an answer may always end");
  }

  private boolean repeats(String question, String text, String said, String next) {
    int[] token = tokenizer.encode(next);
    assertEquals(1, token.length, next);
    return copies.repeats(
        copies.names(tokenizer.encode(question)),
        tokenizer.encode(text),
        tokenizer.encode(said),
        token[0]);
  }

  @Test
  void namesHaveADigitOrParts() {
    String question =
        "Who sent /user/bob/part-07: r-9, com.a.b or 10.1.2.3:80? Say it, e.g. well-known.";
    assertEquals(
        List.of("/user/bob/part-07", "r-9", "com.a.b", "10.1.2.3:80", "well-known"),
        copies.names(tokenizer.encode(question)));
  }

  @Test
  void whatTheQuestionNamesIsNotItsAnswer() {
    String question = "Which upstream failed for client 172.21.5.9?";
    String line = "12:00 connect failed, client: 172.21.5.9, upstream: 172.30.7.1, host: x7\n";
    assertFalse(repeats(question, line, "", "1"), "another word begins so too");
    assertFalse(repeats(question, line, "172.", "3"));
    assertTrue(repeats(question, line, "172.", "2"));
    assertTrue(repeats(question, line, "172.21.5.", "9"));
    assertFalse(repeats(question, line, "172.21.5.9", ","), "there it is said already");
    assertFalse(repeats(question, line, "x", "7"));
    assertFalse(repeats(question, "client: 172.21.5.9, upstream: 172.21.5.94\n", "172.21.5.", "9"));
    assertTrue(repeats("is r8 there?", "7 r8 9\n", "r", "8"));
    assertFalse(repeats("is it there?", "7 8 9\n", "", "8"));
  }

  @Test
  void aWordWithoutEndIsReadToo() {
    for (String part : List.of("a-", "x", "7", "--")) {
      int[] question = tokenizer.encode(part.repeat(50_000));
      assertTrue(copies.names(question).size() <= 1, part);
      assertFalse(copies.repeats(List.of("r8"), question, new int[0], question[0]), part);
    }
  }
}
