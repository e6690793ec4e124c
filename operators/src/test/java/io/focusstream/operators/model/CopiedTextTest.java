package io.focusstream.operators.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class CopiedTextTest {
  private static final int COMMA = 8;
  private static final int END = 9;
  private final CopiedText text =
      new CopiedText(new int[] {1, 2, 3, 1, 2, 4, COMMA, 5}, Set.of(COMMA), Set.of(END));

  private static Set<Integer> next(CopiedText text) {
    byte[] allowed = new byte[2 + 10];
    text.allow(allowed, 2);
    Set<Integer> found = new TreeSet<>();
    for (int i = 0; i < 10; i++) {
      if (allowed[2 + i] == 1) {
        found.add(i);
      }
    }
    return found;
  }

  @Test
  void aCopyBeginsAnywhereAndGoesOnWhereItIs() {
    assertEquals(Set.of(1, 2, 3, 4, 5, COMMA), next(text));
    text.say(1);
    assertEquals(Set.of(2, COMMA, END), next(text));
    text.say(2);
    assertEquals(Set.of(3, 4, COMMA, END), next(text));
    text.say(4);
    assertEquals(Set.of(COMMA, END), next(text));
  }

  @Test
  void afterASeparatorAnotherBegins() {
    text.say(3);
    text.say(COMMA);
    assertEquals(Set.of(1, 2, 3, 4, 5, COMMA, END), next(text));
    text.say(5);
    assertEquals(Set.of(COMMA, END), next(text));
  }

  @Test
  void whatIsNotInTheTextIsNoCopy() {
    text.say(7);
    assertEquals(Set.of(COMMA, END), next(text));
    text.say(1);
    assertEquals(Set.of(COMMA, END), next(text));
  }

  @Test
  void aCopyGoesItsOwnWay() {
    text.say(1);
    CopiedText other = text.copy();
    other.say(2);
    assertEquals(Set.of(3, 4, COMMA, END), next(other));
    assertEquals(Set.of(2, COMMA, END), next(text));
  }
}
