package io.focusstream.operators.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.operators.testing.FakeEngine;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.apache.flink.api.common.externalresource.ExternalResourceInfo;
import org.junit.jupiter.api.Test;

class GrantedGpuTest {

  @Test
  void theOperatorHandsTheTaskManagersGpuToTheEngine() throws Exception {
    FakeEngine engine = FakeEngine.manual();
    FocusHarness.start(
            SettingsFixture.small(),
            engine,
            name -> name.equals("gpu") ? Set.of(gpu("5")) : Set.of())
        .close();
    assertEquals(OptionalInt.of(5), engine.grantedGpu());
  }

  @Test
  void withoutGpusTheOperatorGrantsNone() throws Exception {
    FakeEngine engine = FakeEngine.manual();
    FocusHarness.start(SettingsFixture.small(), engine).close();
    assertEquals(OptionalInt.empty(), engine.grantedGpu());
  }

  @Test
  void subtasksTakeTurnsOverTheGpusOfTheirTaskManager() {
    Set<ExternalResourceInfo> two = new LinkedHashSet<>(List.of(gpu("3"), gpu("1")));
    assertEquals(OptionalInt.of(1), GrantedGpu.of(two, 0));
    assertEquals(OptionalInt.of(3), GrantedGpu.of(two, 1));
    assertEquals(OptionalInt.of(1), GrantedGpu.of(two, 2));
  }

  @Test
  void aResourceWithoutIndexSaysWhatIsExpected() {
    IllegalArgumentException error =
        assertThrows(
            IllegalArgumentException.class, () -> GrantedGpu.of(Set.of(gpu("GPU-8a1c")), 0));
    assertTrue(error.getMessage().contains("GPU-8a1c"), error.getMessage());
    assertTrue(error.getMessage().contains("'index'"), error.getMessage());
    assertThrows(IllegalArgumentException.class, () -> GrantedGpu.of(Set.of(gpu(null)), 0));
  }

  private static ExternalResourceInfo gpu(String index) {
    return new ExternalResourceInfo() {
      @Override
      public Optional<String> getProperty(String key) {
        return key.equals("index") ? Optional.ofNullable(index) : Optional.empty();
      }

      @Override
      public Collection<String> getKeys() {
        return List.of("index");
      }
    };
  }
}
