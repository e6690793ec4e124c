package io.focusstream.operators.engine;

/**
 * The lines that were read first don't settle the answer, and the stored states of other chunks
 * were left out ({@link AskTask#someStates()}): the question is to be asked again with all of them.
 * No fault of anybody's.
 */
public final class StatesNeededException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public StatesNeededException() {
    super("the stored states of all chunks are needed", null, false, false);
  }
}
