package io.focusstream.operators.stream;

import io.focusstream.operators.state.BinaryForm;
import io.focusstream.operators.state.VersionedSerializer;
import io.focusstream.operators.state.VersionedSerializerSnapshot;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Binary form of {@link AnswerPart}. */
public final class AnswerPartSerializer extends VersionedSerializer<AnswerPart> {
  private static final long serialVersionUID = 1L;
  private static final AnswerSerializer ANSWERS = new AnswerSerializer();

  /**
   * {@code [text] group, [text] id, [text] shown, [vint] sources, [vint] streams, [int8] 1 where
   * refused, [int8] 1 where an answer follows, [answer] answer}; see {@link BinaryForm} and {@link
   * AnswerSerializer}.
   */
  public static final int VERSION_1 = 1;

  @Override
  protected int currentVersion() {
    return VERSION_1;
  }

  @Override
  protected String recordName() {
    return "answer part";
  }

  @Override
  protected void writeRecord(AnswerPart part, DataOutputView out) throws IOException {
    BinaryForm.writeText(part.group(), out);
    BinaryForm.writeText(part.id(), out);
    BinaryForm.writeText(part.shown(), out);
    BinaryForm.writeInt(part.sources(), out);
    BinaryForm.writeInt(part.streams(), out);
    out.writeBoolean(part.refused());
    out.writeBoolean(part.answer() != null);
    if (part.answer() != null) {
      ANSWERS.serialize(part.answer(), out);
    }
  }

  @Override
  protected AnswerPart readRecord(int version, DataInputView in) throws IOException {
    return new AnswerPart(
        BinaryForm.readText(in),
        BinaryForm.readText(in),
        BinaryForm.readText(in),
        BinaryForm.readInt(in),
        BinaryForm.readInt(in),
        in.readBoolean(),
        in.readBoolean() ? ANSWERS.deserialize(in) : null);
  }

  @Override
  public TypeSerializerSnapshot<AnswerPart> snapshotConfiguration() {
    return new Snapshot();
  }

  /** What savepoints remember of this serializer. */
  public static final class Snapshot extends VersionedSerializerSnapshot<AnswerPart> {
    public Snapshot() {
      super(AnswerPartSerializer::new);
    }
  }
}
