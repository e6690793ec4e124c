package io.focusstream.operators.kv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds docs/state-format.md to the code that it describes. */
class StateFormatDocTest {
  private static final Path SOURCE =
      Path.of("src/main/java/io/focusstream/operators/kv/ChunkStateCodec.java");
  private static final Path PAGE = Path.of("../docs/state-format.md");

  private static Stream<String> between(List<String> lines, String from, String to) {
    int begin = lines.indexOf(from);
    int end = begin + 1 + lines.subList(begin + 1, lines.size()).indexOf(to);
    assertTrue(begin >= 0 && end > begin + 1, "no text between " + from + " and " + to);
    return lines.subList(begin + 1, end).stream();
  }

  @Test
  void thePageShowsTheJavadocsLayout() throws IOException {
    String javadoc =
        between(Files.readAllLines(SOURCE), " * <pre>", " * </pre>")
            .map(line -> line.substring(" * ".length()))
            .map(line -> line.replaceAll("\\{@link Quantisation#(\\w+)\\(\\)}", "Quantisation.$1"))
            .collect(Collectors.joining("\n"));
    String page = between(Files.readAllLines(PAGE), "```", "```").collect(Collectors.joining("\n"));
    assertEquals(javadoc, page);
  }

  @Test
  void thePageNamesEveryQuantisationWithItsCode() throws IOException {
    String page = Files.readString(PAGE);
    for (Quantisation quantisation : Quantisation.values()) {
      String row = "| `%s` | %d |".formatted(quantisation, quantisation.code());
      assertTrue(page.contains(row), "no row " + row);
    }
    ChunkShape shape = new ChunkShape(8, 2, 1, 32);
    assertTrue(page.contains("A block adds %d bytes".formatted(ChunkStateCodec.OVERHEAD_BYTES)));
    String sizes =
        "%,d, %,d, %,d and %,d bytes a token"
            .formatted(
                shape.layers() * Quantisation.FLOAT32.tokenBytes(2, 32),
                shape.layers() * Quantisation.BF16.tokenBytes(2, 32),
                shape.layers() * Quantisation.INT8.tokenBytes(2, 32),
                shape.layers() * Quantisation.INT4.tokenBytes(2, 32));
    assertTrue(page.contains(sizes), "no text " + sizes);
  }
}
