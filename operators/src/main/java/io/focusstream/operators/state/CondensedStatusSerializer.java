package io.focusstream.operators.state;

import java.io.IOException;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Binary form of {@link CondensedStatus}. */
public final class CondensedStatusSerializer extends VersionedSerializer<CondensedStatus> {
  private static final long serialVersionUID = 1L;

  /** {@code [vint] blocks, [int64] bytes}; see {@link BinaryForm}. */
  public static final int VERSION_1 = 1;

  /** As version 1, then {@code [int32] model code}. */
  public static final int VERSION_2 = 2;

  @Override
  protected int currentVersion() {
    return VERSION_2;
  }

  @Override
  protected String recordName() {
    return "condensed status";
  }

  @Override
  protected void writeRecord(CondensedStatus status, DataOutputView out) throws IOException {
    BinaryForm.writeInt(status.blocks(), out);
    out.writeLong(status.bytes());
    out.writeInt(status.model());
  }

  @Override
  protected CondensedStatus readRecord(int version, DataInputView in) throws IOException {
    return new CondensedStatus(
        BinaryForm.readInt(in), in.readLong(), version < VERSION_2 ? 0 : in.readInt());
  }

  @Override
  public TypeSerializerSnapshot<CondensedStatus> snapshotConfiguration() {
    return new Snapshot();
  }

  /** What savepoints remember of this serializer. */
  public static final class Snapshot extends VersionedSerializerSnapshot<CondensedStatus> {
    public Snapshot() {
      super(CondensedStatusSerializer::new);
    }
  }
}
