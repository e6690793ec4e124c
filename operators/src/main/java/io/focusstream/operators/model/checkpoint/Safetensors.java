package io.focusstream.operators.model.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Reads a safetensors file, from a memory-mapped file or from bytes at hand. The layout, all of it
 * little-endian:
 *
 * <pre>
 * [int64]            n, bytes of the header, at most 100,000,000
 * [n bytes, UTF-8]   JSON: {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, …,
 *                           "__metadata__": {"key": "text", …}}; may be padded with spaces
 * [bytes]            the tensors' elements; offsets count from here, leave no hole and don't overlap
 * </pre>
 *
 * <p>The header is checked in full before any tensor can be had: known types, shape times element
 * size equal to the range, ranges inside the file, no name twice. Memory taken is bounded by the
 * header's true size, whatever length it claims. Tensors are mapped one by one when asked for and
 * stay usable after {@link #close()}. A file must not be changed while it is open; {@link
 * SafetensorsWriter} replaces files whole. Safe for use by many threads.
 *
 * <p>Format: <a href="https://github.com/huggingface/safetensors">huggingface/safetensors</a>.
 */
public final class Safetensors implements Closeable {
  /** The longest header taken, in bytes: the reference implementation's limit. */
  public static final int MAX_HEADER_BYTES = 100_000_000;

  private static final String METADATA = "__metadata__";
  private static final JsonFactory JSON = new JsonFactory();

  private final String source;
  private final Bytes bytes;
  private final long dataStart;
  private final Map<String, Entry> entries;
  private final Map<String, String> metadata;

  private Safetensors(String source, Bytes bytes) throws IOException {
    this.source = source;
    this.bytes = bytes;
    byte[] header = header();
    this.dataStart = 8L + header.length;
    Map<String, Entry> tensors = new TreeMap<>();
    Map<String, String> texts = new LinkedHashMap<>();
    try (JsonParser parser =
        JSON.createParser(
            new InputStreamReader(
                new ByteArrayInputStream(header),
                // A new decoder reports malformed input, where a charset would replace it.
                StandardCharsets.UTF_8.newDecoder()))) {
      parse(parser, tensors, texts);
    } catch (IOException e) {
      throw new CheckpointException(
          source + ": the header is not valid JSON; is the file complete? " + e.getMessage(), e);
    }
    checkRanges(tensors, bytes.size() - dataStart);
    this.entries = Collections.unmodifiableMap(tensors);
    this.metadata = Collections.unmodifiableMap(texts);
  }

  /**
   * Opens a file, memory-mapped.
   *
   * @throws CheckpointException if it is absent, not a safetensors file, or damaged
   */
  public static Safetensors open(Path file) {
    String lower = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    if (lower.endsWith(".bin") || lower.endsWith(".pt") || lower.endsWith(".pth")) {
      throw pickle(file.toString());
    }
    try {
      FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
      try {
        return new Safetensors(file.toString(), new FileBytes(channel));
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    } catch (NoSuchFileException e) {
      throw new CheckpointException(file + " does not exist", e);
    } catch (IOException e) {
      throw new CheckpointException("can't read " + file + ": " + e.getMessage(), e);
    }
  }

  /**
   * Reads from bytes at hand, for example a resource.
   *
   * @param source what to call it in messages
   * @param data the whole file, from position to limit; not copied
   * @throws CheckpointException if it is not a safetensors file, or damaged
   */
  public static Safetensors of(String source, ByteBuffer data) {
    try {
      return new Safetensors(source, new MemoryBytes(data.slice()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What this was read from, as messages name it. */
  public String source() {
    return source;
  }

  /** Names of all tensors, sorted. */
  public Set<String> names() {
    return entries.keySet();
  }

  /** The header's {@code __metadata__}; empty where it has none. */
  public Map<String, String> metadata() {
    return metadata;
  }

  /**
   * A tensor's shape, without touching its data.
   *
   * @throws CheckpointException if there is no such tensor
   */
  public long[] shape(String name) {
    return entry(name).shape.clone();
  }

  /**
   * A tensor's view.
   *
   * @throws CheckpointException if there is no such tensor, or it has more than 2 GiB
   */
  public TensorView tensor(String name) {
    Entry entry = entry(name);
    long length = entry.end - entry.start;
    if (length > Integer.MAX_VALUE) {
      throw new CheckpointException(
          "%s: tensor %s has %d bytes; at most %d can be read: save the checkpoint in BF16"
              .formatted(source, name, length, Integer.MAX_VALUE));
    }
    try {
      return new TensorView(
          name, entry.type, entry.shape, bytes.slice(dataStart + entry.start, (int) length));
    } catch (IOException e) {
      throw new CheckpointException(
          "can't map tensor " + name + " of " + source + ": " + e.getMessage(), e);
    }
  }

  private Entry entry(String name) {
    Entry entry = entries.get(name);
    if (entry == null) {
      throw new CheckpointException(
          "%s has no tensor %s; it has %d others".formatted(source, name, entries.size()));
    }
    return entry;
  }

  @Override
  public void close() throws IOException {
    bytes.close();
  }

  @Override
  public String toString() {
    return source + " (" + entries.size() + " tensors)";
  }

  private byte[] header() throws IOException {
    long size = bytes.size();
    byte[] start = bytes.read(0, (int) Math.min(size, 9));
    boolean longEnough = start.length == 9;
    long length = longEnough ? ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN).getLong() : 0;
    if (longEnough
        && start[8] == '{'
        && length >= 2
        && length <= Math.min(size - 8, MAX_HEADER_BYTES)) {
      return bytes.read(8, (int) length);
    }
    // A header of 0x0280 bytes begins like a pickle, so this is asked only now.
    if (start.length >= 2
        && (start[0] == 'P' && start[1] == 'K'
            || (start[0] & 0xff) == 0x80 && start[1] >= 0 && start[1] <= 5)) {
      throw pickle(source);
    }
    if (start.length < 9) {
      throw new CheckpointException(
          source + " has " + size + " bytes: too short for a safetensors file; download it again");
    }
    if (length < 2 || length > MAX_HEADER_BYTES) {
      throw new CheckpointException(
          "%s: header length must be in [2, %d]; got %s: not a safetensors file, or damaged"
              .formatted(source, MAX_HEADER_BYTES, Long.toUnsignedString(length)));
    }
    if (length > size - 8) {
      throw new CheckpointException(
          "%s: the header claims %d bytes but the file has %d; download it again"
              .formatted(source, length, size));
    }
    throw new CheckpointException(
        "%s: the header must begin with '{'; got byte 0x%02x: not a safetensors file, or damaged"
            .formatted(source, start[8]));
  }

  static CheckpointException pickle(String source) {
    return new CheckpointException(
        source
            + " is a PyTorch pickle: reading one can run any code that it holds, so it is refused;"
            + " convert the checkpoint to safetensors (save_pretrained(dir, safe_serialization=True))");
  }

  private void parse(JsonParser parser, Map<String, Entry> tensors, Map<String, String> texts)
      throws IOException {
    expect(parser, parser.nextToken(), JsonToken.START_OBJECT, "the header");
    boolean metadataSeen = false;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      if (name.equals(METADATA)) {
        if (metadataSeen) {
          throw new CheckpointException(source + ": " + METADATA + " is there twice");
        }
        metadataSeen = true;
        expect(parser, parser.nextToken(), JsonToken.START_OBJECT, METADATA);
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
          String key = parser.currentName();
          expect(parser, parser.nextToken(), JsonToken.VALUE_STRING, METADATA + "." + key);
          if (texts.put(key, parser.getText()) != null) {
            throw new CheckpointException(
                "%s: %s has key %s twice".formatted(source, METADATA, key));
          }
        }
      } else if (tensors.put(name, parseEntry(parser, name)) != null) {
        throw new CheckpointException("%s: tensor %s is there twice".formatted(source, name));
      }
    }
    if (parser.nextToken() != null) {
      throw new CheckpointException(source + ": more text follows the header's JSON object");
    }
  }

  private Entry parseEntry(JsonParser parser, String name) throws IOException {
    expect(parser, parser.nextToken(), JsonToken.START_OBJECT, "tensor " + name);
    TensorType type = null;
    long[] shape = null;
    long[] range = null;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String field = parser.currentName();
      JsonToken token = parser.nextToken();
      String what = field + " of tensor " + name;
      boolean twice;
      switch (field) {
        case "dtype" -> {
          twice = type != null;
          expect(parser, token, JsonToken.VALUE_STRING, what);
          String written = parser.getText();
          type =
              TensorType.of(written)
                  .orElseThrow(
                      () ->
                          new CheckpointException(
                              "%s: dtype of tensor %s must be one of %s; got %s"
                                  .formatted(
                                      source,
                                      name,
                                      Arrays.toString(TensorType.values()),
                                      written)));
        }
        case "shape" -> {
          twice = shape != null;
          shape = naturals(parser, token, what);
        }
        case "data_offsets" -> {
          twice = range != null;
          range = naturals(parser, token, what);
        }
        default ->
            throw new CheckpointException(
                "%s: tensor %s has an unknown field %s".formatted(source, name, field));
      }
      if (twice) {
        throw new CheckpointException(source + ": " + what + " is there twice");
      }
    }
    if (type == null || shape == null || range == null) {
      throw new CheckpointException(
          "%s: tensor %s lacks %s"
              .formatted(
                  source, name, type == null ? "dtype" : shape == null ? "shape" : "data_offsets"));
    }
    if (range.length != 2 || range[0] > range[1]) {
      throw new CheckpointException(
          "%s: data_offsets of tensor %s must be [begin, end]; got %s"
              .formatted(source, name, Arrays.toString(range)));
    }
    long needed = type.bytes();
    try {
      for (long dimension : shape) {
        needed = Math.multiplyExact(needed, dimension);
      }
    } catch (ArithmeticException e) {
      throw new CheckpointException(
          "%s: tensor %s has an impossible shape %s"
              .formatted(source, name, Arrays.toString(shape)),
          e);
    }
    if (needed != range[1] - range[0]) {
      throw new CheckpointException(
          "%s: tensor %s of type %s and shape %s needs %d bytes; its data_offsets %s hold %d"
              .formatted(
                  source,
                  name,
                  type,
                  Arrays.toString(shape),
                  needed,
                  Arrays.toString(range),
                  range[1] - range[0]));
    }
    return new Entry(type, shape, range[0], range[1]);
  }

  private long[] naturals(JsonParser parser, JsonToken first, String what) throws IOException {
    expect(parser, first, JsonToken.START_ARRAY, what);
    List<Long> values = new ArrayList<>();
    JsonToken token;
    while ((token = parser.nextToken()) != JsonToken.END_ARRAY) {
      expect(parser, token, JsonToken.VALUE_NUMBER_INT, what);
      if (parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
          || parser.getLongValue() < 0) {
        throw new CheckpointException(
            "%s: %s must hold numbers in [0, 2^63); got %s"
                .formatted(source, what, parser.getText()));
      }
      values.add(parser.getLongValue());
    }
    return values.stream().mapToLong(Long::longValue).toArray();
  }

  private void expect(JsonParser parser, JsonToken got, JsonToken expected, String what)
      throws IOException {
    if (got != expected) {
      throw new CheckpointException(
          "%s: %s must be %s; got %s"
              .formatted(source, what, expected, got == null ? "the end" : got));
    }
  }

  private void checkRanges(Map<String, Entry> tensors, long dataBytes) {
    List<Map.Entry<String, Entry>> order = new ArrayList<>(tensors.entrySet());
    order.sort(
        Comparator.comparingLong((Map.Entry<String, Entry> e) -> e.getValue().start)
            .thenComparingLong(e -> e.getValue().end));
    long end = 0;
    String before = "the header";
    for (Map.Entry<String, Entry> tensor : order) {
      Entry entry = tensor.getValue();
      if (entry.end > dataBytes) {
        throw new CheckpointException(
            "%s: tensor %s ends at byte %d of the data, but there are %d; download the file again"
                .formatted(source, tensor.getKey(), entry.end, dataBytes));
      }
      if (entry.start != end) {
        throw new CheckpointException(
            "%s: tensor %s begins at byte %d; %s ends at %d: ranges must neither overlap nor leave holes"
                .formatted(source, tensor.getKey(), entry.start, before, end));
      }
      end = entry.end;
      before = "tensor " + tensor.getKey();
    }
    if (end != dataBytes) {
      throw new CheckpointException(
          "%s: the tensors end at byte %d of the data, but there are %d; the file is damaged"
              .formatted(source, end, dataBytes));
    }
  }

  private record Entry(TensorType type, long[] shape, long start, long end) {}

  private interface Bytes extends Closeable {
    long size() throws IOException;

    byte[] read(long offset, int length) throws IOException;

    ByteBuffer slice(long offset, int length) throws IOException;
  }

  private record FileBytes(FileChannel channel) implements Bytes {
    @Override
    public long size() throws IOException {
      return channel.size();
    }

    @Override
    public byte[] read(long offset, int length) throws IOException {
      ByteBuffer target = ByteBuffer.allocate(length);
      while (target.hasRemaining()) {
        if (channel.read(target, offset + target.position()) < 0) {
          throw new IOException("the file ends at byte " + (offset + target.position()));
        }
      }
      return target.array();
    }

    @Override
    public ByteBuffer slice(long offset, int length) throws IOException {
      return length == 0
          ? ByteBuffer.allocate(0)
          : channel.map(FileChannel.MapMode.READ_ONLY, offset, length);
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  private record MemoryBytes(ByteBuffer data) implements Bytes {
    @Override
    public long size() {
      return data.limit();
    }

    @Override
    public byte[] read(long offset, int length) {
      byte[] target = new byte[length];
      data.get((int) offset, target);
      return target;
    }

    @Override
    public ByteBuffer slice(long offset, int length) {
      return data.slice((int) offset, length);
    }

    @Override
    public void close() {}
  }
}
