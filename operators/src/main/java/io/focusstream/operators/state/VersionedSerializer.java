package io.focusstream.operators.state;

import java.io.EOFException;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * Base of our serializers for immutable records. Every value begins with the version of its layout,
 * so that values of several versions can lie in one state:
 *
 * <pre>
 * [int8]  version, 1..127
 * [...]   the record, as the subclass's VERSION_n constant documents
 * </pre>
 *
 * <p>A subclass is stateless, has a public constructor without arguments, documents each layout at
 * a {@code VERSION_n} constant and keeps its old readers. Records that pass through are never
 * changed after they are made, arrays included, so that copies are the same object.
 *
 * @param <T> the record
 */
public abstract class VersionedSerializer<T> extends TypeSerializer<T> {
  private static final long serialVersionUID = 1L;

  /** The version that {@link #writeRecord} writes. */
  protected abstract int currentVersion();

  /** The oldest version that {@link #readRecord} reads. */
  protected int oldestVersion() {
    return 1;
  }

  /** A name for messages, for example {@code tokenized event}. */
  protected abstract String recordName();

  /** Writes the record in the layout of {@link #currentVersion()}, without the version. */
  protected abstract void writeRecord(T record, DataOutputView out) throws IOException;

  /** Reads a record in the layout of a version in {@code [oldestVersion, currentVersion]}. */
  protected abstract T readRecord(int version, DataInputView in) throws IOException;

  @Override
  public final void serialize(T record, DataOutputView target) throws IOException {
    target.writeByte(currentVersion());
    writeRecord(record, target);
  }

  /**
   * Reads a value.
   *
   * @throws IOException where its bytes end early or hold what no record does, naming the record;
   *     or its version can't be read
   */
  @Override
  public final T deserialize(DataInputView source) throws IOException {
    try {
      int version = source.readByte();
      checkVersion(version, "");
      return readRecord(version, source);
    } catch (EOFException e) {
      throw corrupt("its bytes end early", e);
    } catch (IllegalArgumentException e) {
      throw corrupt(e.getMessage(), e);
    }
  }

  private IOException corrupt(String why, Exception cause) {
    return new IOException(
        recordName() + " is corrupt: " + why + "; start from another checkpoint or savepoint",
        cause);
  }

  /**
   * Refuses versions that this build can't read.
   *
   * @throws IOException naming the version found and the versions that can be read
   */
  final void checkVersion(int version, String where) throws IOException {
    if (version > currentVersion()) {
      throw new IOException(
          String.format(
              "%s%s has layout version %d, which is too new: this build reads %d to %d; run the build"
                  + " that wrote it, or a newer one",
              recordName(), where, version, oldestVersion(), currentVersion()));
    }
    if (version < 1) {
      throw new IOException(
          String.format(
              "%s%s is corrupt: layout version %d; this build reads %d to %d; start from another"
                  + " checkpoint or savepoint",
              recordName(), where, version, oldestVersion(), currentVersion()));
    }
    if (version < oldestVersion()) {
      throw new IOException(
          String.format(
              "%s%s has layout version %d, which is too old: this build reads %d to %d; take a"
                  + " savepoint with a build between them first",
              recordName(), where, version, oldestVersion(), currentVersion()));
    }
  }

  @Override
  public final T deserialize(T reuse, DataInputView source) throws IOException {
    return deserialize(source);
  }

  @Override
  public final void copy(DataInputView source, DataOutputView target) throws IOException {
    serialize(deserialize(source), target);
  }

  @Override
  public final T copy(T from) {
    return from;
  }

  @Override
  public final T copy(T from, T reuse) {
    return from;
  }

  @Override
  public final boolean isImmutableType() {
    return true;
  }

  @Override
  public final TypeSerializer<T> duplicate() {
    return this;
  }

  @Override
  public final T createInstance() {
    return null;
  }

  @Override
  public final int getLength() {
    return -1;
  }

  @Override
  public final boolean equals(Object other) {
    return other != null && other.getClass() == getClass();
  }

  @Override
  public final int hashCode() {
    return getClass().hashCode();
  }
}
