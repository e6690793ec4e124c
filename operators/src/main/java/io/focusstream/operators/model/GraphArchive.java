package io.focusstream.operators.model;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Packs {@code focus_graph.py} as a TorchScript module archive: a zip of stored entries under one
 * folder.
 *
 * <pre>
 * focus/data.pkl           a pickled module object without attributes but {@code training = False}
 * focus/code/__torch__.py  the source
 * focus/constants.pkl      an empty tuple
 * focus/version            3
 * </pre>
 */
public final class GraphArchive {
  /** Resource beside this class that holds the graph's source. */
  public static final String SOURCE = "focus_graph.py";

  // PROTO 2, GLOBAL __torch__.FocusGraph, EMPTY_TUPLE, NEWOBJ, {'training': False}, BUILD, STOP
  private static final byte[] MODULE =
      ("\u0080\u0002c__torch__\nFocusGraph\nq\u0000)\u0081q\u0001}q\u0002X\b\u0000\u0000\u0000"
              + "trainingq\u0003\u0089sb.")
          .getBytes(StandardCharsets.ISO_8859_1);
  private static final byte[] CONSTANTS = "\u0080\u0002).".getBytes(StandardCharsets.ISO_8859_1);

  // PyTorch for other processors may be built without the operators that such a line names; its end
  // says what does instead
  private static final Pattern ONE_DNN_LINE =
      Pattern.compile("= ops\\.mkldnn\\..*# without oneDNN: (.*)$", Pattern.MULTILINE);

  private GraphArchive() {}

  /** Whether PyTorch has oneDNN's products on this processor: the graph's {@code pack()} works. */
  static boolean oneDnn() {
    return List.of("amd64", "x86_64").contains(System.getProperty("os.arch"));
  }

  /** Whether oneDNN has products of that type here; of bfloat16 only where the processor has. */
  static boolean oneDnn(Precision precision) {
    return oneDnn()
        && (precision == Precision.FLOAT32 || Precision.forThisProcessor() == precision);
  }

  /** The archive's bytes; the same bytes on every call. */
  public static byte[] pack() {
    return pack(oneDnn());
  }

  /**
   * @param oneDnn whether the graph may name oneDNN's operators; where it doesn't, packing a matrix
   *     is copying it
   */
  static byte[] pack(boolean oneDnn) {
    try (InputStream source = GraphArchive.class.getResourceAsStream(SOURCE)) {
      if (source == null) {
        throw new IllegalStateException(
            SOURCE + " is missing beside " + GraphArchive.class.getName() + "; rebuild the jar");
      }
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
        zip.setMethod(ZipOutputStream.STORED);
        store(zip, "focus/data.pkl", MODULE);
        store(zip, "focus/code/__torch__.py", code(source.readAllBytes(), oneDnn));
        store(zip, "focus/constants.pkl", CONSTANTS);
        store(zip, "focus/version", "3\n".getBytes(StandardCharsets.US_ASCII));
      }
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] code(byte[] source, boolean oneDnn) {
    if (oneDnn) {
      return source;
    }
    String text = new String(source, StandardCharsets.UTF_8);
    return ONE_DNN_LINE.matcher(text).replaceAll("= $1").getBytes(StandardCharsets.UTF_8);
  }

  private static void store(ZipOutputStream zip, String name, byte[] bytes) throws IOException {
    CRC32 crc = new CRC32();
    crc.update(bytes);
    ZipEntry entry = new ZipEntry(name);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(bytes.length);
    entry.setCrc(crc.getValue());
    entry.setTime(0);
    zip.putNextEntry(entry);
    zip.write(bytes);
    zip.closeEntry();
  }
}
