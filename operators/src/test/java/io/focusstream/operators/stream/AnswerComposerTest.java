package io.focusstream.operators.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.focusstream.operators.config.EvidenceOptions;
import io.focusstream.operators.engine.EngineAnswer;
import io.focusstream.operators.state.Asking;
import io.focusstream.operators.state.PendingQuestion;
import io.focusstream.operators.state.Segment;
import io.focusstream.operators.state.SegmentBuilder;
import io.focusstream.operators.state.TailEvent;
import io.focusstream.operators.testing.CharTokenizer;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerStatus;
import io.focusstream.schemas.Evidence;
import io.focusstream.schemas.OffsetRange;
import io.focusstream.schemas.SourcePosition;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class AnswerComposerTest {
  private static final EngineAnswer.Timings TIMINGS =
      new EngineAnswer.Timings(
          Duration.ofMillis(1), Duration.ofMillis(2), Duration.ofMillis(3), Duration.ofMillis(4));

  private final AnswerComposer composer =
      new AnswerComposer(
          SettingsFixture.small(
              config -> {
                config.set(EvidenceOptions.MAX_CHUNKS, 2);
                config.set(EvidenceOptions.MAX_LINES, 2);
                config.set(EvidenceOptions.MAX_LINE_CHARS, 20);
              }),
          new CharTokenizer());

  private static Segment segment(int firstOffset, String... lines) {
    SegmentBuilder builder = new SegmentBuilder();
    int offset = firstOffset;
    for (String line : lines) {
      int[] tokens = line.chars().toArray();
      builder.add(
          new TailEvent(tokens, 100L + offset, new SourcePosition("logs", 0, offset++)),
          0,
          tokens.length);
    }
    return builder.build();
  }

  private Answer compose(String text, float[] weights, double tailWeight, Segment tail)
      throws Exception {
    PendingQuestion question =
        new PendingQuestion(
            "id", new int[] {1, 2}, 8, 0, 0, 5, 5 + weights.length, tail, false, 0, Asking.PLAIN);
    EngineAnswer engine =
        new EngineAnswer(
            text.chars().toArray(), true, 0.5, weights, tailWeight, List.of(), 0, TIMINGS);
    return composer.compose(
        "web",
        question,
        engine,
        chunk -> segment(chunk * 10, "first of " + chunk + "\n", "port=8080 of " + chunk + "\n"),
        99,
        AnswerComposer.timings(engine, 1000),
        "beef");
  }

  @Test
  void evidenceIsTheHeaviestChunksWithLinesThatHoldTheAnswerFirst() throws Exception {
    Answer answer = compose(" 8080 ", new float[] {0.2f, 0.5f, 0.3f}, 0.0, Segment.EMPTY);
    assertEquals(AnswerStatus.OK, answer.status());
    assertEquals("8080", answer.text());
    assertEquals(List.of(6, 7), answer.evidence().stream().map(Evidence::chunk).toList());
    Evidence first = answer.evidence().get(0);
    assertEquals(List.of("port=8080 of 6", "first of 6"), first.lines());
    assertEquals(List.of(new OffsetRange("logs", 0, 60, 61)), first.offsets());
    assertEquals(160, first.fromMillis());
    assertEquals(161, first.toMillis());
    assertEquals(0.5, first.weight(), 1e-6);
    assertEquals(1001, answer.timings().queuedMillis());
    assertEquals(2, answer.timings().loadMillis());
    assertEquals(1003, answer.timings().firstTokenMillis());
    assertEquals(1004, answer.timings().totalMillis());
    assertEquals(99, answer.usage().streamTokens());
  }

  @Test
  void theTailStandsAmongTheChunksByItsWeight() throws Exception {
    Segment tail = segment(0, "tail line\n");
    assertEquals(
        List.of(5),
        compose("x", new float[] {1f}, 0.0, tail).evidence().stream()
            .map(Evidence::chunk)
            .toList());
    assertEquals(
        List.of(5, Evidence.TAIL),
        compose("x", new float[] {1f}, 0.4, tail).evidence().stream()
            .map(Evidence::chunk)
            .toList());
    Answer answer = compose("x", new float[] {1f}, 0.6, tail);
    assertEquals(
        List.of(Evidence.TAIL, 5), answer.evidence().stream().map(Evidence::chunk).toList());
    assertEquals(List.of("tail line"), answer.evidence().get(0).lines());
    assertEquals(0.4, answer.evidence().get(1).weight(), 1e-6);
    assertEquals(
        1.0, compose("x", new float[0], 0.0, tail).evidence().get(0).weight(), "nothing else");
  }

  @Test
  void notFoundIsAStatusOfItsOwn() throws Exception {
    Answer answer = compose("not found\n", new float[] {1f}, 0, Segment.EMPTY);
    assertEquals(AnswerStatus.NOT_FOUND, answer.status());
    assertEquals(List.of(), answer.evidence());
  }

  @Test
  void weightsThatAreNoNumbersCountAsNothing() throws Exception {
    Answer answer = compose("x", new float[] {Float.NaN, 0f, 1f}, Double.NaN, Segment.EMPTY);
    assertEquals(List.of(7), answer.evidence().stream().map(Evidence::chunk).toList());
  }

  @Test
  void longLinesAreCutSoThatTheAnswerStays() {
    String line = "0123456789".repeat(10);
    assertEquals("0123456789012345678…", AnswerComposer.excerpt(line, 3, 4, 20));
    assertEquals("…aANSWER…", AnswerComposer.excerpt("a".repeat(50) + "ANSWERbb", 50, 6, 9));
    String cut = AnswerComposer.excerpt("a".repeat(50) + "ANSWER" + "b".repeat(50), 50, 6, 20);
    assertEquals(20, cut.length());
    assertEquals("…aaaaaaANSWERbbbbbb…", cut);
  }
}
