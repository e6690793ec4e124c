package io.focusstream.operators.stream;

import io.focusstream.operators.state.Segment;
import io.focusstream.operators.state.StandingQuestion;
import io.focusstream.operators.state.StreamSummary;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerStatus;
import io.focusstream.schemas.Timings;
import io.focusstream.schemas.Usage;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** What is known of a stream without asking the model. */
final class StreamDescription {
  private StreamDescription() {}

  /**
   * The answer to a query of mode {@code describe}: lines of {@code name: value}. The key must be
   * set.
   *
   * @param id the query's
   */
  static Answer of(String stream, String id, StreamStore store, WorkQueue work) throws Exception {
    StreamSummary summary = store.summary();
    if (summary.events() == 0) {
      return QuestionLimits.noData(id, stream);
    }
    Segment tail = store.tail(summary);
    boolean sealed = summary.nextChunk() > summary.firstChunk();
    long from =
        sealed ? store.chunk(summary.firstChunk()).segment().fromMillis() : tail.fromMillis();
    long to =
        tail.tokens().length > 0
            ? tail.toMillis()
            : store.chunk(summary.nextChunk() - 1).segment().toMillis();
    StringBuilder text = new StringBuilder();
    text.append("events: ").append(summary.events());
    text.append("\ntokens: ").append(summary.tokens());
    text.append("\nchunks: ").append(summary.nextChunk() - summary.firstChunk());
    text.append("\nchunks forgotten: ").append(summary.firstChunk());
    text.append("\ntail tokens: ").append(tail.tokens().length);
    text.append("\nstate bytes: ").append(store.condensedBytes());
    text.append("\noldest event: ").append(Instant.ofEpochMilli(from));
    text.append("\nnewest event: ").append(Instant.ofEpochMilli(to));
    text.append("\nopen questions: ").append(work.openQuestions(stream));
    for (Map.Entry<String, StandingQuestion> standing : store.standing().entrySet()) {
      text.append("\nstanding question: ").append(standing.getKey());
      text.append(", ").append(standing.getValue().updates()).append(" updates, next chunk ");
      text.append(standing.getValue().nextChunk());
    }
    return new Answer(
        id,
        0,
        stream,
        AnswerStatus.OK,
        text.toString(),
        null,
        List.of(),
        new Usage(
            summary.nextChunk() - summary.firstChunk(),
            summary.tokens(),
            tail.tokens().length,
            0,
            0,
            from),
        Timings.NONE,
        1,
        "");
  }
}
