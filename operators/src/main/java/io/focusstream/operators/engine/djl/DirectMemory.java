package io.focusstream.operators.engine.djl;

import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Pieces of memory outside of the heap that are used again: a task manager bounds such memory, and
 * it comes back only when the collector runs. There are as many pieces as threads took at a time.
 */
final class DirectMemory {
  private final ConcurrentLinkedQueue<ByteBuffer> free = new ConcurrentLinkedQueue<>();

  /** A piece of at least so many bytes, with anything in it. */
  ByteBuffer take(int bytes) {
    ByteBuffer piece = free.poll();
    return piece != null && piece.capacity() >= bytes ? piece : ByteBuffer.allocateDirect(bytes);
  }

  /** Gives a piece back that nobody reads any more. */
  void giveBack(ByteBuffer piece) {
    free.add(piece);
  }
}
