package io.focusstream.operators.state;

import java.io.IOException;
import java.util.function.Supplier;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSchemaCompatibility;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * What a savepoint remembers of a {@link VersionedSerializer}: the layout version that it wrote.
 * Values carry their own version, so an older layout that can still be read is compatible as it is;
 * a newer or forgotten one is refused with a message that names both versions.
 *
 * <pre>
 * [int32] layout version that the serializer wrote
 * </pre>
 *
 * @param <T> the record
 */
public abstract class VersionedSerializerSnapshot<T> implements TypeSerializerSnapshot<T> {
  /** {@code [int32]} layout version. */
  private static final int VERSION_1 = 1;

  private final Supplier<? extends VersionedSerializer<T>> serializer;
  private int writtenVersion;

  protected VersionedSerializerSnapshot(Supplier<? extends VersionedSerializer<T>> serializer) {
    this.serializer = serializer;
    this.writtenVersion = serializer.get().currentVersion();
  }

  @Override
  public final int getCurrentVersion() {
    return VERSION_1;
  }

  @Override
  public final void writeSnapshot(DataOutputView out) throws IOException {
    out.writeInt(writtenVersion);
  }

  @Override
  public final void readSnapshot(int readVersion, DataInputView in, ClassLoader classLoader)
      throws IOException {
    if (readVersion != VERSION_1) {
      throw new IOException(
          String.format(
              "the serializer snapshot of %s has version %d; this build reads version %d",
              serializer.get().recordName(), readVersion, VERSION_1));
    }
    int version = in.readInt();
    serializer.get().checkVersion(version, " state");
    writtenVersion = version;
  }

  @Override
  public final TypeSerializer<T> restoreSerializer() {
    return serializer.get();
  }

  @Override
  public final TypeSerializerSchemaCompatibility<T> resolveSchemaCompatibility(
      TypeSerializerSnapshot<T> old) {
    if (old.getClass() != getClass()) {
      return TypeSerializerSchemaCompatibility.incompatible();
    }
    int written = ((VersionedSerializerSnapshot<T>) old).writtenVersion;
    VersionedSerializer<T> current = serializer.get();
    return written >= current.oldestVersion() && written <= current.currentVersion()
        ? TypeSerializerSchemaCompatibility.compatibleAsIs()
        : TypeSerializerSchemaCompatibility.incompatible();
  }
}
