package io.focusstream.operators.stream;

import io.focusstream.operators.state.BinaryForm;
import io.focusstream.operators.state.VersionedSerializer;
import io.focusstream.operators.state.VersionedSerializerSnapshot;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerCodec;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Binary form of {@link Answer}: its JSON. */
public final class AnswerSerializer extends VersionedSerializer<Answer> {
  private static final long serialVersionUID = 1L;

  /**
   * {@code [vint] number of bytes, [bytes] JSON as AnswerCodec writes it}; see {@link BinaryForm}.
   */
  public static final int VERSION_1 = 1;

  @Override
  protected int currentVersion() {
    return VERSION_1;
  }

  @Override
  protected String recordName() {
    return "answer";
  }

  @Override
  protected void writeRecord(Answer answer, DataOutputView out) throws IOException {
    byte[] json = AnswerCodec.encode(answer);
    BinaryForm.writeInt(json.length, out);
    out.write(json);
  }

  @Override
  protected Answer readRecord(int version, DataInputView in) throws IOException {
    return AnswerCodec.decode(BinaryForm.readBytes("answer", in));
  }

  @Override
  public TypeSerializerSnapshot<Answer> snapshotConfiguration() {
    return new Snapshot();
  }

  /** What savepoints remember of this serializer. */
  public static final class Snapshot extends VersionedSerializerSnapshot<Answer> {
    public Snapshot() {
      super(AnswerSerializer::new);
    }
  }
}
