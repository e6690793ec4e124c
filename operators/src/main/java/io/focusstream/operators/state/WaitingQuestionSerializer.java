package io.focusstream.operators.state;

import io.focusstream.schemas.QueryMode;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Binary form of {@link WaitingQuestion}. */
public final class WaitingQuestionSerializer extends VersionedSerializer<WaitingQuestion> {
  private static final long serialVersionUID = 1L;

  /**
   * {@code [text] id, [tokens] tokens, [vint] most answer tokens, [int8] mode code, [int64]
   * deadline in milliseconds, [int64] asked at in milliseconds, [position] position}; see {@link
   * BinaryForm}.
   */
  public static final int VERSION_1 = 1;

  /** As version 1, then {@code [asking] asking}. */
  public static final int VERSION_2 = 2;

  /** As version 2, then {@code [int64] arrived at in milliseconds}. */
  public static final int VERSION_3 = 3;

  @Override
  protected int currentVersion() {
    return VERSION_3;
  }

  @Override
  protected String recordName() {
    return "waiting question";
  }

  @Override
  protected void writeRecord(WaitingQuestion question, DataOutputView out) throws IOException {
    BinaryForm.writeText(question.id(), out);
    BinaryForm.writeInts(question.tokens(), out);
    BinaryForm.writeInt(question.maxAnswerTokens(), out);
    out.writeByte(question.mode().code());
    out.writeLong(question.deadlineMillis());
    out.writeLong(question.askedAtMillis());
    BinaryForm.writePosition(question.position(), out);
    BinaryForm.writeAsking(question.asking(), out);
    out.writeLong(question.arrivedAtMillis());
  }

  @Override
  protected WaitingQuestion readRecord(int version, DataInputView in) throws IOException {
    return new WaitingQuestion(
        BinaryForm.readText(in),
        BinaryForm.readInts(in),
        BinaryForm.readInt(in),
        QueryMode.ofCode(in.readByte()),
        in.readLong(),
        in.readLong(),
        BinaryForm.readPosition(in),
        version < VERSION_2 ? Asking.PLAIN : BinaryForm.readAsking(in),
        version < VERSION_3 ? WaitingQuestion.UNKNOWN : in.readLong());
  }

  @Override
  public TypeSerializerSnapshot<WaitingQuestion> snapshotConfiguration() {
    return new Snapshot();
  }

  /** What savepoints remember of this serializer. */
  public static final class Snapshot extends VersionedSerializerSnapshot<WaitingQuestion> {
    public Snapshot() {
      super(WaitingQuestionSerializer::new);
    }
  }
}
