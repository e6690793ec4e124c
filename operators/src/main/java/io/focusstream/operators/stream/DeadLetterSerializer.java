package io.focusstream.operators.stream;

import io.focusstream.operators.state.BinaryForm;
import io.focusstream.operators.state.VersionedSerializer;
import io.focusstream.operators.state.VersionedSerializerSnapshot;
import io.focusstream.schemas.DeadLetter;
import io.focusstream.schemas.DeadLetterCodec;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Binary form of {@link DeadLetter}. */
public final class DeadLetterSerializer extends VersionedSerializer<DeadLetter> {
  private static final long serialVersionUID = 1L;

  /**
   * {@code [vint] number of bytes, [bytes] JSON as DeadLetterCodec writes it}; see {@link
   * BinaryForm}.
   */
  public static final int VERSION_1 = 1;

  @Override
  protected int currentVersion() {
    return VERSION_1;
  }

  @Override
  protected String recordName() {
    return "dead letter";
  }

  @Override
  protected void writeRecord(DeadLetter letter, DataOutputView out) throws IOException {
    byte[] json = DeadLetterCodec.encode(letter);
    BinaryForm.writeInt(json.length, out);
    out.write(json);
  }

  @Override
  protected DeadLetter readRecord(int version, DataInputView in) throws IOException {
    return DeadLetterCodec.decode(BinaryForm.readBytes("dead letter", in));
  }

  @Override
  public TypeSerializerSnapshot<DeadLetter> snapshotConfiguration() {
    return new Snapshot();
  }

  /** What savepoints remember of this serializer. */
  public static final class Snapshot extends VersionedSerializerSnapshot<DeadLetter> {
    public Snapshot() {
      super(DeadLetterSerializer::new);
    }
  }
}
