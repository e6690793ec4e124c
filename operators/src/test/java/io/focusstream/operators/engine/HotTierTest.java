package io.focusstream.operators.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A tier of 30 bytes; chunks of 10. */
class HotTierTest {
  private final List<String> freed = new ArrayList<>();
  private final HotTier<String> tier = new HotTier<>(30, freed::add);

  private static ChunkKey key(int chunk) {
    return new ChunkKey(0, chunk);
  }

  private void put(int chunk, Integer... wanted) {
    Set<ChunkKey> keys = Set.copyOf(List.of(wanted).stream().map(HotTierTest::key).toList());
    tier.put(key(chunk), "c" + chunk, 10, keys);
  }

  @Test
  void theLeastRecentlyUsedGoesFirst() {
    put(1);
    put(2);
    put(3);
    tier.get(key(1));
    put(4);
    assertEquals(List.of("c2"), freed);
    assertEquals(30, tier.bytes());
  }

  @Test
  void whatIsWantedStaysAndTheNextOldestGoes() {
    put(1);
    put(2);
    put(3);
    put(4, 1, 4);
    assertEquals(List.of("c2"), freed);
    assertTrue(tier.contains(key(1)));
    assertTrue(tier.contains(key(4)));
  }

  @Test
  void whereAllIsWantedTheNewOneIsFreed() {
    put(1);
    put(2);
    put(3);
    put(4, 1, 2, 3, 4);
    assertEquals(List.of("c4"), freed);
    assertFalse(tier.contains(key(4)));
    assertEquals(30, tier.bytes());
  }

  @Test
  void theSameChunkAgainTakesThePlaceOfTheOld() {
    put(1);
    put(2);
    put(3);
    tier.put(key(2), "again", 10, Set.of(key(1), key(2), key(3)));
    assertEquals(List.of("c2"), freed);
    assertEquals("again", tier.get(key(2)).orElseThrow());
    assertEquals(30, tier.bytes());
  }

  @Test
  void nothingFitsIntoATierWithoutRoom() {
    HotTier<String> none = new HotTier<>(0, freed::add);
    none.put(key(1), "c1", 10, Set.of());
    assertEquals(List.of("c1"), freed);
    assertEquals(0, none.bytes());
  }
}
