package io.focusstream.it;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * The schemas that others publish for the files of {@code docker/}; {@code
 * test/resources/docker/README.md} says where they are from.
 */
final class PublishedSchemas {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final JsonSchemaFactory SCHEMAS =
      JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V7);

  private PublishedSchemas() {}

  /** What the Compose Specification has against a document; empty for nothing. */
  static Set<String> composeProblems(Map<String, Object> document) {
    ObjectNode schema = (ObjectNode) parse("compose-spec.json");
    // A name that is no address, which the validator would resolve.
    schema.remove("$id");
    return problems(SCHEMAS.getSchema(schema), document);
  }

  /**
   * What the Flink Kubernetes Operator's resource definition has against a document; empty for
   * nothing. A field that it doesn't know is a problem: Kubernetes would drop it, with a warning.
   */
  static Set<String> flinkDeploymentProblems(Map<String, Object> document) {
    JsonNode definition = parse("flinkdeployments.flink.apache.org-v1.yml").path("spec");
    JsonNode version = definition.path("versions").path(0);
    Set<String> problems = new TreeSet<>();
    String apiVersion = definition.path("group").asText() + "/" + version.path("name").asText();
    expect("apiVersion", apiVersion, document, problems);
    expect("kind", definition.path("names").path("kind").asText(), document, problems);
    JsonNode schema = version.path("schema").path("openAPIV3Schema");
    refuseUnknownFields(schema);
    Map<String, Object> rest = new LinkedHashMap<>(document);
    // Every resource has these; definitions don't say so.
    rest.keySet().removeAll(Set.of("apiVersion", "kind", "metadata"));
    problems.addAll(problems(SCHEMAS.getSchema(schema), rest));
    return problems;
  }

  private static void expect(
      String field, String expected, Map<String, Object> document, Set<String> problems) {
    if (!expected.equals(document.get(field))) {
      problems.add(field + " must be " + expected + "; got " + document.get(field));
    }
  }

  private static void refuseUnknownFields(JsonNode schema) {
    JsonNode properties = schema.path("properties");
    if (properties.isObject()
        && !schema.has("additionalProperties")
        && !schema.path("x-kubernetes-preserve-unknown-fields").asBoolean()) {
      ((ObjectNode) schema).put("additionalProperties", false);
    }
    properties.forEach(PublishedSchemas::refuseUnknownFields);
    for (String inner : new String[] {"items", "additionalProperties"}) {
      if (schema.path(inner).isObject()) {
        refuseUnknownFields(schema.get(inner));
      }
    }
  }

  private static Set<String> problems(JsonSchema schema, Map<String, Object> document) {
    Set<String> problems = new TreeSet<>();
    for (ValidationMessage problem : schema.validate(JSON.valueToTree(document))) {
      problems.add(problem.getMessage());
    }
    return problems;
  }

  /** A resource in YAML, of which JSON is a part. */
  private static JsonNode parse(String name) {
    try (InputStream in = PublishedSchemas.class.getResourceAsStream("/docker/" + name)) {
      LoadSettings settings = LoadSettings.builder().setCodePointLimit(8 << 20).build();
      return JSON.valueToTree(
          new Load(settings).loadFromInputStream(Objects.requireNonNull(in, name)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
