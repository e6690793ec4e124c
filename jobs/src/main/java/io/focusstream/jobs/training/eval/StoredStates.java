package io.focusstream.jobs.training.eval;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.rocksdb.CompressionType;
import org.rocksdb.FlushOptions;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/**
 * Chunk states in a RocksDB of their own, as the keyed state holds them: a value a block, not
 * compressed, RocksDB's default block cache (8 MiB).
 */
final class StoredStates implements AutoCloseable {
  static {
    RocksDB.loadLibrary();
  }

  private final Options options;
  private final Path folder;
  private RocksDB database;

  StoredStates(Path folder) {
    this.options =
        new Options().setCreateIfMissing(true).setCompressionType(CompressionType.NO_COMPRESSION);
    this.folder = folder;
    open();
  }

  private void open() {
    try {
      database = RocksDB.open(options, folder.toString());
    } catch (RocksDBException e) {
      throw new IllegalStateException("no RocksDB can be opened in " + folder, e);
    }
  }

  private static byte[] key(int chunk, int block) {
    return ByteBuffer.allocate(8).putInt(chunk).putInt(block).array();
  }

  /** Stores a chunk's blocks. */
  void put(int chunk, List<byte[]> blocks) {
    try {
      for (int i = 0; i < blocks.size(); i++) {
        database.put(key(chunk, i), blocks.get(i));
      }
    } catch (RocksDBException e) {
      throw new IllegalStateException("RocksDB in " + folder + " refuses a block", e);
    }
  }

  /** Writes all to files and opens them anew: nothing is in RocksDB's own memory any more. */
  void reopen() {
    try (FlushOptions wait = new FlushOptions()) {
      database.flush(wait);
    } catch (RocksDBException e) {
      throw new IllegalStateException("RocksDB can't write to " + folder, e);
    }
    database.close();
    open();
  }

  /** A chunk's blocks. */
  List<byte[]> blocks(int chunk, int count) {
    List<byte[]> blocks = new ArrayList<>(count);
    try {
      for (int i = 0; i < count; i++) {
        blocks.add(database.get(key(chunk, i)));
      }
    } catch (RocksDBException e) {
      throw new IllegalStateException("RocksDB in " + folder + " can't be read", e);
    }
    return blocks;
  }

  @Override
  public void close() {
    database.close();
    options.close();
  }
}
