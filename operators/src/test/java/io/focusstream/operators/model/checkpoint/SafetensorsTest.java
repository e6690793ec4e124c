package io.focusstream.operators.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsTest {
  @TempDir Path folder;

  /** A file with this header and this many zero bytes of data. */
  static byte[] file(String header, int dataBytes) {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + text.length + dataBytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(text.length)
        .put(text)
        .array();
  }

  private static void refuses(byte[] bytes, String... words) {
    CheckpointException e =
        assertThrows(
            CheckpointException.class, () -> Safetensors.of("m.st", ByteBuffer.wrap(bytes)));
    for (String word : words) {
      assertTrue(e.getMessage().contains(word), e.getMessage() + " should name " + word);
    }
  }

  @Test
  void whatIsWrittenIsRead() throws IOException {
    Path file = folder.resolve("m.safetensors");
    float[] values = {1.5f, -2f, 0f, 3e38f, Float.MIN_VALUE, 7f};
    new SafetensorsWriter()
        .metadata("made", "«here»")
        .floats("w", TensorType.F32, values, 2, 3)
        .floats("b", TensorType.BF16, new float[] {1f, 1.00390625f, 1.01171875f}, 3)
        .longs("ids", new long[] {-1, Long.MAX_VALUE}, 2)
        .floats("scalar", TensorType.F32, new float[] {4f})
        .floats("none", TensorType.F32, new float[0], 0, 3)
        .write(file);
    try (Safetensors read = Safetensors.open(file)) {
      assertEquals(Set.of("w", "b", "ids", "scalar", "none"), read.names());
      assertEquals(Map.of("made", "«here»"), read.metadata());
      assertArrayEquals(values, read.tensor("w").toFloats());
      assertArrayEquals(new long[] {2, 3}, read.tensor("w").shape());
      assertArrayEquals(new float[] {1f, 1f, 1.015625f}, read.tensor("b").toFloats());
      assertArrayEquals(new long[] {-1, Long.MAX_VALUE}, read.tensor("ids").toLongs());
      assertArrayEquals(new float[] {4f}, read.tensor("scalar").toFloats());
      assertEquals(0, read.tensor("none").elements());
      assertThrows(CheckpointException.class, () -> read.tensor("absent"));
      assertThrows(CheckpointException.class, () -> read.tensor("ids").toFloats());
      assertThrows(CheckpointException.class, () -> read.tensor("w").toLongs());
    }
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(1, files.count(), "the temporary file is gone");
    }
  }

  @Test
  void sameTensorsGiveSameBytesInWhateverOrderTheyWereAdded() throws IOException {
    Path one = folder.resolve("one");
    Path two = folder.resolve("two");
    float[] a = {1, 2};
    float[] b = {3};
    new SafetensorsWriter()
        .floats("a", TensorType.F32, a, 2)
        .floats("b", TensorType.BF16, b, 1)
        .write(one);
    new SafetensorsWriter()
        .floats("b", TensorType.BF16, b, 1)
        .floats("a", TensorType.F32, a, 2)
        .write(two);
    assertEquals(-1, Files.mismatch(one, two));
  }

  @Test
  void everyIntegerTypeIsRead() {
    byte[] bytes =
        file(
            "{\"i\":{\"dtype\":\"I32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                + "\"u\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[4,5]},"
                + "\"s\":{\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":[5,6]},"
                + "\"t\":{\"dtype\":\"BOOL\",\"shape\":[2],\"data_offsets\":[6,8]},"
                + "\"h\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[8,10]}}  ",
            10);
    ByteBuffer data = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    data.position(bytes.length - 10);
    data.putInt(-5).put((byte) 200).put((byte) 200).put((byte) 0).put((byte) 1);
    data.putShort((short) 0x3c00);
    Safetensors read = Safetensors.of("m", ByteBuffer.wrap(bytes));
    assertArrayEquals(new long[] {-5}, read.tensor("i").toLongs());
    assertArrayEquals(new long[] {200}, read.tensor("u").toLongs());
    assertArrayEquals(new long[] {-56}, read.tensor("s").toLongs());
    assertArrayEquals(new long[] {0, 1}, read.tensor("t").toLongs());
    assertArrayEquals(new float[] {1f}, read.tensor("h").toFloats());
  }

  @Test
  void damagedHeadersAreRefusedWithTheirReason() {
    refuses(new byte[3], "m.st", "3 bytes");
    refuses(file("[1]  ", 0), "begin with '{'");
    refuses(file("{\"a\":", 0), "not valid JSON");
    refuses(file("{\"a\":{\"dtype\":\"F32\"}}", 0), "tensor a", "lacks shape");
    refuses(
        file("{\"a\":{\"dtype\":\"F8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1), "F8", "F32");
    refuses(
        file("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4),
        "needs 8 bytes",
        "hold 4");
    refuses(file("{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4), "got -1");
    refuses(
        file("{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[4,0]}}", 4), "[begin, end]");
    refuses(
        file(
            "{\"a\":{\"dtype\":\"U8\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}",
            0),
        "impossible shape");
    refuses(
        file("{\"a\":{\"dtype\":\"U8\",\"shape\":[9],\"data_offsets\":[0,9]}}", 4), "there are 4");
    String a = "\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}";
    refuses(file("{" + a + "," + a + "}", 2), "tensor a is there twice");
    refuses(
        file("{" + a + ",\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}}", 3),
        "overlap");
    refuses(
        file("{" + a + ",\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[3,5]}}", 5),
        "holes");
    refuses(file("{" + a + "}", 3), "end at byte 2");
    refuses(file("{" + a + "} {}", 2), "more text follows");
    refuses(file("{\"__metadata__\":{\"k\":1}}", 0), "__metadata__.k");
  }

  @Test
  void aClaimedLengthTakesNoMemory() {
    for (long length : new long[] {-1, Long.MAX_VALUE, 99_000_000, 100_000_001}) {
      byte[] bytes = file("{}", 0);
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(0, length);
      refuses(bytes, Long.toUnsignedString(length));
    }
  }

  @Test
  void picklesAreRefusedWithAWordWhy() throws IOException {
    refuses(new byte[] {'P', 'K', 3, 4, 0, 0, 0, 0, 0, 0}, "pickle", "safe_serialization");
    refuses(new byte[] {(byte) 0x80, 2, 'c', 'o', 's', '\n', 0, 0, 0, 0}, "pickle");
    Path file = Files.writeString(folder.resolve("pytorch_model.bin"), "x");
    assertThrows(CheckpointException.class, () -> Safetensors.open(file));
    // A header of 640 bytes begins with the same two bytes as a pickle.
    byte[] fine = file("{" + " ".repeat(638) + "}", 0);
    assertEquals((byte) 0x80, fine[0]);
    assertEquals(2, fine[1]);
    assertEquals(Set.of(), Safetensors.of("m", ByteBuffer.wrap(fine)).names());
  }

  @Test
  void absentFilesAreNamed() {
    CheckpointException e =
        assertThrows(
            CheckpointException.class, () -> Safetensors.open(folder.resolve("nowhere.st")));
    assertTrue(e.getMessage().contains("nowhere.st does not exist"), e.getMessage());
  }

  @Test
  void viewsStayUsableAfterTheFileIsClosed() throws IOException {
    Path file = folder.resolve("m");
    new SafetensorsWriter().floats("w", TensorType.F32, new float[] {1, 2}, 2).write(file);
    TensorView view;
    try (Safetensors read = Safetensors.open(file)) {
      view = read.tensor("w");
    }
    assertArrayEquals(new float[] {1, 2}, view.toFloats());
  }
}
