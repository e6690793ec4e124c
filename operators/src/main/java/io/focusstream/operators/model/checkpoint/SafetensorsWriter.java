package io.focusstream.operators.model.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.focusstream.operators.numeric.HalfPrecision;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Writes a safetensors file ({@link Safetensors} has the layout). Tensors go by descending element
 * size, then by name, the header is padded to a multiple of 8: all elements are aligned, and the
 * same tensors always give the same bytes. Arrays are kept by reference until {@link #write(Path)}.
 */
public final class SafetensorsWriter {
  private static final int BUFFER_BYTES = 1 << 20;

  private final Map<String, Pending> tensors = new TreeMap<>();
  private final Map<String, String> metadata = new TreeMap<>();

  /** Adds an entry to {@code __metadata__}; a key given twice keeps its last value. */
  public SafetensorsWriter metadata(String key, String value) {
    metadata.put(Objects.requireNonNull(key, "key"), Objects.requireNonNull(value, "value"));
    return this;
  }

  /**
   * Adds a tensor of floats.
   *
   * @param type F32, or BF16: rounded to nearest, ties to even
   * @param values row-major; must not change before {@link #write(Path)}
   * @param shape dimensions, outermost first; none for a scalar
   */
  public SafetensorsWriter floats(String name, TensorType type, float[] values, long... shape) {
    if (type != TensorType.F32 && type != TensorType.BF16) {
      throw new IllegalArgumentException(
          "tensor %s: floats are written as F32 or BF16; got %s".formatted(name, type));
    }
    return add(name, type, shape, values.length, values);
  }

  /** Adds a tensor of I64; the arguments are as for {@link #floats}. */
  public SafetensorsWriter longs(String name, long[] values, long... shape) {
    return add(name, TensorType.I64, shape, values.length, values);
  }

  private SafetensorsWriter add(
      String name, TensorType type, long[] shape, int length, Object values) {
    long elements = 1;
    for (long dimension : shape) {
      elements = Math.multiplyExact(elements, dimension);
    }
    if (elements != length) {
      throw new IllegalArgumentException(
          "tensor %s of shape %s has %d elements; got %d"
              .formatted(name, Arrays.toString(shape), elements, length));
    }
    if (tensors.putIfAbsent(name, new Pending(name, type, shape.clone(), length, values)) != null) {
      throw new IllegalArgumentException("tensor " + name + " was added before");
    }
    return this;
  }

  /**
   * Writes all to a file, whole or not at all: to a temporary file beside it, forced to disk, then
   * renamed over it. Its folder must exist.
   */
  public void write(Path file) throws IOException {
    Path target = file.toAbsolutePath();
    Path temporary =
        target.resolveSibling("." + target.getFileName() + "." + UUID.randomUUID() + ".tmp");
    try {
      try (FileChannel channel =
          FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        writeTo(channel);
        channel.force(true);
      }
      Files.move(
          temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private void writeTo(FileChannel channel) throws IOException {
    List<Pending> order = new ArrayList<>(tensors.values());
    order.sort(
        Comparator.comparingInt((Pending p) -> -p.type.bytes()).thenComparing(Pending::name));
    byte[] header = header(order);
    ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    drain(channel, buffer.putLong(header.length).flip());
    drain(channel, ByteBuffer.wrap(header));
    for (Pending tensor : order) {
      int step = BUFFER_BYTES / tensor.type.bytes();
      for (int from = 0; from < tensor.length; from += step) {
        int count = Math.min(step, tensor.length - from);
        buffer.clear();
        switch (tensor.type) {
          case F32 -> buffer.asFloatBuffer().put((float[]) tensor.values, from, count);
          case I64 -> buffer.asLongBuffer().put((long[]) tensor.values, from, count);
          case BF16 -> {
            float[] values = (float[]) tensor.values;
            for (int i = 0; i < count; i++) {
              buffer.putShort(2 * i, HalfPrecision.toBfloat16(values[from + i]));
            }
          }
          default -> throw new IllegalStateException("no writer for " + tensor.type);
        }
        drain(channel, buffer.limit(count * tensor.type.bytes()));
      }
    }
  }

  private static void drain(FileChannel channel, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  private byte[] header(List<Pending> order) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = new JsonFactory().createGenerator(bytes)) {
      json.writeStartObject();
      if (!metadata.isEmpty()) {
        json.writeObjectFieldStart("__metadata__");
        for (Map.Entry<String, String> entry : metadata.entrySet()) {
          json.writeStringField(entry.getKey(), entry.getValue());
        }
        json.writeEndObject();
      }
      long offset = 0;
      for (Pending tensor : order) {
        json.writeObjectFieldStart(tensor.name);
        json.writeStringField("dtype", tensor.type.name());
        json.writeFieldName("shape");
        json.writeArray(tensor.shape, 0, tensor.shape.length);
        json.writeFieldName("data_offsets");
        long end = offset + (long) tensor.length * tensor.type.bytes();
        json.writeArray(new long[] {offset, end}, 0, 2);
        json.writeEndObject();
        offset = end;
      }
      json.writeEndObject();
    }
    bytes.writeBytes(
        " ".repeat(Math.floorMod(-bytes.size(), 8)).getBytes(StandardCharsets.US_ASCII));
    return bytes.toByteArray();
  }

  private record Pending(String name, TensorType type, long[] shape, int length, Object values) {}
}
