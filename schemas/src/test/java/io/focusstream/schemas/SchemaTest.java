package io.focusstream.schemas;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Holds the codecs to the published JSON Schema files, in both directions. */
class SchemaTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final SourcePosition POSITION = new SourcePosition("t", 0, 0);

  @Test
  void whatTheCodecsWriteIsValidAndDescribed() throws IOException {
    assertDescribed("answer", AnswerCodec.encode(fullAnswer()));
    assertDescribed(
        "answer",
        AnswerCodec.encode(Answer.withoutModel("q", "s", AnswerStatus.NO_DATA, "no events")));
    assertDescribed("dead-letter", DeadLetterCodec.encode(fullDeadLetter()));
    assertDescribed(
        "dead-letter",
        DeadLetterCodec.encode(new DeadLetter("t", 0, 0, -1, "no value", null, null)));
    assertDescribed("event", EventCodec.encode("web-1", "GET / 200", 1_764_000_000_000L));
    assertDescribed("query", QueryCodec.encode("q-1", "web-1", "who?", 64, 1_764_000_000_000L));
    assertDescribed("query", QueryCodec.encode("q-1", "web-1", "who?", null, 0));
    for (QueryMode mode : QueryMode.values()) {
      String question = mode.hasQuestion() ? "who?" : "";
      assertDescribed(
          "query", QueryCodec.encode(new Query("q", "s", question, null, mode, 250L, 5, POSITION)));
    }
  }

  @Test
  void schemaAndCodecRefuseTheSameQueries() throws IOException {
    JsonSchema schema = schema("query");
    List<String> bad =
        List.of(
            "{\"question\":\"?\"}",
            "{\"stream\":\"s\",\"question\":\"?\",\"mode\":\"often\"}",
            "{\"stream\":\"s\",\"question\":\"?\",\"deadlineMillis\":0}",
            "{\"stream\":\"s\",\"mode\":\"cancel\"}",
            "{\"stream\":\"s\"}",
            "{\"stream\":\"s\",\"question\":\" \"}",
            "{\"stream\":\"\",\"question\":\"?\"}",
            "{\"stream\":1,\"question\":\"?\"}",
            "{\"stream\":\"s\",\"question\":\"?\",\"maxAnswerTokens\":0}",
            "{\"stream\":\"s\",\"question\":\"?\",\"maxAnswerTokens\":4097}",
            "{\"stream\":\"s\",\"question\":\"?\",\"timestampMillis\":-1}",
            "{\"stream\":\"s\",\"question\":\"?\",\"id\":\"" + "x".repeat(257) + "\"}");
    for (String json : bad) {
      assertFalse(schema.validate(MAPPER.readTree(json)).isEmpty(), () -> "schema took " + json);
      assertThrows(
          RecordFormatException.class, () -> QueryCodec.decode(utf8(json), POSITION, 0), json);
    }
    List<String> good =
        List.of(
            "{\"stream\":\"s\",\"question\":\"?\"}",
            "{\"stream\":\"s\",\"question\":\"?\",\"id\":null,\"maxAnswerTokens\":null}",
            "{\"stream\":\"s\",\"question\":\"?\",\"later\":true}");
    for (String json : good) {
      assertEquals(Set.of(), schema.validate(MAPPER.readTree(json)), json);
      QueryCodec.decode(utf8(json), POSITION, 0);
    }
  }

  @Test
  void schemaAndCodecRefuseTheSameEvents() throws IOException {
    JsonSchema schema = schema("event");
    for (String json :
        List.of(
            "{}",
            "[]",
            "{\"text\":5}",
            "{\"text\":\"x\",\"stream\":\"\"}",
            "{\"text\":\"x\",\"timestampMillis\":\"now\"}",
            "{\"text\":\"x\",\"timestampMillis\":-5}")) {
      assertFalse(schema.validate(MAPPER.readTree(json)).isEmpty(), () -> "schema took " + json);
      assertThrows(
          RecordFormatException.class, () -> EventCodec.decode(utf8(json), POSITION, "k", 0), json);
    }
    for (String json : List.of("{\"text\":\"\"}", "{\"text\":\"x\",\"stream\":null}")) {
      assertEquals(Set.of(), schema.validate(MAPPER.readTree(json)), json);
      EventCodec.decode(utf8(json), POSITION, "k", 0);
    }
  }

  @Test
  void schemasStateTheLimits() throws IOException {
    assertEquals(Limits.MAX_STREAM_CHARS, property("event", "stream").get("maxLength").intValue());
    assertEquals(Limits.MAX_TEXT_CHARS, property("event", "text").get("maxLength").intValue());
    assertEquals(Limits.MAX_ROLE_CHARS, property("event", "role").get("maxLength").intValue());
    assertEquals(
        StreamSelection.MAX_LISTED, property("query", "streams").get("maxItems").intValue());
    assertEquals(Limits.MAX_ID_CHARS, property("query", "id").get("maxLength").intValue());
    assertEquals(
        Limits.MAX_QUESTION_CHARS, property("query", "question").get("maxLength").intValue());
    assertEquals(
        Limits.MAX_ANSWER_TOKENS, property("query", "maxAnswerTokens").get("maximum").intValue());
    assertEquals(Limits.MAX_MESSAGE_CHARS, property("answer", "error").get("maxLength").intValue());
    assertEquals(
        Limits.MAX_TOPIC_CHARS, property("dead-letter", "topic").get("maxLength").intValue());
    Set<String> statuses = new TreeSet<>();
    property("answer", "status").get("enum").forEach(name -> statuses.add(name.textValue()));
    Set<String> names = new TreeSet<>();
    for (AnswerStatus status : AnswerStatus.values()) {
      names.add(status.name());
    }
    assertEquals(names, statuses);
  }

  static Answer fullAnswer() {
    return new Answer(
        "q-1",
        2,
        "web-1",
        AnswerStatus.OK,
        "user \"eve\"",
        null,
        List.of(
            new Evidence(
                3,
                0.75,
                10,
                20,
                List.of(new OffsetRange("events", 0, 5, 9), new OffsetRange("events", 1, 0, 0)),
                List.of("login failed for eve", "")),
            new Evidence(Evidence.TAIL, 0.25, 30, 30, List.of(), List.of("tail"))),
        new Usage(4, 1_200, 100, 12, 5, 10),
        new Timings(1, 2, 3, 4),
        0.875,
        "abcdef");
  }

  static DeadLetter fullDeadLetter() {
    return new DeadLetter(
        "queries", 2, 7, 1_764_000_000_000L, "not JSON", new byte[] {0, -1}, new byte[] {1, 2, 3});
  }

  /** Valid, and no field that the schema doesn't describe. */
  private static void assertDescribed(String name, byte[] json) throws IOException {
    JsonNode node = MAPPER.readTree(json);
    assertEquals(Set.of(), schema(name).validate(node));
    assertFieldsDescribed(name, schemaTree(name), node);
  }

  private static void assertFieldsDescribed(String path, JsonNode schema, JsonNode node) {
    if (node.isObject()) {
      node.properties()
          .forEach(
              field -> {
                JsonNode described = schema.path("properties").path(field.getKey());
                assertTrue(described.isObject(), () -> path + "." + field.getKey());
                assertFieldsDescribed(path + "." + field.getKey(), described, field.getValue());
              });
    } else if (node.isArray()) {
      node.forEach(item -> assertFieldsDescribed(path + "[]", schema.path("items"), item));
    }
  }

  private static JsonNode property(String name, String property) throws IOException {
    return schemaTree(name).get("properties").get(property);
  }

  private static JsonNode schemaTree(String name) throws IOException {
    try (InputStream in = SchemaTest.class.getResourceAsStream(name + ".schema.json")) {
      return MAPPER.readTree(in);
    }
  }

  private static JsonSchema schema(String name) throws IOException {
    return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
        .getSchema(schemaTree(name));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
