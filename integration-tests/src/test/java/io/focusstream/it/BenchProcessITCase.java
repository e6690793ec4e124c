package io.focusstream.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.focusstream.jobs.cli.FocusCli;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code focus bench} with the model that ships, as a process of its own and on little data. */
class BenchProcessITCase {
  @TempDir Path directory;

  @Test
  void everyFigureHasItsFloorBesideIt() throws Exception {
    JsonNode rows = bench("condense", "ask", "ingest", "--ingest-tokens", "2K");

    assertEquals(
        List.of("condense", "ask", "ingest"), rows.findValuesAsText("what"), rows.toString());
    JsonNode condense = rows.get(0);
    assertTrue(condense.get("tokensPerSecond").asDouble() > 100, rows.toString());
    assertTrue(condense.get("floor").asDouble() > 0, rows.toString());
    JsonNode ask = rows.get(1);
    assertEquals(4, ask.get("chunks").asInt(), rows.toString());
    assertTrue(ask.get("firstTokenSeconds").asDouble() > 0, rows.toString());
    assertTrue(ask.get("firstTokenFloor").asDouble() > 0, rows.toString());
    JsonNode ingest = rows.get(2);
    assertTrue(ingest.get("tokens").asLong() > 1_000, rows.toString());
    assertTrue(ingest.get("tokensPerSecond").asDouble() > 0, rows.toString());
    assertEquals(condense.get("tokensPerSecond").asDouble(), ingest.get("floor").asDouble(), 1e-9);
  }

  @Test
  void coldStatesAreLoadedForEachQuestion() throws Exception {
    JsonNode ask = bench("ask", "--cold").get(0);

    assertEquals(4, ask.get("chunks").asInt());
    assertTrue(ask.get("loadSeconds").asDouble() > 0, ask.toString());
    assertTrue(
        ask.get("firstTokenSeconds").asDouble() > ask.get("loadSeconds").asDouble(),
        ask.toString());
  }

  private JsonNode bench(String... what) throws IOException, InterruptedException {
    Path json = directory.resolve("bench.json");
    Path output = directory.resolve("bench.txt");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx1g",
                "-Dai.djl.offline=true",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                FocusCli.class.getName(),
                "bench"));
    command.addAll(List.of(what));
    command.addAll(List.of("--history", "1K", "--repeats", "1", "--json", json.toString()));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().put("OPT_OUT_TRACKING", "true");
    Process process = builder.start();
    try {
      assertTrue(process.waitFor(180, TimeUnit.SECONDS), () -> "did not end: " + read(output));
      assertEquals(0, process.exitValue(), () -> read(output));
    } finally {
      process.destroyForcibly();
    }
    return JsonMapper.builder().build().readTree(json.toFile()).get("rows");
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
