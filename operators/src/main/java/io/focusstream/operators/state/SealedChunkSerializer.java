package io.focusstream.operators.state;

import java.io.IOException;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Binary form of {@link SealedChunk}. */
public final class SealedChunkSerializer extends VersionedSerializer<SealedChunk> {
  private static final long serialVersionUID = 1L;

  /** {@code [int64] key high, [int64] key low, [segment] segment}; see {@link BinaryForm}. */
  public static final int VERSION_1 = 1;

  @Override
  protected int currentVersion() {
    return VERSION_1;
  }

  @Override
  protected String recordName() {
    return "sealed chunk";
  }

  @Override
  protected void writeRecord(SealedChunk chunk, DataOutputView out) throws IOException {
    out.writeLong(chunk.keyHigh());
    out.writeLong(chunk.keyLow());
    BinaryForm.writeSegment(chunk.segment(), out);
  }

  @Override
  protected SealedChunk readRecord(int version, DataInputView in) throws IOException {
    return new SealedChunk(in.readLong(), in.readLong(), BinaryForm.readSegment(in));
  }

  @Override
  public TypeSerializerSnapshot<SealedChunk> snapshotConfiguration() {
    return new Snapshot();
  }

  /** What savepoints remember of this serializer. */
  public static final class Snapshot extends VersionedSerializerSnapshot<SealedChunk> {
    public Snapshot() {
      super(SealedChunkSerializer::new);
    }
  }
}
