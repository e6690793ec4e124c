package io.focusstream.operators.kv;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** A chunk's states (8 layers, 2 heads of 32, 256 tokens) to blocks and back. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
public class CodecBenchmark {
  private static final ChunkShape SHAPE = new ChunkShape(8, 2, 256, 32);

  @Param private Quantisation quantisation;

  private final ChunkTensors tensors = ChunkStates.random(SHAPE, 1);
  private final float[] keys = new float[SHAPE.elements()];
  private final float[] values = new float[SHAPE.elements()];
  private final TensorSlot slot = TensorSlot.whole(SHAPE);
  private ChunkStateCodec codec;
  private List<byte[]> blocks;

  @Setup
  public void encodeOnce() {
    codec = new ChunkStateCodec(ChunkStates.MODEL, quantisation);
    blocks = codec.encode(ChunkStates.CHUNK, tensors);
  }

  @Benchmark
  public List<byte[]> encode() {
    return codec.encode(ChunkStates.CHUNK, tensors);
  }

  @Benchmark
  public float[] decode() throws ChunkStateException {
    codec.read(ChunkStates.CHUNK, blocks).copyTo(keys, values, slot);
    return values;
  }
}
