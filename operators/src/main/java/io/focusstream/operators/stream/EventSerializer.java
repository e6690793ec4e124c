package io.focusstream.operators.stream;

import io.focusstream.operators.state.BinaryForm;
import io.focusstream.operators.state.VersionedSerializer;
import io.focusstream.operators.state.VersionedSerializerSnapshot;
import io.focusstream.schemas.Event;
import io.focusstream.schemas.SourcePosition;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Binary form of {@link Event}. */
public final class EventSerializer extends VersionedSerializer<Event> {
  private static final long serialVersionUID = 1L;

  /**
   * {@code [text] stream, [text] text, [int64] timestamp in milliseconds, [position] position}; see
   * {@link BinaryForm}.
   */
  public static final int VERSION_1 = 1;

  /** As version 1, then {@code [text] role}. */
  public static final int VERSION_2 = 2;

  @Override
  protected int currentVersion() {
    return VERSION_2;
  }

  @Override
  protected String recordName() {
    return "event";
  }

  @Override
  protected void writeRecord(Event event, DataOutputView out) throws IOException {
    BinaryForm.writeText(event.stream(), out);
    BinaryForm.writeText(event.text(), out);
    out.writeLong(event.timestampMillis());
    BinaryForm.writePosition(event.position(), out);
    BinaryForm.writeText(event.role(), out);
  }

  @Override
  protected Event readRecord(int version, DataInputView in) throws IOException {
    String stream = BinaryForm.readText(in);
    String text = BinaryForm.readText(in);
    long timestampMillis = in.readLong();
    SourcePosition position = BinaryForm.readPosition(in);
    String role = version < VERSION_2 ? "" : BinaryForm.readText(in);
    return new Event(stream, role, text, timestampMillis, position);
  }

  @Override
  public TypeSerializerSnapshot<Event> snapshotConfiguration() {
    return new Snapshot();
  }

  /** What savepoints remember of this serializer. */
  public static final class Snapshot extends VersionedSerializerSnapshot<Event> {
    public Snapshot() {
      super(EventSerializer::new);
    }
  }
}
