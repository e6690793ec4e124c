package io.focusstream.operators.model;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The reference's numbers, from its own published code. */
class GoldenCaseTest {

  static Path golden(String name) throws URISyntaxException {
    URL url = GoldenCaseTest.class.getResource("/golden/" + name + "/expected.safetensors");
    return Path.of(Objects.requireNonNull(url, "golden case " + name + " is missing").toURI())
        .getParent();
  }

  @ParameterizedTest
  @CsvSource({
    "gqa-partial, 4",
    "short-no-chunks, 2",
    "train-reconstruction, 2",
    "train-continuation, 2"
  })
  void matchesTheReference(String name, int comparisons) throws Exception {
    Path folder = golden(name);

    List<GoldenCase.Difference> differences = GoldenCase.compare(folder, folder);

    differences.forEach(d -> System.out.println(name + ": " + d));
    assertTrue(differences.size() >= comparisons, () -> "too few comparisons: " + differences);
    assertTrue(differences.stream().allMatch(GoldenCase.Difference::passes), differences::toString);
  }

  @Test
  void anotherModelFails() throws Exception {
    List<GoldenCase.Difference> differences =
        GoldenCase.compare(golden("gqa-partial"), golden("short-no-chunks"));

    assertFalse(
        differences.stream().allMatch(GoldenCase.Difference::passes), differences::toString);
  }
}
