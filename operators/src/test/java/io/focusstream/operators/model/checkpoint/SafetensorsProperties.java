package io.focusstream.operators.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.focusstream.operators.numeric.HalfPrecision;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;

class SafetensorsProperties {
  private static final String HEADER =
      "{\"__metadata__\":{\"a\":\"b\"},"
          + "\"w\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
          + "\"b\":{\"dtype\":\"BF16\",\"shape\":[4],\"data_offsets\":[24,32]}}";
  private static final String[] PIECES =
      ("{ } [ ] \" , : -1 9223372036854775807 1e999 null \"w\" \"dtype\" \"shape\""
              + " \"data_offsets\" [[[[[[[[ \\u0000 F32 99999999999999999999")
          .split(" ");

  @Property(tries = 2000)
  void mutatedFilesAreReadOrRefusedAndNothingElse(@ForAll long seed) {
    Random random = new Random(seed);
    StringBuilder header = new StringBuilder(HEADER);
    int edits = random.nextInt(4);
    for (int i = 0; i < edits; i++) {
      int at = random.nextInt(header.length());
      int until = Math.min(header.length(), at + random.nextInt(12));
      header.replace(at, until, PIECES[random.nextInt(PIECES.length)]);
    }
    byte[] bytes =
        SafetensorsTest.file(header.toString(), random.nextInt(8) == 0 ? random.nextInt(64) : 32);
    int flips = random.nextInt(3);
    for (int i = 0; i < flips; i++) {
      bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
    }
    readAll(bytes);
  }

  @Property(tries = 1000)
  void arbitraryBytesAreReadOrRefusedAndNothingElse(@ForAll @Size(max = 200) byte[] bytes) {
    readAll(bytes);
  }

  @Property(tries = 1000)
  void arbitraryHeadersAreReadOrRefusedAndNothingElse(@ForAll @Size(max = 200) byte[] text) {
    ByteBuffer file = ByteBuffer.allocate(text.length + 10).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(text.length + 2).put("{\"".getBytes(StandardCharsets.US_ASCII)).put(text);
    readAll(file.array());
  }

  private static void readAll(byte[] bytes) {
    try {
      Safetensors read = Safetensors.of("fuzz", ByteBuffer.wrap(bytes));
      for (String name : read.names()) {
        TensorView tensor = read.tensor(name);
        switch (tensor.type()) {
          case F32, F16, BF16 -> tensor.toFloats();
          default -> tensor.toLongs();
        }
      }
    } catch (CheckpointException expected) {
      // the declared way to refuse
    }
  }

  @Property(tries = 50)
  void writtenFloatsAreReadBitForBit(@ForAll float[] values) throws IOException {
    Path file = Files.createTempFile("focus", ".safetensors");
    try {
      float[] rounded = new float[values.length];
      for (int i = 0; i < values.length; i++) {
        rounded[i] = HalfPrecision.fromBfloat16(HalfPrecision.toBfloat16(values[i]));
      }
      new SafetensorsWriter()
          .floats("w", TensorType.F32, values, values.length)
          .floats("b", TensorType.BF16, values, values.length)
          .write(file);
      try (Safetensors read = Safetensors.open(file)) {
        assertArrayEquals(values, read.tensor("w").toFloats());
        assertArrayEquals(rounded, read.tensor("b").toFloats());
      }
    } finally {
      Files.delete(file);
    }
  }
}
