package io.focusstream.operators.stream;

import io.focusstream.operators.config.Consistency;
import io.focusstream.operators.config.FocusSettings;
import io.focusstream.operators.engine.EngineAnswer;
import io.focusstream.operators.state.PendingQuestion;
import io.focusstream.operators.state.Segment;
import io.focusstream.operators.text.TextTokenizer;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerStatus;
import io.focusstream.schemas.Evidence;
import io.focusstream.schemas.Limits;
import io.focusstream.schemas.Timings;
import io.focusstream.schemas.Usage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Makes the answer that people read of what the engine answered: text, evidence, usage, timings.
 */
final class AnswerComposer {
  /** What the models that we train answer where the stream doesn't hold the answer. */
  static final String NOT_FOUND = "not found";

  private final FocusSettings settings;
  private final TextTokenizer tokenizer;

  /** Gives the segment of a chunk that a question saw. */
  @FunctionalInterface
  interface SegmentSource {
    Segment segment(int chunk) throws Exception;
  }

  AnswerComposer(FocusSettings settings, TextTokenizer tokenizer) {
    this.settings = settings;
    this.tokenizer = tokenizer;
  }

  /**
   * Where the time went.
   *
   * @param waitedMillis from acceptance until the question was given to the engine
   */
  static Timings timings(EngineAnswer engine, long waitedMillis) {
    return new Timings(
        waitedMillis + millis(engine.timings().queued()),
        millis(engine.timings().load()),
        waitedMillis + millis(engine.timings().firstToken()),
        waitedMillis + millis(engine.timings().total()));
  }

  /**
   * The answer. With event-time consistency it has no timings: it is a function of the events and
   * questions alone, the same bytes after each replay.
   *
   * @param streamTokens tokens of all that the question saw
   * @param timings where the time went
   */
  Answer compose(
      String stream,
      PendingQuestion question,
      EngineAnswer engine,
      SegmentSource chunks,
      long streamTokens,
      Timings timings,
      String modelFingerprint)
      throws Exception {
    String text = tokenizer.decode(engine.tokens()).strip();
    boolean found = !text.equals(NOT_FOUND);
    return new Answer(
        question.id(),
        0,
        stream,
        found ? AnswerStatus.OK : AnswerStatus.NOT_FOUND,
        text,
        null,
        found ? evidence(question, engine, chunks, text) : List.of(),
        new Usage(
            question.nextChunk() - question.firstChunk(),
            streamTokens,
            question.tail().tokens().length,
            question.tokens().length,
            engine.tokens().length,
            reachesBack(question, chunks)),
        settings.consistency() == Consistency.EVENT_TIME ? Timings.NONE : timings,
        share(engine.confidence()),
        modelFingerprint);
  }

  private static long reachesBack(PendingQuestion question, SegmentSource chunks) throws Exception {
    return question.nextChunk() > question.firstChunk()
        ? chunks.segment(question.firstChunk()).fromMillis()
        : question.tail().fromMillis();
  }

  private static long millis(Duration duration) {
    return Math.max(0, duration.toMillis());
  }

  /** Into [0, 1]; NaN becomes 0. */
  private static double share(double value) {
    return value > 0 ? Math.min(1.0, value) : 0.0;
  }

  private record Place(int chunk, double weight) {}

  private List<Evidence> evidence(
      PendingQuestion question, EngineAnswer engine, SegmentSource chunks, String text)
      throws Exception {
    double tailWeight = share(engine.tailWeight());
    List<Place> places = new ArrayList<>();
    for (int i = 0; i < engine.chunkWeights().length; i++) {
      double weight = share(engine.chunkWeights()[i] * (1 - tailWeight));
      if (weight > 0) {
        places.add(new Place(question.firstChunk() + i, weight));
      }
    }
    boolean hasTail = question.tail().tokens().length > 0;
    if (hasTail && (tailWeight > 0 || engine.chunkWeights().length == 0)) {
      places.add(new Place(Evidence.TAIL, engine.chunkWeights().length == 0 ? 1.0 : tailWeight));
    }
    places.sort(Comparator.comparingDouble(Place::weight).reversed());
    List<Evidence> evidence = new ArrayList<>();
    for (Place place : places.subList(0, Math.min(settings.evidenceChunks(), places.size()))) {
      Segment segment =
          place.chunk() == Evidence.TAIL ? question.tail() : chunks.segment(place.chunk());
      evidence.add(
          new Evidence(
              place.chunk(),
              place.weight(),
              Math.max(0, segment.fromMillis()),
              Math.max(0, segment.toMillis()),
              segment.offsets(),
              lines(segment, text)));
    }
    return evidence;
  }

  /** Lines that hold the answer first, then the others, both in order; cut. */
  private List<String> lines(Segment segment, String answer) {
    List<String> holding = new ArrayList<>();
    List<String> others = new ArrayList<>();
    int from = 0;
    int[] ends = segment.eventEnds();
    for (int event = 0; event <= ends.length; event++) {
      int to = event < ends.length ? ends[event] : segment.tokens().length;
      if (to > from) {
        String line = tokenizer.decode(Arrays.copyOfRange(segment.tokens(), from, to)).strip();
        int at = answer.isEmpty() ? -1 : line.indexOf(answer);
        if (at >= 0) {
          holding.add(excerpt(line, at, answer.length(), settings.evidenceLineChars()));
        } else if (!line.isEmpty() && others.size() < settings.evidenceLines()) {
          others.add(Limits.cut(line, settings.evidenceLineChars()));
        }
      }
      from = to;
    }
    holding.addAll(others);
    return holding.subList(0, Math.min(settings.evidenceLines(), holding.size()));
  }

  /**
   * A line cut to a length so that what was found at {@code [at, at + length)} stays to be seen.
   */
  static String excerpt(String line, int at, int length, int maxChars) {
    if (line.length() <= maxChars || at + length < maxChars) {
      return Limits.cut(line, maxChars);
    }
    int room = maxChars - 1;
    int start = Math.min(Math.max(0, at - Math.max(0, room - length) / 2), line.length() - room);
    if (start > 0 && Character.isLowSurrogate(line.charAt(start))) {
      start++;
    }
    return "…" + Limits.cut(line.substring(start), maxChars - 1);
  }
}
