package io.focusstream.operators.stream;

import io.focusstream.operators.state.BinaryForm;
import io.focusstream.operators.state.VersionedSerializer;
import io.focusstream.operators.state.VersionedSerializerSnapshot;
import io.focusstream.schemas.Event;
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

  @Override
  protected int currentVersion() {
    return VERSION_1;
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
  }

  @Override
  protected Event readRecord(int version, DataInputView in) throws IOException {
    return new Event(
        BinaryForm.readText(in),
        BinaryForm.readText(in),
        in.readLong(),
        BinaryForm.readPosition(in));
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
