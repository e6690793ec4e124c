package io.focusstream.operators.engine;

import java.util.List;

/**
 * The lines that were read first don't settle the answer, and the stored states of other chunks
 * were left out ({@link AskTask#someStates()}): the question is to be asked again with all of them.
 * No fault of anybody's.
 */
public final class StatesNeededException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient List<CondensedChunk> recondensed;
  private final int damagedBlocks;

  /**
   * @param recondensed chunks whose states were made again on the way
   * @param damagedBlocks how many stored blocks couldn't be used
   */
  public StatesNeededException(List<CondensedChunk> recondensed, int damagedBlocks) {
    super("the stored states of all chunks are needed", null, false, false);
    this.recondensed = List.copyOf(recondensed);
    this.damagedBlocks = damagedBlocks;
  }

  /** As {@link EngineAnswer#recondensed()}. */
  public List<CondensedChunk> recondensed() {
    return recondensed;
  }

  /** As {@link EngineAnswer#damagedBlocks()}. */
  public int damagedBlocks() {
    return damagedBlocks;
  }
}
