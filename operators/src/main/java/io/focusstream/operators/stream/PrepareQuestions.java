package io.focusstream.operators.stream;

import io.focusstream.operators.config.FocusSettings;
import io.focusstream.operators.text.PromptTemplate;
import io.focusstream.operators.text.TextTokenizer;
import io.focusstream.operators.text.TokenizerProvider;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.Query;
import java.util.Objects;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.metrics.Counter;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/**
 * Questions to token ids, laid out for the model. A question of more tokens than {@code
 * focus.ask.max-question-tokens} is answered at once, in {@link #REJECTED}, and counted as {@value
 * #REJECTED_METRIC}. Not keyed, no state.
 */
public final class PrepareQuestions extends ProcessFunction<Query, TokenizedQuestion> {
  private static final long serialVersionUID = 1L;

  /** Side output of the answers to questions that are too long. */
  public static final OutputTag<Answer> REJECTED =
      new OutputTag<>("rejected-questions", StreamTypes.ANSWER);

  /** Counter: questions that are too long. Scope: this operator. */
  public static final String REJECTED_METRIC = "rejectedQuestions";

  private final FocusSettings settings;
  private final TokenizerProvider tokenizers;
  private transient TextTokenizer tokenizer;
  private transient PromptTemplate template;
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
    int maxAnswerTokens =
        query.maxAnswerTokens() == null
            ? settings.maxAnswerTokens()
            : Math.min(query.maxAnswerTokens(), settings.maxAnswerTokens());
    out.collect(
        new TokenizedQuestion(
            query.id(),
            query.stream(),
            tokens,
            maxAnswerTokens,
            query.mode(),
            query.deadlineMillis() == null
                ? settings.deadline().toMillis()
                : query.deadlineMillis(),
            query.timestampMillis(),
            query.position()));
  }

  @Override
  public void close() {
    if (tokenizer != null) {
      tokenizer.close();
      tokenizer = null;
    }
  }
}
