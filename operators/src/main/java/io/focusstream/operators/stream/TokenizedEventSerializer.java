package io.focusstream.operators.stream;

import io.focusstream.operators.state.BinaryForm;
import io.focusstream.operators.state.VersionedSerializer;
import io.focusstream.operators.state.VersionedSerializerSnapshot;
import java.io.IOException;
import java.lang.reflect.Type;
import java.util.Map;
import org.apache.flink.api.common.typeinfo.TypeInfoFactory;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Binary form of {@link TokenizedEvent}. */
public final class TokenizedEventSerializer extends VersionedSerializer<TokenizedEvent> {
  private static final long serialVersionUID = 1L;

  /**
   * {@code [text] stream, [tokens] tokens, [int64] timestamp in milliseconds, [position] position};
   * see {@link BinaryForm}.
   */
  public static final int VERSION_1 = 1;

  @Override
  protected int currentVersion() {
    return VERSION_1;
  }

  @Override
  protected String recordName() {
    return "tokenized event";
  }

  @Override
  protected void writeRecord(TokenizedEvent event, DataOutputView out) throws IOException {
    BinaryForm.writeText(event.stream(), out);
    BinaryForm.writeInts(event.tokens(), out);
    out.writeLong(event.timestampMillis());
    BinaryForm.writePosition(event.position(), out);
  }

  @Override
  protected TokenizedEvent readRecord(int version, DataInputView in) throws IOException {
    return new TokenizedEvent(
        BinaryForm.readText(in),
        BinaryForm.readInts(in),
        in.readLong(),
        BinaryForm.readPosition(in));
  }

  @Override
  public TypeSerializerSnapshot<TokenizedEvent> snapshotConfiguration() {
    return new Snapshot();
  }

  /** What savepoints remember of this serializer. */
  public static final class Snapshot extends VersionedSerializerSnapshot<TokenizedEvent> {
    public Snapshot() {
      super(TokenizedEventSerializer::new);
    }
  }

  /** Makes Flink find this serializer by the record's annotation. */
  public static final class TypeFactory extends TypeInfoFactory<TokenizedEvent> {
    @Override
    public TypeInformation<TokenizedEvent> createTypeInfo(
        Type type, Map<String, TypeInformation<?>> parameters) {
      return StreamTypes.TOKENIZED_EVENT;
    }
  }
}
