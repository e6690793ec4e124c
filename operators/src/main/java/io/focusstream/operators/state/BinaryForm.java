package io.focusstream.operators.state;

import io.focusstream.schemas.OffsetRange;
import io.focusstream.schemas.SourcePosition;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * The building blocks of our binary layouts.
 *
 * <pre>
 * [vint]     unsigned, seven bits a byte, low bits first, high bit set on all bytes but the last
 * [text]     [vint] number of bytes, [bytes] UTF-8
 * [tokens]   [vint] count, then each id as [vint]
 * [position] [text] topic, [vint] partition, [int64] offset
 * [segment]  [tokens] tokens, [tokens] event ends, [int64] from, [int64] to, both in milliseconds,
 *            [vint] number of ranges, then each: [text] topic, [vint] partition, [int64] first offset,
 *            [int64] last offset
 * </pre>
 *
 * <p>Numbers of a fixed width are big-endian. Bytes that hold what is never written are refused
 * with an {@code IllegalArgumentException}, which {@link VersionedSerializer} names the record in.
 */
public final class BinaryForm {
  /** No length read from bytes may be larger: a larger one is damage, not data. */
  private static final int MAX_LENGTH = 1 << 28;

  /** How much is allocated on the word of a length alone. */
  private static final int FIRST_ALLOCATION = 1 << 16;

  private BinaryForm() {}

  /** Writes a non-negative number as {@code [vint]}. */
  public static void writeInt(int value, DataOutputView out) throws IOException {
    if (value < 0) {
      throw new IllegalArgumentException("a vint can't be negative; got " + value);
    }
    int rest = value;
    while (rest > 0x7f) {
      out.writeByte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    out.writeByte(rest);
  }

  /** Reads a {@code [vint]}. */
  public static int readInt(DataInputView in) throws IOException {
    int value = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      int next = in.readByte();
      value |= (next & 0x7f) << shift;
      if (next >= 0) {
        if (value < 0) {
          break;
        }
        return value;
      }
    }
    throw new IllegalArgumentException("a vint of more than 31 bits");
  }

  /** Writes {@code [text]}. */
  public static void writeText(String text, DataOutputView out) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    writeInt(bytes.length, out);
    out.write(bytes);
  }

  /** Reads {@code [text]}. */
  public static String readText(DataInputView in) throws IOException {
    return new String(readBytes("text", in), StandardCharsets.UTF_8);
  }

  /**
   * Reads {@code [vint] number of bytes, [bytes]}. Takes no more memory than twice what is there,
   * whatever the number says.
   */
  public static byte[] readBytes(String what, DataInputView in) throws IOException {
    int length = readLength(what, in);
    byte[] bytes = new byte[Math.min(length, FIRST_ALLOCATION)];
    in.readFully(bytes);
    while (bytes.length < length) {
      int read = bytes.length;
      bytes = Arrays.copyOf(bytes, larger(read, length));
      in.readFully(bytes, read, bytes.length - read);
    }
    return bytes;
  }

  private static int larger(int size, int most) {
    return (int) Math.min(most, 2L * size);
  }

  /** Writes {@code [tokens]}: counts or ids, none negative. */
  public static void writeInts(int[] values, DataOutputView out) throws IOException {
    writeInt(values.length, out);
    for (int value : values) {
      writeInt(value, out);
    }
  }

  /** Reads {@code [tokens]}. */
  public static int[] readInts(DataInputView in) throws IOException {
    int length = readLength("list of numbers", in);
    int[] values = new int[Math.min(length, FIRST_ALLOCATION)];
    for (int i = 0; i < length; i++) {
      if (i == values.length) {
        values = Arrays.copyOf(values, larger(i, length));
      }
      values[i] = readInt(in);
    }
    return values;
  }

  /** Writes {@code [position]}. */
  public static void writePosition(SourcePosition position, DataOutputView out) throws IOException {
    writeText(position.topic(), out);
    writeInt(position.partition(), out);
    out.writeLong(position.offset());
  }

  /** Reads {@code [position]}. */
  public static SourcePosition readPosition(DataInputView in) throws IOException {
    return new SourcePosition(readText(in), readInt(in), in.readLong());
  }

  /** Writes {@code [segment]}. */
  public static void writeSegment(Segment segment, DataOutputView out) throws IOException {
    writeInts(segment.tokens(), out);
    writeInts(segment.eventEnds(), out);
    out.writeLong(segment.fromMillis());
    out.writeLong(segment.toMillis());
    writeInt(segment.offsets().size(), out);
    for (OffsetRange range : segment.offsets()) {
      writeText(range.topic(), out);
      writeInt(range.partition(), out);
      out.writeLong(range.firstOffset());
      out.writeLong(range.lastOffset());
    }
  }

  /** Reads {@code [segment]}. */
  public static Segment readSegment(DataInputView in) throws IOException {
    int[] tokens = readInts(in);
    int[] eventEnds = readInts(in);
    long fromMillis = in.readLong();
    long toMillis = in.readLong();
    int ranges = readLength("list of offset ranges", in);
    List<OffsetRange> offsets = new ArrayList<>();
    for (int i = 0; i < ranges; i++) {
      offsets.add(new OffsetRange(readText(in), readInt(in), in.readLong(), in.readLong()));
    }
    return new Segment(tokens, eventEnds, fromMillis, toMillis, offsets);
  }

  /**
   * Writes {@code [text] group, [int8] bit 0: a prefix follows, bit 1: partial, [text] prefix}
   * where it follows.
   */
  public static void writeAsking(Asking asking, DataOutputView out) throws IOException {
    writeText(asking.group(), out);
    out.writeByte((asking.prefix() == null ? 0 : 1) | (asking.partial() ? 2 : 0));
    if (asking.prefix() != null) {
      writeText(asking.prefix(), out);
    }
  }

  /** Reads what {@link #writeAsking} writes. */
  public static Asking readAsking(DataInputView in) throws IOException {
    String group = readText(in);
    int flags = in.readByte();
    return new Asking(group, (flags & 1) == 0 ? null : readText(in), (flags & 2) != 0);
  }

  /** Reads a length and refuses absurd ones. */
  public static int readLength(String what, DataInputView in) throws IOException {
    int length = readInt(in);
    if (length > MAX_LENGTH) {
      throw new IllegalArgumentException("a " + what + " of length " + length);
    }
    return length;
  }
}
