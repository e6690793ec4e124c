package io.focusstream.operators.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * Holds {@code docs/options.md} to the options. To write it anew:
 *
 * <pre>mvn -pl operators -am test -Dtest=OptionsTableTest -Dfocus.docs.write=true
 *     -Dsurefire.failIfNoSpecifiedTests=false</pre>
 */
class OptionsTableTest {
  private static final Path PAGE = Path.of("..", "docs", "options.md");

  @Test
  void documentedTableEqualsTheOptions() throws IOException {
    String expected = OptionsTable.markdown(OptionsTable.CLASSES);
    if (Boolean.getBoolean("focus.docs.write")) {
      Files.createDirectories(PAGE.getParent());
      Files.writeString(PAGE, expected);
    }
    assertTrue(Files.exists(PAGE), PAGE + " is missing; write it with -Dfocus.docs.write=true");
    assertEquals(
        expected,
        Files.readString(PAGE),
        "docs/options.md differs from the options; write it with -Dfocus.docs.write=true");
  }

  @Test
  void everyOptionsClassOfThisPackageIsDocumented() throws IOException {
    Path sources = Path.of("src/main/java/io/focusstream/operators/config");
    try (var files = Files.list(sources)) {
      var names =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> name.endsWith("Options.java"))
              .map(name -> name.replace(".java", ""))
              .sorted()
              .toList();
      assertEquals(
          names,
          OptionsTable.CLASSES.stream()
              .filter(type -> type.getPackage() == OptionsTable.class.getPackage())
              .map(Class::getSimpleName)
              .sorted()
              .toList());
    }
  }
}
