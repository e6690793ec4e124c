package io.focusstream.operators.state;

import java.io.IOException;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Binary form of {@link TimedKey}. */
public final class TimedKeySerializer extends VersionedSerializer<TimedKey> {
  private static final long serialVersionUID = 1L;

  /**
   * {@code [int64] time in milliseconds, [int32] number}. These bytes find the value: they must be
   * the same in every build, so that this layout can have no successor; another needs another
   * state.
   */
  public static final int VERSION_1 = 1;

  @Override
  protected int currentVersion() {
    return VERSION_1;
  }

  @Override
  protected String recordName() {
    return "timed key";
  }

  @Override
  protected void writeRecord(TimedKey key, DataOutputView out) throws IOException {
    out.writeLong(key.timestampMillis());
    out.writeInt(key.number());
  }

  @Override
  protected TimedKey readRecord(int version, DataInputView in) throws IOException {
    return new TimedKey(in.readLong(), in.readInt());
  }

  @Override
  public TypeSerializerSnapshot<TimedKey> snapshotConfiguration() {
    return new Snapshot();
  }

  /** What savepoints remember of this serializer. */
  public static final class Snapshot extends VersionedSerializerSnapshot<TimedKey> {
    public Snapshot() {
      super(TimedKeySerializer::new);
    }
  }
}
