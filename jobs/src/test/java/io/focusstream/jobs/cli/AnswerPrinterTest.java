package io.focusstream.jobs.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerStatus;
import io.focusstream.schemas.Evidence;
import io.focusstream.schemas.OffsetRange;
import io.focusstream.schemas.StreamAnswer;
import io.focusstream.schemas.Timings;
import io.focusstream.schemas.Usage;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;

class AnswerPrinterTest {

  @Test
  void showsAnswerEvidenceAndTimings() {
    Answer answer =
        new Answer(
            "q",
            0,
            "web",
            AnswerStatus.OK,
            "eve\u001b]0;owned\u0007",
            null,
            List.of(
                new Evidence(
                    3,
                    0.75,
                    0,
                    61_000,
                    List.of(new OffsetRange("lines", 0, 5, 9)),
                    List.of("login\tof eve \u001b[31m")),
                new Evidence(Evidence.TAIL, 0.2, 0, 0, List.of(), List.of("end")),
                new Evidence(7, 0.001, 0, 0, List.of(), List.of("nothing"))),
            new Usage(4, 12_345, 100, 12, 5, 1_764_000_000_000L),
            new Timings(1, 20, 300, 4_000),
            0.875,
            "abc");
    assertEquals(
        """
        eve\uFFFD]0;owned\uFFFD   [confidence 0.88]
           75%  chunk 3, 01-01 00:00:00 to 01-01 00:01:01, lines-0@5..9
              login  of eve \uFFFD[31m
           20%  tail, 01-01 00:00:00 to 01-01 00:00:00
              end
          first token 0.30 s, all 4.00 s (queued 0.00 s, states 0.02 s); 12,345 tokens in 4 chunks and a tail of 100
          reaches back to 2025-11-24 16:00:00
        """,
        printed(answer));
  }

  @Test
  void answersByEventTimeHaveNoTimings() {
    Answer answer =
        new Answer(
            "q-1",
            0,
            "web",
            AnswerStatus.OK,
            "eve",
            null,
            List.of(),
            new Usage(4, 12_345, 100, 12, 5, 1_764_000_000_000L),
            Timings.NONE,
            0.875,
            "abc");
    assertEquals(
        """
        eve   [confidence 0.88]
          12,345 tokens in 4 chunks and a tail of 100
          reaches back to 2025-11-24 16:00:00
        """,
        printed(answer));
  }

  @Test
  void howFarAnAnswerReachesBackIsSaidOfManyStreamsToo() {
    Usage usage = new Usage(1, 40, 8, 12, 5, 61_000);
    Answer answer =
        new Answer(
            "q",
            0,
            0,
            "web-*",
            AnswerStatus.NOT_FOUND,
            "not found",
            null,
            List.of(),
            usage,
            Timings.NONE,
            0.5,
            "abc",
            List.of(
                new StreamAnswer(
                    "web-1", AnswerStatus.NOT_FOUND, "not found", null, List.of(), usage, 0.5)));
    assertEquals(
        """
        not found in stream 'web-*'   [confidence 0.50]
          web-1: not found   [confidence 0.50]
          40 tokens in 1 chunks and a tail of 8
          reaches back to 1970-01-01 00:01:01
        """,
        printed(answer));
  }

  @Test
  void saysWhyThereIsNoAnswer() {
    assertEquals(
        "rejected: too long\n",
        printed(Answer.withoutModel("q", "web", AnswerStatus.REJECTED, "too long")));
    assertEquals(
        "no data: no events\n",
        printed(Answer.withoutModel("q", "web", AnswerStatus.NO_DATA, "no events")));
  }

  private static String printed(Answer answer) {
    StringWriter text = new StringWriter();
    new AnswerPrinter(new PrintWriter(text), ZoneOffset.UTC).print(answer);
    return text.toString().replace(System.lineSeparator(), "\n");
  }
}
