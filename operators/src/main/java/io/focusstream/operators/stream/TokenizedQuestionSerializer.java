package io.focusstream.operators.stream;

import io.focusstream.operators.state.Asking;
import io.focusstream.operators.state.BinaryForm;
import io.focusstream.operators.state.VersionedSerializer;
import io.focusstream.operators.state.VersionedSerializerSnapshot;
import io.focusstream.schemas.QueryMode;
import io.focusstream.schemas.SourcePosition;
import java.io.IOException;
import java.lang.reflect.Type;
import java.util.Map;
import org.apache.flink.api.common.typeinfo.TypeInfoFactory;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Binary form of {@link TokenizedQuestion}. */
public final class TokenizedQuestionSerializer extends VersionedSerializer<TokenizedQuestion> {
  private static final long serialVersionUID = 1L;

  /**
   * {@code [text] id, [text] stream, [tokens] tokens, [vint] most answer tokens, [int64] asked at
   * in milliseconds, [position] position}; see {@link BinaryForm}.
   */
  public static final int VERSION_1 = 1;

  /** As version 1, then {@code [int8] mode code, [int64] deadline in milliseconds}. */
  public static final int VERSION_2 = 2;

  /** As version 2, then {@code [asking] asking}. */
  public static final int VERSION_3 = 3;

  @Override
  protected int currentVersion() {
    return VERSION_3;
  }

  @Override
  protected String recordName() {
    return "tokenized question";
  }

  @Override
  protected void writeRecord(TokenizedQuestion question, DataOutputView out) throws IOException {
    BinaryForm.writeText(question.id(), out);
    BinaryForm.writeText(question.stream(), out);
    BinaryForm.writeInts(question.tokens(), out);
    BinaryForm.writeInt(question.maxAnswerTokens(), out);
    out.writeLong(question.askedAtMillis());
    BinaryForm.writePosition(question.position(), out);
    out.writeByte(question.mode().code());
    out.writeLong(question.deadlineMillis());
    BinaryForm.writeAsking(question.asking(), out);
  }

  @Override
  protected TokenizedQuestion readRecord(int version, DataInputView in) throws IOException {
    String id = BinaryForm.readText(in);
    String stream = BinaryForm.readText(in);
    int[] tokens = BinaryForm.readInts(in);
    int maxAnswerTokens = BinaryForm.readInt(in);
    long askedAtMillis = in.readLong();
    SourcePosition position = BinaryForm.readPosition(in);
    QueryMode mode = version < VERSION_2 ? QueryMode.ASK : QueryMode.ofCode(in.readByte());
    long deadlineMillis = version < VERSION_2 ? 0 : in.readLong();
    return new TokenizedQuestion(
        id,
        stream,
        tokens,
        maxAnswerTokens,
        mode,
        deadlineMillis,
        askedAtMillis,
        position,
        version < VERSION_3 ? Asking.PLAIN : BinaryForm.readAsking(in));
  }

  @Override
  public TypeSerializerSnapshot<TokenizedQuestion> snapshotConfiguration() {
    return new Snapshot();
  }

  /** What savepoints remember of this serializer. */
  public static final class Snapshot extends VersionedSerializerSnapshot<TokenizedQuestion> {
    public Snapshot() {
      super(TokenizedQuestionSerializer::new);
    }
  }

  /** Makes Flink find this serializer by the record's annotation. */
  public static final class TypeFactory extends TypeInfoFactory<TokenizedQuestion> {
    @Override
    public TypeInformation<TokenizedQuestion> createTypeInfo(
        Type type, Map<String, TypeInformation<?>> parameters) {
      return StreamTypes.TOKENIZED_QUESTION;
    }
  }
}
