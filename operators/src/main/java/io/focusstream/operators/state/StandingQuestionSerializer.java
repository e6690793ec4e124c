package io.focusstream.operators.state;

import java.io.IOException;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Binary form of {@link StandingQuestion}. */
public final class StandingQuestionSerializer extends VersionedSerializer<StandingQuestion> {
  private static final long serialVersionUID = 1L;

  /**
   * {@code [tokens] tokens, [vint] most answer tokens, [int64] asked at in milliseconds, [vint]
   * next chunk, [vint] updates, [text] last text}; see {@link BinaryForm}.
   */
  public static final int VERSION_1 = 1;

  @Override
  protected int currentVersion() {
    return VERSION_1;
  }

  @Override
  protected String recordName() {
    return "standing question";
  }

  @Override
  protected void writeRecord(StandingQuestion question, DataOutputView out) throws IOException {
    BinaryForm.writeInts(question.tokens(), out);
    BinaryForm.writeInt(question.maxAnswerTokens(), out);
    out.writeLong(question.askedAtMillis());
    BinaryForm.writeInt(question.nextChunk(), out);
    BinaryForm.writeInt(question.updates(), out);
    BinaryForm.writeText(question.lastText(), out);
  }

  @Override
  protected StandingQuestion readRecord(int version, DataInputView in) throws IOException {
    return new StandingQuestion(
        BinaryForm.readInts(in),
        BinaryForm.readInt(in),
        in.readLong(),
        BinaryForm.readInt(in),
        BinaryForm.readInt(in),
        BinaryForm.readText(in));
  }

  @Override
  public TypeSerializerSnapshot<StandingQuestion> snapshotConfiguration() {
    return new Snapshot();
  }

  /** What savepoints remember of this serializer. */
  public static final class Snapshot extends VersionedSerializerSnapshot<StandingQuestion> {
    public Snapshot() {
      super(StandingQuestionSerializer::new);
    }
  }
}
