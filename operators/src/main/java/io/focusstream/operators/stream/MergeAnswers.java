package io.focusstream.operators.stream;

import io.focusstream.operators.config.AskOptions;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerStatus;
import io.focusstream.schemas.StreamAnswer;
import io.focusstream.schemas.Timings;
import io.focusstream.schemas.Usage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/**
 * Makes one answer of what several streams answered to one question, when all have: the best first,
 * by confidence, whose text and evidence it has. Keyed by {@link AnswerPart#group()}; holds the
 * parts until the last has come and forgets them then.
 */
public final class MergeAnswers extends KeyedProcessFunction<String, AnswerPart, Answer> {
  private static final long serialVersionUID = 1L;

  /** Of so many streams the merged answer keeps the evidence, so that it fits a broker's record. */
  private static final int MOST_WITH_EVIDENCE = 32;

  private static final Comparator<Answer> BEST_FIRST =
      Comparator.comparingInt((Answer answer) -> rank(answer.status()))
          .thenComparing(Comparator.comparingDouble(Answer::confidence).reversed())
          .thenComparing(Answer::stream);

  private final int maxStreams;
  private transient MapState<String, Answer> answers;
  private transient ValueState<Integer> arrived;
  private transient ValueState<Integer> sources;
  private transient ValueState<AnswerPart> announced;

  /**
   * @param maxStreams {@link AskOptions#MAX_STREAMS}, for the message where more match
   */
  public MergeAnswers(int maxStreams) {
    this.maxStreams = maxStreams;
  }

  @Override
  public void open(OpenContext context) {
    answers =
        getRuntimeContext()
            .getMapState(
                new MapStateDescriptor<>("merged-answers", Types.STRING, StreamTypes.ANSWER));
    arrived = getRuntimeContext().getState(new ValueStateDescriptor<>("arrived", Types.INT));
    sources = getRuntimeContext().getState(new ValueStateDescriptor<>("sources", Types.INT));
    announced =
        getRuntimeContext()
            .getState(new ValueStateDescriptor<>("announced", StreamTypes.ANSWER_PART));
  }

  @Override
  public void processElement(AnswerPart part, Context context, Collector<Answer> out)
      throws Exception {
    if (part.answer() == null) {
      sources.update(or0(sources.value()) + 1);
      AnswerPart before = announced.value();
      announced.update(
          before == null
              ? part
              : AnswerPart.announced(
                  part.group(),
                  part.id(),
                  part.shown(),
                  part.sources(),
                  before.streams() + part.streams(),
                  before.refused() || part.refused()));
    } else {
      arrived.update(or0(arrived.value()) + 1);
      answers.put(part.answer().stream(), part.answer());
    }
    AnswerPart all = announced.value();
    if (all != null
        && or0(sources.value()) == all.sources()
        && or0(arrived.value()) == all.streams()) {
      List<Answer> found = new ArrayList<>();
      answers.values().forEach(found::add);
      out.collect(merged(all, found));
      answers.clear();
      arrived.clear();
      sources.clear();
      announced.clear();
    }
  }

  private static int or0(Integer value) {
    return value == null ? 0 : value;
  }

  private static int rank(AnswerStatus status) {
    return switch (status) {
      case OK -> 0;
      case NOT_FOUND -> 1;
      default -> 2;
    };
  }

  private Answer merged(AnswerPart all, List<Answer> found) {
    String shown = all.shown();
    if (all.refused()) {
      return Answer.withoutModel(
          all.id(),
          shown,
          AnswerStatus.REJECTED,
          String.format(
              "more than %d streams match '%s'; a question may be asked of as many (%s). Give a longer"
                  + " prefix, or list the streams",
              maxStreams, shown, AskOptions.MAX_STREAMS.key()));
    }
    if (found.isEmpty()) {
      return Answer.withoutModel(
          all.id(),
          shown,
          AnswerStatus.NO_DATA,
          String.format(
              "no stream matches '%s'. Check the prefix; `focus streams` lists them", shown));
    }
    found.sort(BEST_FIRST);
    Answer best = found.get(0);
    List<StreamAnswer> streams = new ArrayList<>();
    int chunks = 0;
    long tokens = 0;
    int tail = 0;
    int answerTokens = 0;
    long from = Long.MAX_VALUE;
    Timings longest = Timings.NONE;
    for (Answer answer : found) {
      StreamAnswer one = StreamAnswer.of(answer);
      streams.add(
          streams.size() < MOST_WITH_EVIDENCE
              ? one
              : new StreamAnswer(
                  one.stream(),
                  one.status(),
                  one.text(),
                  one.error(),
                  List.of(),
                  one.usage(),
                  one.confidence()));
      Usage usage = answer.usage();
      chunks += usage.chunks();
      tokens += usage.streamTokens();
      tail += usage.tailTokens();
      answerTokens += usage.answerTokens();
      from = usage.streamTokens() > 0 ? Math.min(from, usage.fromMillis()) : from;
      if (answer.timings().totalMillis() >= longest.totalMillis()) {
        longest = answer.timings();
      }
    }
    return new Answer(
        all.id(),
        0,
        0,
        shown,
        best.status(),
        best.text(),
        best.error(),
        best.evidence(),
        new Usage(
            chunks,
            tokens,
            tail,
            best.usage().questionTokens(),
            answerTokens,
            from == Long.MAX_VALUE ? 0 : from),
        longest,
        best.confidence(),
        best.modelFingerprint(),
        streams);
  }
}
