package io.focusstream.operators.state;

import java.io.IOException;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Binary form of {@link StreamSummary}. */
public final class StreamSummarySerializer extends VersionedSerializer<StreamSummary> {
  private static final long serialVersionUID = 1L;

  /**
   * {@code [int64] events, [int64] tokens, [int64] first tail, [int64] next tail, [vint] tail
   * tokens, [vint] first chunk, [vint] next chunk, [int64] next question}; see {@link BinaryForm}.
   */
  public static final int VERSION_1 = 1;

  @Override
  protected int currentVersion() {
    return VERSION_1;
  }

  @Override
  protected String recordName() {
    return "stream summary";
  }

  @Override
  protected void writeRecord(StreamSummary summary, DataOutputView out) throws IOException {
    out.writeLong(summary.events());
    out.writeLong(summary.tokens());
    out.writeLong(summary.firstTail());
    out.writeLong(summary.nextTail());
    BinaryForm.writeInt(summary.tailTokens(), out);
    BinaryForm.writeInt(summary.firstChunk(), out);
    BinaryForm.writeInt(summary.nextChunk(), out);
    out.writeLong(summary.nextQuestion());
  }

  @Override
  protected StreamSummary readRecord(int version, DataInputView in) throws IOException {
    return new StreamSummary(
        in.readLong(),
        in.readLong(),
        in.readLong(),
        in.readLong(),
        BinaryForm.readInt(in),
        BinaryForm.readInt(in),
        BinaryForm.readInt(in),
        in.readLong());
  }

  @Override
  public TypeSerializerSnapshot<StreamSummary> snapshotConfiguration() {
    return new Snapshot();
  }

  /** What savepoints remember of this serializer. */
  public static final class Snapshot extends VersionedSerializerSnapshot<StreamSummary> {
    public Snapshot() {
      super(StreamSummarySerializer::new);
    }
  }
}
