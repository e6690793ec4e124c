package io.focusstream.operators.stream;

import io.focusstream.operators.config.FocusSettings;
import io.focusstream.operators.state.Asking;
import io.focusstream.operators.text.PromptTemplate;
import io.focusstream.operators.text.TextTokenizer;
import io.focusstream.operators.text.TokenizerProvider;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.Query;
import io.focusstream.schemas.StreamSelection;
import java.util.List;
import java.util.Objects;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.metrics.Counter;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/**
 * Questions to token ids, laid out for the model. A question of more tokens than {@code
 * focus.ask.max-question-tokens}, or one that wants more answer tokens than {@code
 * focus.ask.max-answer-tokens}, is answered at once, in {@link #REJECTED}, and counted as {@value
 * #REJECTED_METRIC}. A question of several streams becomes one of each, and where they are named by
 * a prefix one of each key group; how many parts its answer has goes to {@link #PARTS}. Not keyed,
 * no state.
 */
public final class PrepareQuestions extends ProcessFunction<Query, TokenizedQuestion> {
  private static final long serialVersionUID = 1L;

  /** Side output of the answers to questions that break a limit. */
  public static final OutputTag<Answer> REJECTED =
      new OutputTag<>("rejected-questions", StreamTypes.ANSWER);

  /** Side output of how many parts an answer has; see {@link MergeAnswers}. */
  public static final OutputTag<AnswerPart> PARTS =
      new OutputTag<>("announced-parts", StreamTypes.ANSWER_PART);

  /** Counter: questions that break a limit. Scope: this operator. */
  public static final String REJECTED_METRIC = "rejectedQuestions";

  private final FocusSettings settings;
  private final TokenizerProvider tokenizers;
  private transient TextTokenizer tokenizer;
  private transient PromptTemplate template;
  private transient List<String> keyGroups;
  private transient Counter rejected;

  public PrepareQuestions(FocusSettings settings, TokenizerProvider tokenizers) {
    this.settings = Objects.requireNonNull(settings, "settings");
    this.tokenizers = Objects.requireNonNull(tokenizers, "tokenizers");
  }

  @Override
  public void open(OpenContext context) {
    rejected = getRuntimeContext().getMetricGroup().counter(REJECTED_METRIC);
    tokenizer = tokenizers.open();
    template = new PromptTemplate(tokenizer);
    keyGroups = KeyGroupKeys.of(getRuntimeContext().getTaskInfo().getMaxNumberOfParallelSubtasks());
  }

  @Override
  public void processElement(Query query, Context context, Collector<TokenizedQuestion> out) {
    int[] tokens = query.mode().hasQuestion() ? template.layOut(query.question()) : new int[0];
    if (tokens.length > settings.maxQuestionTokens()) {
      rejected.inc();
      context.output(
          REJECTED,
          QuestionLimits.tooLong(
              query.id(), query.stream(), tokens.length, settings.maxQuestionTokens()));
      return;
    }
    if (query.maxAnswerTokens() != null && query.maxAnswerTokens() > settings.maxAnswerTokens()) {
      rejected.inc();
      context.output(
          REJECTED,
          QuestionLimits.tooManyAnswerTokens(
              query.id(), query.stream(), query.maxAnswerTokens(), settings.maxAnswerTokens()));
      return;
    }
    int maxAnswerTokens =
        query.maxAnswerTokens() == null ? settings.maxAnswerTokens() : query.maxAnswerTokens();
    if (query.streams() instanceof StreamSelection.One one) {
      out.collect(
          question(
              query, one.stream(), tokens, maxAnswerTokens, new Asking("", null, query.partial())));
      return;
    }
    String group = AnswerPart.group(query);
    if (query.streams() instanceof StreamSelection.Listed listed) {
      context.output(
          PARTS,
          AnswerPart.announced(
              group, query.id(), query.stream(), 1, listed.streams().size(), false));
      for (String stream : listed.streams()) {
        out.collect(
            question(query, stream, tokens, maxAnswerTokens, new Asking(group, null, false)));
      }
    } else if (query.streams() instanceof StreamSelection.Prefixed prefixed) {
      for (String key : keyGroups) {
        out.collect(
            question(
                query, key, tokens, maxAnswerTokens, new Asking(group, prefixed.prefix(), false)));
      }
    }
  }

  private TokenizedQuestion question(
      Query query, String stream, int[] tokens, int maxAnswerTokens, Asking asking) {
    return new TokenizedQuestion(
        query.id(),
        stream,
        tokens,
        maxAnswerTokens,
        query.mode(),
        query.deadlineMillis() == null ? settings.deadline().toMillis() : query.deadlineMillis(),
        query.timestampMillis(),
        query.position(),
        asking);
  }

  @Override
  public void close() {
    if (tokenizer != null) {
      tokenizer.close();
      tokenizer = null;
    }
  }
}
