package io.focusstream.operators.state;

import java.io.IOException;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Binary form of {@link PendingQuestion}. */
public final class PendingQuestionSerializer extends VersionedSerializer<PendingQuestion> {
  private static final long serialVersionUID = 1L;

  /**
   * {@code [text] id, [tokens] tokens, [vint] most answer tokens, [int64] asked at, [int64]
   * accepted at, both in milliseconds, [vint] first chunk, [vint] next chunk, [segment] tail}; see
   * {@link BinaryForm}.
   */
  public static final int VERSION_1 = 1;

  /** As version 1, then {@code [int8] 1 for a standing question, [int64] deadline}. */
  public static final int VERSION_2 = 2;

  /** As version 2, then {@code [asking] asking}. */
  public static final int VERSION_3 = 3;

  @Override
  protected int currentVersion() {
    return VERSION_3;
  }

  @Override
  protected String recordName() {
    return "pending question";
  }

  @Override
  protected void writeRecord(PendingQuestion question, DataOutputView out) throws IOException {
    BinaryForm.writeText(question.id(), out);
    BinaryForm.writeInts(question.tokens(), out);
    BinaryForm.writeInt(question.maxAnswerTokens(), out);
    out.writeLong(question.askedAtMillis());
    out.writeLong(question.acceptedAtMillis());
    BinaryForm.writeInt(question.firstChunk(), out);
    BinaryForm.writeInt(question.nextChunk(), out);
    BinaryForm.writeSegment(question.tail(), out);
    out.writeBoolean(question.standing());
    out.writeLong(question.deadlineAtMillis());
    BinaryForm.writeAsking(question.asking(), out);
  }

  @Override
  protected PendingQuestion readRecord(int version, DataInputView in) throws IOException {
    return new PendingQuestion(
        BinaryForm.readText(in),
        BinaryForm.readInts(in),
        BinaryForm.readInt(in),
        in.readLong(),
        in.readLong(),
        BinaryForm.readInt(in),
        BinaryForm.readInt(in),
        BinaryForm.readSegment(in),
        version >= VERSION_2 && in.readBoolean(),
        version >= VERSION_2 ? in.readLong() : 0,
        version >= VERSION_3 ? BinaryForm.readAsking(in) : Asking.PLAIN);
  }

  @Override
  public TypeSerializerSnapshot<PendingQuestion> snapshotConfiguration() {
    return new Snapshot();
  }

  /** What savepoints remember of this serializer. */
  public static final class Snapshot extends VersionedSerializerSnapshot<PendingQuestion> {
    public Snapshot() {
      super(PendingQuestionSerializer::new);
    }
  }
}
