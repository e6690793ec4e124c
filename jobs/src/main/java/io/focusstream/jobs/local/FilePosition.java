package io.focusstream.jobs.local;

import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * How far a followed file has been read, and which file that was: kept with each produced record,
 * so that the topic itself says where to go on.
 *
 * <p>Written form: {@code v1 <end> <head bytes> <head CRC-32, hex> <file key>}, for example {@code
 * v1 1834 256 9ae0daaf (dev=fe01,ino=262177)}.
 *
 * @param endOffset the byte after the last one read; a line's first byte
 * @param headBytes how many of the file's first bytes {@code headCrc} covers
 * @param headCrc CRC-32 over them; a file put in the place of another has a different one
 * @param fileKey the file system's own identity of the file (device and inode); stays when it is
 *     renamed
 */
public record FilePosition(long endOffset, int headBytes, long headCrc, String fileKey) {
  /** Name of the record header. */
  public static final String HEADER = "focus.file-position";

  /** Most bytes that the identity of a file covers. */
  public static final int MAX_HEAD_BYTES = 256;

  public FilePosition {
    Objects.requireNonNull(fileKey, "fileKey");
    if (endOffset < 0 || headBytes < 0 || headBytes > MAX_HEAD_BYTES || headBytes > endOffset) {
      throw new IllegalArgumentException(
          "file position " + endOffset + " with a head of " + headBytes + " bytes can't be");
    }
  }

  /** The written form. */
  public byte[] encode() {
    return ("v1 " + endOffset + " " + headBytes + " " + Long.toHexString(headCrc) + " " + fileKey)
        .getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Reads the written form.
   *
   * @throws IllegalArgumentException where the bytes aren't one
   */
  public static FilePosition decode(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.UTF_8);
    String[] parts = text.split(" ", 5);
    if (parts.length != 5 || !parts[0].equals("v1")) {
      throw new IllegalArgumentException(
          "not a file position this version can read: '" + text + "'");
    }
    return new FilePosition(
        Long.parseLong(parts[1]),
        Integer.parseInt(parts[2]),
        Long.parseLong(parts[3], 16),
        parts[4]);
  }
}
