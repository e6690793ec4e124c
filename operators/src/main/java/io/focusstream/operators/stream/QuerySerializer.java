package io.focusstream.operators.stream;

import io.focusstream.operators.state.BinaryForm;
import io.focusstream.operators.state.VersionedSerializer;
import io.focusstream.operators.state.VersionedSerializerSnapshot;
import io.focusstream.schemas.Query;
import io.focusstream.schemas.QueryMode;
import io.focusstream.schemas.SourcePosition;
import io.focusstream.schemas.StreamSelection;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Binary form of {@link Query}. */
public final class QuerySerializer extends VersionedSerializer<Query> {
  private static final long serialVersionUID = 1L;

  /**
   * {@code [text] id, [text] stream, [text] question, [vint] most answer tokens or 0, [int64]
   * timestamp in milliseconds, [position] position}; see {@link BinaryForm}.
   */
  public static final int VERSION_1 = 1;

  /** As version 1, then {@code [int8] mode code, [int64] deadline in milliseconds or 0}. */
  public static final int VERSION_2 = 2;

  /**
   * As version 2, but the stream is what is shown where several are asked; then {@code [int8] bit
   * 0: listed, bit 1: prefixed, bit 2: partial}, and {@code [vint] number, [text] streams} or
   * {@code [text] prefix}.
   */
  public static final int VERSION_3 = 3;

  private static final int LISTED = 1;
  private static final int PREFIXED = 2;
  private static final int PARTIAL = 4;

  @Override
  protected int currentVersion() {
    return VERSION_3;
  }

  @Override
  protected String recordName() {
    return "query";
  }

  @Override
  protected void writeRecord(Query query, DataOutputView out) throws IOException {
    BinaryForm.writeText(query.id(), out);
    BinaryForm.writeText(query.stream(), out);
    BinaryForm.writeText(query.question(), out);
    BinaryForm.writeInt(query.maxAnswerTokens() == null ? 0 : query.maxAnswerTokens(), out);
    out.writeLong(query.timestampMillis());
    BinaryForm.writePosition(query.position(), out);
    out.writeByte(query.mode().code());
    out.writeLong(query.deadlineMillis() == null ? 0 : query.deadlineMillis());
    int partial = query.partial() ? PARTIAL : 0;
    if (query.streams() instanceof StreamSelection.Listed listed) {
      out.writeByte(LISTED | partial);
      BinaryForm.writeInt(listed.streams().size(), out);
      for (String stream : listed.streams()) {
        BinaryForm.writeText(stream, out);
      }
    } else if (query.streams() instanceof StreamSelection.Prefixed prefixed) {
      out.writeByte(PREFIXED | partial);
      BinaryForm.writeText(prefixed.prefix(), out);
    } else {
      out.writeByte(partial);
    }
  }

  @Override
  protected Query readRecord(int version, DataInputView in) throws IOException {
    String id = BinaryForm.readText(in);
    String stream = BinaryForm.readText(in);
    String question = BinaryForm.readText(in);
    int maxAnswerTokens = BinaryForm.readInt(in);
    long timestampMillis = in.readLong();
    SourcePosition position = BinaryForm.readPosition(in);
    QueryMode mode = version < VERSION_2 ? QueryMode.ASK : QueryMode.ofCode(in.readByte());
    long deadlineMillis = version < VERSION_2 ? 0 : in.readLong();
    int flags = version < VERSION_3 ? 0 : in.readByte();
    StreamSelection streams;
    if ((flags & LISTED) != 0) {
      int count = BinaryForm.readLength("streams", in);
      List<String> names = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        names.add(BinaryForm.readText(in));
      }
      streams = new StreamSelection.Listed(names);
    } else if ((flags & PREFIXED) != 0) {
      streams = new StreamSelection.Prefixed(BinaryForm.readText(in));
    } else {
      streams = new StreamSelection.One(stream);
    }
    return new Query(
        id,
        streams,
        question,
        maxAnswerTokens == 0 ? null : maxAnswerTokens,
        mode,
        deadlineMillis == 0 ? null : Long.valueOf(deadlineMillis),
        (flags & PARTIAL) != 0,
        timestampMillis,
        position);
  }

  @Override
  public TypeSerializerSnapshot<Query> snapshotConfiguration() {
    return new Snapshot();
  }

  /** What savepoints remember of this serializer. */
  public static final class Snapshot extends VersionedSerializerSnapshot<Query> {
    public Snapshot() {
      super(QuerySerializer::new);
    }
  }
}
