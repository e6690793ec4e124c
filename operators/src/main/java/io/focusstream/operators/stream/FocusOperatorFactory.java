package io.focusstream.operators.stream;

import io.focusstream.operators.config.FocusSettings;
import io.focusstream.operators.engine.CondensingEngineProvider;
import io.focusstream.operators.text.TokenizerProvider;
import io.focusstream.schemas.Answer;
import java.util.Objects;
import org.apache.flink.streaming.api.operators.AbstractStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.StreamOperator;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.streaming.api.operators.TwoInputStreamOperatorFactory;
import org.apache.flink.util.OutputTag;

/**
 * Makes the keyed operator: events (input 1) and questions (input 2) in, both keyed by stream name;
 * answers out.
 *
 * <pre>{@code
 * events.connect(questions)
 *     .keyBy(TokenizedEvent::stream, TokenizedQuestion::stream, Types.STRING)
 *     .transform("focus", StreamTypes.ANSWER, new FocusOperatorFactory(settings, engines, tokenizers))
 *     .uid("focus");
 * }</pre>
 */
public final class FocusOperatorFactory extends AbstractStreamOperatorFactory<Answer>
    implements TwoInputStreamOperatorFactory<TokenizedEvent, TokenizedQuestion, Answer> {
  private static final long serialVersionUID = 1L;

  /**
   * Side output of what single streams answer to questions over several; see {@link MergeAnswers}.
   */
  public static final OutputTag<AnswerPart> PARTS = FocusOperator.PARTS;

  private final FocusSettings settings;
  private final CondensingEngineProvider engines;
  private final TokenizerProvider tokenizers;

  /**
   * A factory.
   *
   * @param settings limits and sizes
   * @param engines hands out the engine; each subtask holds a lease while it runs
   * @param tokenizers makes the tokenizer that answers and evidence are decoded with
   */
  public FocusOperatorFactory(
      FocusSettings settings, CondensingEngineProvider engines, TokenizerProvider tokenizers) {
    this.settings = Objects.requireNonNull(settings, "settings");
    this.engines = Objects.requireNonNull(engines, "engines");
    this.tokenizers = Objects.requireNonNull(tokenizers, "tokenizers");
  }

  @Override
  @SuppressWarnings("unchecked")
  public <T extends StreamOperator<Answer>> T createStreamOperator(
      StreamOperatorParameters<Answer> parameters) {
    return (T) new FocusOperator(parameters, settings, engines, tokenizers);
  }

  @Override
  @SuppressWarnings("rawtypes")
  public Class<? extends StreamOperator> getStreamOperatorClass(ClassLoader classLoader) {
    return FocusOperator.class;
  }
}
