package io.focusstream.operators.kv;

import static io.focusstream.operators.kv.ChunkStates.CHUNK;
import static io.focusstream.operators.kv.ChunkStates.MODEL;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.focusstream.operators.testing.Mutations;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Damaged blocks of chunk states, with the checksum that they had and with one that fits. */
@Timeout(600)
class CorruptChunkStateTest {
  private static final ChunkTensors TENSORS = ChunkStates.random(new ChunkShape(2, 2, 5, 6), 1);

  @ParameterizedTest
  @EnumSource(Quantisation.class)
  void damagedBlocksAreTheStateOrRefusedByName(Quantisation quantisation) throws Exception {
    ChunkStateCodec codec = new ChunkStateCodec(MODEL, quantisation);
    byte[] block = codec.encode(CHUNK, TENSORS).get(0);
    ChunkTensors right = codec.read(CHUNK, List.of(block)).toTensors();
    Mutations.assertReadOrRefused(
        block,
        ChunkStateException.class,
        "block",
        bytes -> {
          ChunkTensors read = codec.read(CHUNK, List.of(bytes)).toTensors();
          assertArrayEquals(right.keys(), read.keys());
          assertArrayEquals(right.values(), read.values());
        });
  }

  /** As a faulty writer would make them: what the header claims is all that there is to check. */
  @ParameterizedTest
  @EnumSource(Quantisation.class)
  void damageUnderARightChecksumIsReadOrRefused(Quantisation quantisation) {
    ChunkStateCodec codec = new ChunkStateCodec(MODEL, quantisation);
    byte[] block = codec.encode(CHUNK, TENSORS).get(0);
    Mutations.assertReadOrRefused(
        Arrays.copyOf(block, block.length - ChunkStateCodec.CHECKSUM_BYTES),
        ChunkStateException.class,
        "",
        bytes -> {
          byte[] sealed =
              ChunkStates.sealed(
                  Arrays.copyOf(bytes, bytes.length + ChunkStateCodec.CHECKSUM_BYTES));
          ChunkState state = codec.read(CHUNK, List.of(sealed));
          state.toTensors();
          if (state.quantisation() == Quantisation.INT8) {
            state.quantisedBlocks();
          }
        });
  }
}
