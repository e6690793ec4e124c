package io.focusstream.operators.engine;

import java.util.List;

/**
 * One chunk of the stream that a question is asked of.
 *
 * @param key the chunk's content key
 * @param tokens the chunk's token ids; truth, from which its state can always be made again
 * @param blocks its stored state, or empty where there is none, {@link
 *     CondensingEngine#isHot(ChunkKey)} said that it isn't needed, or the task says that it was
 *     left out ({@link AskTask#someStates()}, {@link AskTask#portions()})
 */
public record ChunkInput(ChunkKey key, int[] tokens, List<byte[]> blocks) {
  public ChunkInput {
    blocks = List.copyOf(blocks);
  }
}
