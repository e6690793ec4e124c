package io.focusstream.jobs.training.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LogKindTest {
  @Test
  void thereAreManyKindsEachWithLinesAndQuestions() {
    Set<String> names = new HashSet<>();
    int lines = 0;
    int questions = 0;
    for (LogKind kind : LogKind.all()) {
      assertTrue(names.add(kind.name()), "twice: " + kind.name());
      assertTrue(kind.messages().size() >= 2, kind.name());
      for (LogKind.Message message : kind.messages()) {
        lines++;
        for (LogKind.Ask ask : message.asks()) {
          questions += ask.questions().size();
        }
      }
    }
    assertTrue(
        names.size() >= 660 && lines >= 2300 && questions >= 54_000, names.size() + " kinds");
  }

  @Test
  void factsLieWhereTheirValuesStandAndNoLineIsOfAKindHeldOut() {
    List<DraftLine> lines = new ArrayList<>();
    int facts = 0;
    for (int i = 0; i < 1500; i++) {
      Rng rng = Rng.of(3, i);
      LogKindScenario scenario = new LogKindScenario(rng);
      lines.clear();
      while (lines.size() < 10) {
        scenario.emit(rng, lines);
      }
      lines.addAll(scenario.unsaid(rng));
      for (DraftLine line : lines) {
        HeldOutLogs.SHAPES.forEach(
            shape -> assertFalse(shape.matcher(line.text()).find(), line.text()));
        for (Fact fact : line.facts()) {
          facts++;
          assertTrue(line.text().contains(fact.anchor()), fact + " in " + line.text());
          assertFalse(line.value(fact).isBlank(), fact + " in " + line.text());
          assertFalse(
              fact.start() > 0
                  && Character.isDigit(line.text().charAt(fact.start() - 1))
                  && Character.isDigit(line.value(fact).charAt(0)),
              fact + " begins within a number of " + line.text());
        }
      }
    }
    assertTrue(facts > 30_000, "facts: " + facts);
  }

  @Test
  void aKindIsReadAsItIsWritten() {
    List<LogKind> kinds =
        LogKind.parse(
            "x",
            """
            # a comment
            kind door
            head {t:clock:HH:mm:ss} door[{p:digits:3}]:
            line \\{"{who:user}"\\} opened {id:as:D-##} after {n:int:1-9} tries
            ask who -> n = tries, attempts | How often did {k} try? | tries of {k}
            """);
    assertEquals(1, kinds.size());
    LogKind kind = kinds.get(0);
    assertEquals("door", kind.name());
    LogKind.Message message = kind.messages().get(0);
    assertEquals("{\"", message.pieces().get(0).text());
    assertEquals(
        new LogKind.Ask(
            "who",
            "n",
            List.of("tries", "attempts"),
            List.of("How often did {k} try?", "tries of {k}")),
        message.asks().get(0));
  }

  @Test
  void whatIsWrongIsNamedWithItsLine() {
    for (String line :
        List.of(
            "line {a}",
            "line {a:nothing}",
            "line {a:int}",
            "line {a:ip:4}",
            "line {a:ip} {a:ip}",
            "line {a:ip",
            "ask a -> b = x | {k}",
            "lines a",
            "line {a:ip} {b:ip}\nask a -> c = x | of {k}",
            "line {a:ip} {b:ip}\nask a -> b = x | of it",
            "line {a:ip} {b:ip}\nask a to b")) {
      IllegalArgumentException wrong =
          assertThrows(
              IllegalArgumentException.class, () -> LogKind.parse("x", "kind door\n" + line), line);
      assertTrue(
          wrong.getMessage().startsWith("x, line " + (1 + line.split("\n").length)),
          wrong.getMessage());
    }
    assertTrue(
        assertThrows(IllegalArgumentException.class, () -> LogKind.parse("x", "kind door"))
            .getMessage()
            .contains("has no line"));
  }
}
