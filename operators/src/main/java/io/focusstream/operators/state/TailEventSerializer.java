package io.focusstream.operators.state;

import java.io.IOException;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Binary form of {@link TailEvent}. */
public final class TailEventSerializer extends VersionedSerializer<TailEvent> {
  private static final long serialVersionUID = 1L;

  /**
   * {@code [tokens] tokens, [int64] timestamp in milliseconds, [position] position}; see {@link
   * BinaryForm}.
   */
  public static final int VERSION_1 = 1;

  @Override
  protected int currentVersion() {
    return VERSION_1;
  }

  @Override
  protected String recordName() {
    return "tail event";
  }

  @Override
  protected void writeRecord(TailEvent event, DataOutputView out) throws IOException {
    BinaryForm.writeInts(event.tokens(), out);
    out.writeLong(event.timestampMillis());
    BinaryForm.writePosition(event.position(), out);
  }

  @Override
  protected TailEvent readRecord(int version, DataInputView in) throws IOException {
    return new TailEvent(BinaryForm.readInts(in), in.readLong(), BinaryForm.readPosition(in));
  }

  @Override
  public TypeSerializerSnapshot<TailEvent> snapshotConfiguration() {
    return new Snapshot();
  }

  /** What savepoints remember of this serializer. */
  public static final class Snapshot extends VersionedSerializerSnapshot<TailEvent> {
    public Snapshot() {
      super(TailEventSerializer::new);
    }
  }
}
