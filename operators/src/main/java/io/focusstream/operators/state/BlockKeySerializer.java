package io.focusstream.operators.state;

import java.io.IOException;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Binary form of {@link BlockKey}. */
public final class BlockKeySerializer extends VersionedSerializer<BlockKey> {
  private static final long serialVersionUID = 1L;

  /**
   * {@code [int32] chunk, [int32] block}. These bytes find the block: they must be the same in
   * every build, so that this layout can have no successor; another needs another state.
   */
  public static final int VERSION_1 = 1;

  @Override
  protected int currentVersion() {
    return VERSION_1;
  }

  @Override
  protected String recordName() {
    return "block key";
  }

  @Override
  protected void writeRecord(BlockKey key, DataOutputView out) throws IOException {
    out.writeInt(key.chunk());
    out.writeInt(key.block());
  }

  @Override
  protected BlockKey readRecord(int version, DataInputView in) throws IOException {
    return new BlockKey(in.readInt(), in.readInt());
  }

  @Override
  public TypeSerializerSnapshot<BlockKey> snapshotConfiguration() {
    return new Snapshot();
  }

  /** What savepoints remember of this serializer. */
  public static final class Snapshot extends VersionedSerializerSnapshot<BlockKey> {
    public Snapshot() {
      super(BlockKeySerializer::new);
    }
  }
}
