package io.focusstream.schemas;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** Answers as JSON (schema: {@code answer.schema.json}); one field a record component. */
public final class AnswerCodec {
  private static final String RECORD = "answer";

  private AnswerCodec() {}

  /** The JSON form. Its bytes are the same for equal answers. */
  public static byte[] encode(Answer answer) {
    ObjectNode json = Json.object();
    json.put("id", answer.id());
    if (answer.update() > 0) {
      json.put("update", answer.update());
    }
    json.put("stream", answer.stream());
    json.put("status", answer.status().name());
    json.put("text", answer.text());
    json.put("error", answer.error());
    ArrayNode evidence = json.putArray("evidence");
    for (Evidence part : answer.evidence()) {
      ObjectNode node = evidence.addObject();
      node.put("chunk", part.chunk());
      node.put("weight", part.weight());
      node.put("fromMillis", part.fromMillis());
      node.put("toMillis", part.toMillis());
      ArrayNode offsets = node.putArray("offsets");
      for (OffsetRange range : part.offsets()) {
        ObjectNode rangeNode = offsets.addObject();
        rangeNode.put("topic", range.topic());
        rangeNode.put("partition", range.partition());
        rangeNode.put("firstOffset", range.firstOffset());
        rangeNode.put("lastOffset", range.lastOffset());
      }
      ArrayNode lines = node.putArray("lines");
      part.lines().forEach(lines::add);
    }
    ObjectNode usage = json.putObject("usage");
    usage.put("chunks", answer.usage().chunks());
    usage.put("streamTokens", answer.usage().streamTokens());
    usage.put("tailTokens", answer.usage().tailTokens());
    usage.put("questionTokens", answer.usage().questionTokens());
    usage.put("answerTokens", answer.usage().answerTokens());
    usage.put("fromMillis", answer.usage().fromMillis());
    ObjectNode timings = json.putObject("timings");
    timings.put("queuedMillis", answer.timings().queuedMillis());
    timings.put("loadMillis", answer.timings().loadMillis());
    timings.put("firstTokenMillis", answer.timings().firstTokenMillis());
    timings.put("totalMillis", answer.timings().totalMillis());
    json.put("confidence", answer.confidence());
    json.put("modelFingerprint", answer.modelFingerprint());
    return Json.write(json);
  }

  /**
   * Reads the JSON form.
   *
   * @throws RecordFormatException where the bytes aren't an answer
   */
  public static Answer decode(byte[] value) {
    Json json = Json.read(RECORD, value);
    List<Evidence> evidence = json.children("evidence", AnswerCodec::evidence);
    Json usage = json.child("usage");
    Json timings = json.child("timings");
    Integer given = json.int32OrNull("update");
    int update = given == null ? 0 : given;
    return Json.checked(
        RECORD,
        () ->
            new Answer(
                json.text("id"),
                update,
                json.text("stream"),
                status(json.text("status")),
                json.text("text"),
                json.textOr("error", null),
                evidence,
                new Usage(
                    usage.int32("chunks"),
                    usage.wholeNumber("streamTokens"),
                    usage.int32("tailTokens"),
                    usage.int32("questionTokens"),
                    usage.int32("answerTokens"),
                    usage.wholeNumberOr("fromMillis", 0)),
                new Timings(
                    timings.wholeNumber("queuedMillis"),
                    timings.wholeNumber("loadMillis"),
                    timings.wholeNumber("firstTokenMillis"),
                    timings.wholeNumber("totalMillis")),
                json.number("confidence"),
                json.text("modelFingerprint")));
  }

  private static Evidence evidence(Json json) {
    List<OffsetRange> offsets =
        json.children(
            "offsets",
            range ->
                Json.checked(
                    range.path(),
                    () ->
                        new OffsetRange(
                            range.text("topic"),
                            range.int32("partition"),
                            range.wholeNumber("firstOffset"),
                            range.wholeNumber("lastOffset"))));
    return Json.checked(
        json.path(),
        () ->
            new Evidence(
                json.int32("chunk"),
                json.number("weight"),
                json.wholeNumber("fromMillis"),
                json.wholeNumber("toMillis"),
                offsets,
                json.texts("lines")));
  }

  private static AnswerStatus status(String name) {
    for (AnswerStatus status : AnswerStatus.values()) {
      if (status.name().equals(name)) {
        return status;
      }
    }
    throw new RecordFormatException(
        RECORD
            + ": field 'status' must be one of "
            + List.of(AnswerStatus.values())
            + "; got "
            + Limits.shown(name));
  }
}
