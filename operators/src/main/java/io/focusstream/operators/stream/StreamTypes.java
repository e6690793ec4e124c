package io.focusstream.operators.stream;

import io.focusstream.operators.state.RecordTypeInfo;
import io.focusstream.schemas.Answer;
import org.apache.flink.api.common.typeinfo.TypeInformation;

/** Flink's type information for the records between the operators; none goes through Kryo. */
public final class StreamTypes {
  /** Events on their way to the keyed operator. */
  public static final TypeInformation<TokenizedEvent> TOKENIZED_EVENT =
      new RecordTypeInfo<>(TokenizedEvent.class, new TokenizedEventSerializer());

  /** Questions on their way to the keyed operator. */
  public static final TypeInformation<TokenizedQuestion> TOKENIZED_QUESTION =
      new RecordTypeInfo<>(TokenizedQuestion.class, new TokenizedQuestionSerializer());

  /** Answers on their way to the sink. */
  public static final TypeInformation<Answer> ANSWER =
      new RecordTypeInfo<>(Answer.class, new AnswerSerializer());

  private StreamTypes() {}
}
