package io.focusstream.operators.kv;

/**
 * A stored chunk state that can't be used. It is a cache: whoever catches this makes the state
 * again from the chunk's tokens, so it is checked, and its kinds differ only in what they say about
 * the cause.
 */
public abstract sealed class ChunkStateException extends Exception {
  private static final long serialVersionUID = 1L;

  private ChunkStateException(String message) {
    super(message);
  }

  /** The bytes are damaged, cut off, out of order, or of another chunk. */
  public static final class Corrupt extends ChunkStateException {
    private static final long serialVersionUID = 1L;

    Corrupt(String message) {
      super(message);
    }
  }

  /** The layout is older than any that this version reads. */
  public static final class TooOld extends ChunkStateException {
    private static final long serialVersionUID = 1L;

    TooOld(int version, int oldest) {
      super(
          "chunk state has layout version %d; the oldest that is read is %d: it is made again"
              .formatted(version, oldest));
    }
  }

  /** The layout is newer than any that this version knows. */
  public static final class TooNew extends ChunkStateException {
    private static final long serialVersionUID = 1L;

    TooNew(int version, int newest) {
      super(
          "chunk state has layout version %d; the newest that is read is %d: it is made again"
              .formatted(version, newest));
    }
  }

  /** The state was made by another model, or by the same one with other settings. */
  public static final class OtherModel extends ChunkStateException {
    private static final long serialVersionUID = 1L;

    OtherModel(Id128 found, Id128 expected) {
      super("chunk state is of model %s; expected %s: it is made again".formatted(found, expected));
    }
  }
}
