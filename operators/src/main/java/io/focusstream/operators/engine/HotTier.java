package io.focusstream.operators.engine;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Ready-to-use chunk states in device memory: bounded in bytes, least recently used out first,
 * keyed by what the content is and not by when it came. Safe for use by many threads; what it
 * evicts is freed under its lock, so entries must be used by the thread that also puts.
 *
 * @param <V> a chunk's states
 */
public final class HotTier<V> {
  private record Entry<V>(V value, long bytes) {}

  private final LinkedHashMap<ChunkKey, Entry<V>> entries = new LinkedHashMap<>(64, 0.75f, true);
  private final long maxBytes;
  private final Consumer<V> free;
  private long bytes;
  private long hits;
  private long misses;

  /**
   * @param maxBytes most bytes held, at least 0; an entry larger than that is freed at once
   * @param free gives an evicted entry's memory back
   */
  public HotTier(long maxBytes, Consumer<V> free) {
    if (maxBytes < 0) {
      throw new IllegalArgumentException("hot-bytes must be at least 0; got " + maxBytes);
    }
    this.maxBytes = maxBytes;
    this.free = free;
  }

  /** The states of a chunk, which becomes the most recently used; counted as a hit or a miss. */
  public synchronized Optional<V> get(ChunkKey key) {
    Entry<V> entry = entries.get(key);
    if (entry == null) {
      misses++;
      return Optional.empty();
    }
    hits++;
    return Optional.of(entry.value());
  }

  /** Whether a chunk is there; neither counted nor a use. */
  public synchronized boolean contains(ChunkKey key) {
    return entries.containsKey(key);
  }

  /**
   * As {@link #put(ChunkKey, Object, long)}, but evicts no chunk that is still wanted: where there
   * is no other way the new entry is freed at once. Who reads more than fits would else evict each
   * chunk shortly before its turn.
   *
   * @param wanted chunks that stay
   */
  public synchronized void put(ChunkKey key, V value, long entryBytes, Set<ChunkKey> wanted) {
    if (!entries.containsKey(key)) {
      List<ChunkKey> unwanted = new ArrayList<>();
      long room = maxBytes - bytes;
      Iterator<Map.Entry<ChunkKey, Entry<V>>> oldest = entries.entrySet().iterator();
      while (room < entryBytes && oldest.hasNext()) {
        Map.Entry<ChunkKey, Entry<V>> entry = oldest.next();
        if (!wanted.contains(entry.getKey())) {
          unwanted.add(entry.getKey());
          room += entry.getValue().bytes();
        }
      }
      if (room < entryBytes) {
        free.accept(value);
        return;
      }
      for (ChunkKey out : unwanted) {
        Entry<V> entry = entries.remove(out);
        bytes -= entry.bytes();
        free.accept(entry.value());
      }
    }
    put(key, value, entryBytes);
  }

  /** Takes a chunk's states over; evicts until the bound holds, the new entry last. */
  public synchronized void put(ChunkKey key, V value, long entryBytes) {
    Entry<V> old = entries.put(key, new Entry<>(value, entryBytes));
    bytes += entryBytes;
    if (old != null) {
      bytes -= old.bytes();
      if (old.value() != value) {
        free.accept(old.value());
      }
    }
    Iterator<Map.Entry<ChunkKey, Entry<V>>> oldest = entries.entrySet().iterator();
    while (bytes > maxBytes && oldest.hasNext()) {
      Entry<V> out = oldest.next().getValue();
      oldest.remove();
      bytes -= out.bytes();
      free.accept(out.value());
    }
  }

  /** Frees all. */
  public synchronized void clear() {
    entries.values().forEach(entry -> free.accept(entry.value()));
    entries.clear();
    bytes = 0;
  }

  /** Bytes held now. */
  public synchronized long bytes() {
    return bytes;
  }

  /** Look-ups that found their chunk. */
  public synchronized long hits() {
    return hits;
  }

  /** Look-ups that didn't. */
  public synchronized long misses() {
    return misses;
  }
}
