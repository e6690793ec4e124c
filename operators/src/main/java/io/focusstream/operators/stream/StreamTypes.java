package io.focusstream.operators.stream;

import io.focusstream.operators.state.RecordTypeInfo;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.DeadLetter;
import io.focusstream.schemas.Event;
import io.focusstream.schemas.Query;
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

  /** Parts of answers on their way to be merged. */
  public static final TypeInformation<AnswerPart> ANSWER_PART =
      new RecordTypeInfo<>(AnswerPart.class, new AnswerPartSerializer());

  /** Events as they are parsed. */
  public static final TypeInformation<Event> EVENT =
      new RecordTypeInfo<>(Event.class, new EventSerializer());

  /** Questions as they are parsed. */
  public static final TypeInformation<Query> QUERY =
      new RecordTypeInfo<>(Query.class, new QuerySerializer());

  /** Records on their way to the dead letters. */
  public static final TypeInformation<DeadLetter> DEAD_LETTER =
      new RecordTypeInfo<>(DeadLetter.class, new DeadLetterSerializer());

  private StreamTypes() {}
}
