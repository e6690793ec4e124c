package io.focusstream.operators.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HotTierTest {
  private final List<String> freed = new ArrayList<>();
  private final HotTier<String> tier = new HotTier<>(100, freed::add);

  private static ChunkKey key(long number) {
    return new ChunkKey(number, 0);
  }

  @Test
  void leastRecentlyUsedGoesFirst() {
    tier.put(key(1), "one", 40);
    tier.put(key(2), "two", 40);
    assertEquals(Optional.of("one"), tier.get(key(1)));

    tier.put(key(3), "three", 40);

    assertEquals(List.of("two"), freed);
    assertEquals(80, tier.bytes());
    assertTrue(tier.contains(key(1)));
    assertFalse(tier.contains(key(2)));
    assertEquals(Optional.empty(), tier.get(key(2)));
    assertEquals(1, tier.hits());
    assertEquals(1, tier.misses());
  }

  @Test
  void whatIsReplacedIsFreedUnlessItIsTheSame() {
    String value = "value";
    tier.put(key(1), value, 40);
    tier.put(key(1), value, 50);
    assertEquals(List.of(), freed);
    assertEquals(50, tier.bytes());

    tier.put(key(1), "other", 30);
    assertEquals(List.of("value"), freed);
    assertEquals(30, tier.bytes());
  }

  @Test
  void whatIsWantedStaysAndTheNextOldestGoes() {
    tier.put(key(1), "one", 40);
    tier.put(key(2), "two", 40);

    tier.put(key(3), "three", 40, Set.of(key(1), key(3)));

    assertEquals(List.of("two"), freed);
    assertTrue(tier.contains(key(1)));
    assertTrue(tier.contains(key(3)));
  }

  @Test
  void whereAllIsWantedTheNewOneIsFreed() {
    tier.put(key(1), "one", 40);
    tier.put(key(2), "two", 40);

    tier.put(key(3), "three", 40, Set.of(key(1), key(2), key(3)));

    assertEquals(List.of("three"), freed);
    assertEquals(80, tier.bytes());
    tier.put(key(2), "again", 60, Set.of(key(1), key(2)));
    assertEquals(List.of("three", "two"), freed);
    assertEquals(100, tier.bytes());
  }

  @Test
  void whatIsTooLargeIsFreedAtOnce() {
    tier.put(key(1), "large", 101);

    assertEquals(List.of("large"), freed);
    assertEquals(0, tier.bytes());
    tier.put(key(2), "small", 1);
    tier.clear();
    assertEquals(List.of("large", "small"), freed);
    assertEquals(0, tier.bytes());
  }
}
