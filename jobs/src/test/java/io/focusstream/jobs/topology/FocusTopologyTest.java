package io.focusstream.jobs.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.jobs.kafka.KafkaOptions;
import io.focusstream.jobs.kafka.KafkaSettings;
import io.focusstream.jobs.kafka.RawRecord;
import io.focusstream.operators.config.AskOptions;
import io.focusstream.operators.config.Consistency;
import io.focusstream.operators.config.OptionsTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamGraph;
import org.apache.flink.streaming.api.graph.StreamNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class FocusTopologyTest {
  private static final ModelProviders NO_MODEL =
      new ModelProviders(
          gpu -> {
            throw new AssertionError("the graph is only built");
          },
          () -> {
            throw new AssertionError("the graph is only built");
          });

  /** Savepoints know operators by these; one that changes loses its state. */
  @ParameterizedTest
  @EnumSource
  void uidsStayTheSame(Consistency consistency) {
    Configuration c = new Configuration();
    c.set(AskOptions.CONSISTENCY, consistency);
    c.set(PipelineOptions.GENERIC_TYPES, false);
    c.set(PipelineOptions.AUTO_GENERATE_UIDS, false);
    c.set(KafkaOptions.JSON_TOPICS, List.of("json"));
    StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment(c);
    FocusTopology.buildOnKafka(environment, c, KafkaSettings.of(c), NO_MODEL);
    StreamGraph graph = environment.getStreamGraph();
    Set<String> uids = new TreeSet<>();
    graph
        .getStreamNodes()
        .forEach(
            node -> {
              assertNotNull(node.getTransformationUID(), node.getOperatorName());
              uids.add(node.getTransformationUID());
            });
    assertEquals(
        new TreeSet<>(
            Set.of(
                "events-raw",
                "events-json",
                "queries",
                "parse-events-raw",
                "parse-events-json",
                "parse-queries",
                "tokenize-events-raw",
                "tokenize-events-json",
                "prepare-questions",
                "focus",
                "merge-answers",
                "answers",
                "Sink Committer: answers",
                "dead-letters",
                "Sink Committer: dead-letters")),
        uids);
    // With generated uids forbidden and generic types refused this would fail where one is left.
    assertNotNull(graph.getJobGraph());
  }

  /** The number of key groups can't change between a savepoint and its restore. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 100})
  void theNumberOfKeyGroupsDoesNotFollowTheParallelism(int parallelism) {
    Configuration c = new Configuration();
    c.set(CoreOptions.DEFAULT_PARALLELISM, parallelism);
    for (StreamNode node : graph(c).getStreamNodes()) {
      assertEquals(parallelism, node.getParallelism(), node.getOperatorName());
      assertEquals(128, node.getMaxParallelism(), node.getOperatorName());
    }
    c.set(PipelineOptions.MAX_PARALLELISM, 512);
    for (StreamNode node : graph(c).getStreamNodes()) {
      assertEquals(512, node.getMaxParallelism(), node.getOperatorName());
    }
  }

  @Test
  void theOperatorAloneGetsTheSlotSharingGroupThatIsSet() {
    Configuration c = new Configuration();
    assertEquals(Set.of("default"), groups(c).keySet());
    c.set(ModelOptions.SLOT_SHARING_GROUP, "gpu");
    assertEquals(List.of("focus"), groups(c).get("gpu"));
    assertEquals(Set.of("default", "gpu"), groups(c).keySet());
  }

  private static Map<String, List<String>> groups(Configuration c) {
    return graph(c).getStreamNodes().stream()
        .collect(
            Collectors.groupingBy(
                node -> String.valueOf(node.getSlotSharingGroup()),
                Collectors.mapping(StreamNode::getOperatorName, Collectors.toList())));
  }

  private static StreamGraph graph(Configuration c) {
    StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment(c);
    FocusTopology.buildOnKafka(environment, c, KafkaSettings.of(c), NO_MODEL);
    return environment.getStreamGraph();
  }

  @Test
  void recordsBetweenOperatorsComeBackFromTheirSerializers() throws IOException {
    TypeSerializer<RawRecord> serializer =
        TypeInformation.of(RawRecord.class).createSerializer(new SerializerConfigImpl());
    assertFalse(serializer.getClass().getSimpleName().contains("Kryo"));
    for (RawRecord record :
        List.of(
            new RawRecord("t", 1, 2, 3, new byte[] {1}, new byte[] {2, 3}),
            new RawRecord("t", 1, 2, -1, null, null))) {
      DataOutputSerializer out = new DataOutputSerializer(64);
      serializer.serialize(record, out);
      assertEquals(
          record, serializer.deserialize(new DataInputDeserializer(out.getCopyOfBuffer())));
    }
  }

  /** To write it anew: {@code -Dtest=FocusTopologyTest -Dfocus.docs.write=true}. */
  @Test
  void documentedOptionsAreTheOptions() throws IOException {
    String expected = OptionsTable.markdown(List.of(KafkaOptions.class, ModelOptions.class));
    Path page = Path.of("..", "docs", "options-job.md");
    if (Boolean.getBoolean("focus.docs.write")) {
      Files.writeString(page, expected);
    }
    assertTrue(Files.exists(page), page + " is missing; write it with -Dfocus.docs.write=true");
    assertEquals(
        expected,
        Files.readString(page),
        page + " differs from the options; write it with -Dfocus.docs.write=true");
  }
}
