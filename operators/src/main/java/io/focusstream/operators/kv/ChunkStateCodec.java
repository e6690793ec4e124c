package io.focusstream.operators.kv;

import io.focusstream.operators.numeric.HalfPrecision;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.zip.CRC32C;

/**
 * Chunk states to blocks of bytes and back. A state is split into blocks of at most {@value
 * #MAX_BLOCK_BYTES} bytes, so that no value in the state backend is large; each block says by
 * itself what it is. All numbers are little-endian. Layout version 1:
 *
 * <pre>
 * offset
 *   0  [4 bytes]  magic, "FSKV"
 *   4  [int16]    layout version
 *   6  [int8]     quantisation: 1 FLOAT32, 2 BF16, 3 INT8, 4 INT4 ({@link Quantisation#code()})
 *   7  [int8]     0
 *   8  [int64][int64]   model fingerprint, high and low half
 *  24  [int64][int64]   the chunk's content key, high and low half
 *  40  [int32]    L, layers of the whole chunk
 *  44  [int32]    G, key/value heads
 *  48  [int32]    T, tokens of the whole chunk
 *  52  [int32]    D, head size
 *  56  [int32]    index of this block, from 0
 *  60  [int32]    number of blocks
 *  64  [int32]    first layer of this block
 *  68  [int32]    N, layers of this block
 *  72  [int32]    first token of this block
 *  76  [int32]    M, tokens of this block
 *  80  [N * G * M float16]         scales of the keys    (INT8, INT4)
 *      [N * G * M float16]         scales of the values  (INT8, INT4)
 *      [N * G * M * D numbers]     keys, in the order (N, G, M, D)
 *      [N * G * M * D numbers]     values, the same
 *      [int32]    CRC-32C of all bytes before it
 * </pre>
 *
 * <p>Blocks follow each other by layer, then by token: a block holds all tokens of one or more
 * layers, or, where one layer is too large, some tokens of one layer. <b>In every version, past and
 * to come,</b> magic and version stand where they stand here and the checksum comes last; so a
 * damaged block and a block of another version can always be told apart.
 *
 * <p>{@link Quantisation#INT8} is symmetric: {@code scale = float16(max|x| / 127)}, made one step
 * larger where rounding down would leave a number out of reach; {@code q = round(x / scale)}. A row
 * of zeros has scale 0. {@link Quantisation#INT4} is the same with 7 in place of 127, two numbers a
 * byte.
 *
 * <p>Immutable; safe for use by many threads.
 */
public final class ChunkStateCodec {
  /** No block is longer than this, header and checksum included. */
  public static final int MAX_BLOCK_BYTES = 4 << 20;

  /** The layout version that is written. */
  public static final int VERSION = 1;

  /** The oldest layout version that is read. */
  public static final int OLDEST_VERSION = 1;

  /** Bytes of a block that are not numbers or scales. */
  public static final int OVERHEAD_BYTES = 84;

  static final int HEADER_BYTES = 80;
  static final int CHECKSUM_BYTES = 4;
  static final int MAGIC = 'F' | 'S' << 8 | 'K' << 16 | 'V' << 24;
  static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

  /** Adding it leaves a float of at most 2^22 rounded to an integer in the lowest bits. */
  private static final float ROUNDER = 0x1.8p23f;

  private final Id128 model;
  private final Quantisation quantisation;

  /**
   * @param model the fingerprint of the model whose states are written, and alone read
   * @param quantisation how states are written; all are read
   */
  public ChunkStateCodec(Id128 model, Quantisation quantisation) {
    this.model = Objects.requireNonNull(model, "model");
    this.quantisation = Objects.requireNonNull(quantisation, "quantisation");
  }

  /** How states are written. */
  public Quantisation quantisation() {
    return quantisation;
  }

  /** Bytes of all blocks together of an encoded state of this shape. */
  public static long encodedBytes(ChunkShape shape, Quantisation quantisation) {
    long blocks = parts(shape, quantisation).size();
    long layerBytes =
        (long) shape.tokens() * quantisation.tokenBytes(shape.kvHeads(), shape.headDim());
    return shape.layers() * layerBytes + blocks * OVERHEAD_BYTES;
  }

  /**
   * Encodes a chunk's state.
   *
   * @param chunk the chunk's content key
   * @return the blocks, in order
   * @throws IllegalArgumentException if a number is NaN or infinite, or too large for the
   *     quantisation
   */
  public List<byte[]> encode(Id128 chunk, ChunkTensors tensors) {
    ChunkShape shape = tensors.shape();
    return blocks(
        chunk,
        shape,
        (part, block, keyScales, valueScales, keys, values) -> {
          encode(shape, part, tensors.keys(), "keys", block, keyScales, keys);
          encode(shape, part, tensors.values(), "values", block, valueScales, values);
        });
  }

  /**
   * Stores numbers that are int8 already, rounded as {@link Quantisation#INT8} rounds: the blocks
   * are those that {@link #encode(Id128, ChunkTensors)} would have made. The counterpart of {@link
   * ChunkState#copyQuantisedTo}.
   *
   * @param chunk the chunk's content key
   * @param keys for example (L, C, G, P, D) int8, and the slot says where this chunk is in it
   * @param values the same
   * @param keyScales (L, C, G, P) float16, two bytes a scale, little-endian
   * @param valueScales the same
   * @throws IllegalStateException unless this codec writes INT8
   * @throws IllegalArgumentException if the slot reaches beyond a buffer's limit, or a scale is
   *     infinite or no number: the model overflowed
   */
  public List<byte[]> encodeQuantised(
      Id128 chunk,
      ChunkShape shape,
      ByteBuffer keys,
      ByteBuffer values,
      ByteBuffer keyScales,
      ByteBuffer valueScales,
      TensorSlot slot) {
    if (quantisation != Quantisation.INT8) {
      throw new IllegalStateException("this codec writes " + quantisation + ", not int8");
    }
    TensorSlot scales = slot.forScales(shape);
    slot.check(shape, shape.headDim(), keys.limit(), "the keys");
    slot.check(shape, shape.headDim(), values.limit(), "the values");
    scales.check(shape, 1, keyScales.limit() / 2, "the keys' scales");
    scales.check(shape, 1, valueScales.limit() / 2, "the values' scales");
    return blocks(
        chunk,
        shape,
        (part, block, keyScalesAt, valueScalesAt, keysAt, valuesAt) -> {
          int run = part.tokens;
          int numbers = run * shape.headDim();
          int scaleTo = 0;
          int numberTo = 0;
          for (int layer = part.firstLayer; layer < part.firstLayer + part.layers; layer++) {
            for (int head = 0; head < shape.kvHeads(); head++) {
              int from = slot.at(layer, head) + part.firstToken * shape.headDim();
              int scaleFrom = (scales.at(layer, head) + part.firstToken) * 2;
              keys.get(from, block, keysAt + numberTo, numbers);
              values.get(from, block, valuesAt + numberTo, numbers);
              keyScales.get(scaleFrom, block, keyScalesAt + scaleTo, 2 * run);
              valueScales.get(scaleFrom, block, valueScalesAt + scaleTo, 2 * run);
              numberTo += numbers;
              scaleTo += 2 * run;
            }
          }
          for (int at = keyScalesAt; at < keysAt; at += 2) {
            if (((short) SHORT.get(block, at) & 0x7c00) == 0x7c00) {
              throw new IllegalArgumentException(
                  "a number must be finite and at most 127 * 65504 for INT8: the model overflowed,"
                      + " run it in a wider type");
            }
          }
        });
  }

  /** Fills the numbers of one block, given where its parts begin. */
  @FunctionalInterface
  private interface Filler {
    void fill(Part part, byte[] block, int keyScales, int valueScales, int keys, int values);
  }

  private List<byte[]> blocks(Id128 chunk, ChunkShape shape, Filler filler) {
    List<Part> parts = parts(shape, quantisation);
    List<byte[]> blocks = new ArrayList<>(parts.size());
    for (Part part : parts) {
      byte[] block = new byte[Math.toIntExact(part.blockBytes(shape, quantisation))];
      ByteBuffer buffer = ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN);
      buffer.putInt(MAGIC).putShort((short) VERSION).put((byte) quantisation.code()).put((byte) 0);
      buffer.putLong(model.high()).putLong(model.low());
      buffer.putLong(chunk.high()).putLong(chunk.low());
      buffer.putInt(shape.layers()).putInt(shape.kvHeads());
      buffer.putInt(shape.tokens()).putInt(shape.headDim());
      buffer.putInt(blocks.size()).putInt(parts.size());
      buffer.putInt(part.firstLayer).putInt(part.layers);
      buffer.putInt(part.firstToken).putInt(part.tokens);
      int rows = part.layers * shape.kvHeads() * part.tokens;
      int scaleBytes = rows * quantisation.scaleBytes();
      int numberBytes = rows * quantisation.rowBytes(shape.headDim());
      int numbers = HEADER_BYTES + 2 * scaleBytes;
      filler.fill(
          part, block, HEADER_BYTES, HEADER_BYTES + scaleBytes, numbers, numbers + numberBytes);
      buffer.putInt(block.length - CHECKSUM_BYTES, checksum(block));
      blocks.add(block);
    }
    return blocks;
  }

  private void encode(
      ChunkShape shape,
      Part part,
      float[] source,
      String what,
      byte[] block,
      int scalesAt,
      int numbersAt) {
    int scaleAt = scalesAt;
    int at = numbersAt;
    int dim = shape.headDim();
    for (int layer = part.firstLayer; layer < part.firstLayer + part.layers; layer++) {
      for (int head = 0; head < shape.kvHeads(); head++) {
        for (int token = part.firstToken; token < part.firstToken + part.tokens; token++) {
          int from = shape.offset(layer, head, token);
          float largest = largest(source, from, dim);
          if (!(largest <= Float.MAX_VALUE)) {
            throw refused(shape, source, what, layer, head, token, "must be finite");
          }
          switch (quantisation) {
            case FLOAT32 ->
                ByteBuffer.wrap(block, at, 4 * dim)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asFloatBuffer()
                    .put(source, from, dim);
            case BF16 -> {
              if (!toBfloat16(source, from, dim, block, at)) {
                throw refused(
                    shape, source, what, layer, head, token, "must be less than 2^128 - 2^119");
              }
            }
            case INT8 -> {
              short scale = scale(largest, 127);
              if (scale == (short) 0x7c00) {
                throw refused(
                    shape, source, what, layer, head, token, "must be at most 127 * 65504");
              }
              SHORT.set(block, scaleAt, scale);
              scaleAt += 2;
              toInt8(source, from, dim, HalfPrecision.fromFloat16(scale), block, at);
            }
            case INT4 -> {
              short scale = scale(largest, 7);
              if (scale == (short) 0x7c00) {
                throw refused(shape, source, what, layer, head, token, "must be at most 7 * 65504");
              }
              SHORT.set(block, scaleAt, scale);
              scaleAt += 2;
              toInt4(source, from, dim, HalfPrecision.fromFloat16(scale), block, at);
            }
          }
          at += quantisation.rowBytes(dim);
        }
      }
    }
  }

  /** The largest magnitude; NaN if one is NaN. */
  private static float largest(float[] source, int from, int count) {
    float largest = 0;
    for (int i = from; i < from + count; i++) {
      largest = Math.max(largest, Math.abs(source[i]));
    }
    return largest;
  }

  /** The scale's float16: at least largest / (levels + 0.5), infinite where there is none. */
  private static short scale(float largest, int levels) {
    short scale = HalfPrecision.toFloat16(largest / levels);
    return HalfPrecision.fromFloat16(scale) * (levels + 0.5f) < largest
        ? (short) (scale + 1)
        : scale;
  }

  private static void toInt4(
      float[] source, int from, int count, float scale, byte[] block, int at) {
    float inverse = scale == 0 ? 0 : 1 / scale;
    for (int i = 0; i < count; i++) {
      float scaled = Math.max(-7f, Math.min(7f, source[from + i] * inverse));
      int stored = (byte) Float.floatToRawIntBits(scaled + ROUNDER) + 8;
      block[at + i / 2] |= (byte) ((i & 1) == 0 ? stored : stored << 4);
    }
  }

  private static void toInt8(
      float[] source, int from, int count, float scale, byte[] block, int at) {
    float inverse = scale == 0 ? 0 : 1 / scale;
    for (int i = 0; i < count; i++) {
      float scaled = Math.max(-127f, Math.min(127f, source[from + i] * inverse));
      block[at + i] = (byte) Float.floatToRawIntBits(scaled + ROUNDER);
    }
  }

  /** False where a finite number became infinite. */
  private static boolean toBfloat16(float[] source, int from, int count, byte[] block, int at) {
    boolean finite = true;
    for (int i = 0; i < count; i++) {
      short bits = HalfPrecision.toBfloat16(source[from + i]);
      finite &= (bits & 0x7fff) != 0x7f80;
      SHORT.set(block, at + 2 * i, bits);
    }
    return finite;
  }

  private IllegalArgumentException refused(
      ChunkShape shape,
      float[] source,
      String what,
      int layer,
      int head,
      int token,
      String demand) {
    int from = shape.offset(layer, head, token);
    int worst = 0;
    for (int i = 0; i < shape.headDim(); i++) {
      // compare puts NaN above all numbers.
      if (Float.compare(Math.abs(source[from + i]), Math.abs(source[from + worst])) > 0) {
        worst = i;
      }
    }
    return new IllegalArgumentException(
        ("%s[layer %d, head %d, token %d, %d] %s for %s; got %s: the model overflowed, run it in a"
                + " wider type")
            .formatted(
                what, layer, head, token, worst, demand, quantisation, source[from + worst]));
  }

  /**
   * Checks blocks in full; what is returned can't fail any more.
   *
   * @param chunk the content key of the chunk whose state it must be
   * @param blocks all blocks, in order; not copied, must not change while the result is used
   * @throws ChunkStateException if they are damaged, incomplete, out of order, of another chunk,
   *     another model, or another layout
   */
  public ChunkState read(Id128 chunk, List<byte[]> blocks) throws ChunkStateException {
    if (blocks.isEmpty()) {
      throw new ChunkStateException.Corrupt("chunk " + chunk + " has no blocks");
    }
    ChunkShape shape = null;
    Quantisation stored = null;
    List<ChunkState.Located> located = new ArrayList<>(blocks.size());
    int layer = 0;
    int token = 0;
    for (int i = 0; i < blocks.size(); i++) {
      byte[] block = blocks.get(i);
      String name = "block %d of %d of chunk %s".formatted(i, blocks.size(), chunk);
      ByteBuffer header = checked(block, name);
      Id128 foundModel = new Id128(header.getLong(8), header.getLong(16));
      if (!foundModel.equals(model)) {
        throw new ChunkStateException.OtherModel(foundModel, model);
      }
      Id128 foundChunk = new Id128(header.getLong(24), header.getLong(32));
      if (!foundChunk.equals(chunk)) {
        throw new ChunkStateException.Corrupt(name + " is of chunk " + foundChunk);
      }
      if (header.getInt(56) != i || header.getInt(60) != blocks.size()) {
        throw new ChunkStateException.Corrupt(
            "%s says that it is block %d of %d"
                .formatted(name, header.getInt(56), header.getInt(60)));
      }
      Quantisation quantisation =
          Quantisation.ofCode(header.get(6))
              .orElseThrow(
                  () ->
                      new ChunkStateException.Corrupt(
                          name + " has unknown quantisation " + header.get(6)));
      ChunkShape blockShape = shape(header, name);
      if (i == 0) {
        shape = blockShape;
        stored = quantisation;
      }
      if (!blockShape.equals(shape) || quantisation != stored || header.get(7) != 0) {
        throw new ChunkStateException.Corrupt(
            "%s has shape %s, %s, flag %d; expected %s, %s, 0"
                .formatted(name, blockShape, quantisation, header.get(7), shape, stored));
      }
      Part part =
          new Part(header.getInt(64), header.getInt(68), header.getInt(72), header.getInt(76));
      boolean whole = part.firstToken == 0 && part.tokens == shape.tokens();
      if (part.firstLayer != layer
          || part.firstToken != token
          || part.layers < 1
          || part.layers > (whole ? shape.layers() - layer : 1)
          || part.tokens < 1
          || part.tokens > shape.tokens() - token
          || layer >= shape.layers()) {
        throw new ChunkStateException.Corrupt(
            "%s holds %s of shape %s; expected it to begin at layer %d, token %d"
                .formatted(name, part, shape, layer, token));
      }
      if (part.blockBytes(shape, quantisation) != block.length) {
        throw new ChunkStateException.Corrupt(
            "%s needs %d bytes; got %d"
                .formatted(name, part.blockBytes(shape, quantisation), block.length));
      }
      located.add(new ChunkState.Located(block, part));
      token += part.tokens;
      if (token == shape.tokens()) {
        token = 0;
        layer += part.layers;
      }
    }
    if (layer != shape.layers()) {
      throw new ChunkStateException.Corrupt(
          "the blocks of chunk %s end at layer %d, token %d of shape %s"
              .formatted(chunk, layer, token, shape));
    }
    return new ChunkState(shape, stored, located);
  }

  /** Checks what holds in every version, then the version. */
  private static ByteBuffer checked(byte[] block, String name) throws ChunkStateException {
    if (block.length < 10 || block.length > MAX_BLOCK_BYTES) {
      throw new ChunkStateException.Corrupt(
          "%s must have 10 to %d bytes; got %d".formatted(name, MAX_BLOCK_BYTES, block.length));
    }
    ByteBuffer header = ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN);
    if (header.getInt(0) != MAGIC) {
      throw new ChunkStateException.Corrupt(
          "%s must begin with FSKV; got bytes %08x"
              .formatted(name, Integer.reverseBytes(header.getInt(0))));
    }
    int stored = header.getInt(block.length - CHECKSUM_BYTES);
    int computed = checksum(block);
    if (stored != computed) {
      throw new ChunkStateException.Corrupt(
          "%s has checksum %08x; its bytes give %08x".formatted(name, stored, computed));
    }
    int version = header.getShort(4);
    if (version < OLDEST_VERSION) {
      throw new ChunkStateException.TooOld(version, OLDEST_VERSION);
    }
    if (version > VERSION) {
      throw new ChunkStateException.TooNew(version, VERSION);
    }
    if (block.length < OVERHEAD_BYTES) {
      throw new ChunkStateException.Corrupt(
          "%s must have at least %d bytes; got %d".formatted(name, OVERHEAD_BYTES, block.length));
    }
    return header;
  }

  private static ChunkShape shape(ByteBuffer header, String name) throws ChunkStateException {
    try {
      return new ChunkShape(
          header.getInt(40), header.getInt(44), header.getInt(48), header.getInt(52));
    } catch (IllegalArgumentException e) {
      throw new ChunkStateException.Corrupt(name + ": " + e.getMessage());
    }
  }

  static int checksum(byte[] block) {
    CRC32C crc = new CRC32C();
    crc.update(block, 0, block.length - CHECKSUM_BYTES);
    return (int) crc.getValue();
  }

  private static List<Part> parts(ChunkShape shape, Quantisation quantisation) {
    int tokenBytes = quantisation.tokenBytes(shape.kvHeads(), shape.headDim());
    int tokensPerBlock = (MAX_BLOCK_BYTES - OVERHEAD_BYTES) / tokenBytes;
    List<Part> parts = new ArrayList<>();
    if (tokensPerBlock >= shape.tokens()) {
      int layersPerBlock = tokensPerBlock / shape.tokens();
      for (int layer = 0; layer < shape.layers(); layer += layersPerBlock) {
        int layers = Math.min(layersPerBlock, shape.layers() - layer);
        parts.add(new Part(layer, layers, 0, shape.tokens()));
      }
    } else {
      for (int layer = 0; layer < shape.layers(); layer++) {
        for (int token = 0; token < shape.tokens(); token += tokensPerBlock) {
          int tokens = Math.min(tokensPerBlock, shape.tokens() - token);
          parts.add(new Part(layer, 1, token, tokens));
        }
      }
    }
    return parts;
  }

  /** The part of a chunk that one block holds. */
  record Part(int firstLayer, int layers, int firstToken, int tokens) {
    long blockBytes(ChunkShape shape, Quantisation quantisation) {
      return OVERHEAD_BYTES
          + (long) layers * tokens * quantisation.tokenBytes(shape.kvHeads(), shape.headDim());
    }
  }
}
