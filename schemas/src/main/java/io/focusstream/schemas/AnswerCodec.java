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
    if (answer.sequence() > 0) {
      json.put("sequence", answer.sequence());
      json.put("final", answer.isFinal());
    }
    json.put("stream", answer.stream());
    json.put("status", answer.status().name());
    json.put("text", answer.text());
    json.put("error", answer.error());
    writeEvidence(json, answer.evidence());
    writeUsage(json, answer.usage());
    ObjectNode timings = json.putObject("timings");
    timings.put("queuedMillis", answer.timings().queuedMillis());
    timings.put("loadMillis", answer.timings().loadMillis());
    timings.put("firstTokenMillis", answer.timings().firstTokenMillis());
    timings.put("totalMillis", answer.timings().totalMillis());
    json.put("confidence", answer.confidence());
    json.put("modelFingerprint", answer.modelFingerprint());
    if (!answer.streams().isEmpty()) {
      ArrayNode streams = json.putArray("streams");
      for (StreamAnswer one : answer.streams()) {
        ObjectNode node = streams.addObject();
        node.put("stream", one.stream());
        node.put("status", one.status().name());
        node.put("text", one.text());
        node.put("error", one.error());
        writeEvidence(node, one.evidence());
        writeUsage(node, one.usage());
        node.put("confidence", one.confidence());
      }
    }
    return Json.write(json);
  }

  private static void writeEvidence(ObjectNode json, List<Evidence> all) {
    ArrayNode evidence = json.putArray("evidence");
    for (Evidence part : all) {
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
  }

  private static void writeUsage(ObjectNode json, Usage of) {
    ObjectNode usage = json.putObject("usage");
    usage.put("chunks", of.chunks());
    usage.put("streamTokens", of.streamTokens());
    usage.put("tailTokens", of.tailTokens());
    usage.put("questionTokens", of.questionTokens());
    usage.put("answerTokens", of.answerTokens());
    usage.put("fromMillis", of.fromMillis());
  }

  /**
   * Reads the JSON form.
   *
   * @throws RecordFormatException where the bytes aren't an answer
   */
  public static Answer decode(byte[] value) {
    Json json = Json.read(RECORD, value);
    List<Evidence> evidence = json.children("evidence", AnswerCodec::evidence);
    Usage usage = usage(json.child("usage"));
    Json timings = json.child("timings");
    Integer update = json.int32OrNull("update");
    Integer sequence = json.int32OrNull("sequence");
    List<StreamAnswer> streams =
        json.has("streams") ? json.children("streams", AnswerCodec::stream) : List.of();
    return Json.checked(
        RECORD,
        () ->
            new Answer(
                json.text("id"),
                update == null ? 0 : update,
                sequence == null ? 0 : sequence,
                json.text("stream"),
                status(json.text("status")),
                json.text("text"),
                json.textOr("error", null),
                evidence,
                usage,
                new Timings(
                    timings.wholeNumber("queuedMillis"),
                    timings.wholeNumber("loadMillis"),
                    timings.wholeNumber("firstTokenMillis"),
                    timings.wholeNumber("totalMillis")),
                json.number("confidence"),
                json.text("modelFingerprint"),
                streams));
  }

  private static Usage usage(Json json) {
    return Json.checked(
        json.path(),
        () ->
            new Usage(
                json.int32("chunks"),
                json.wholeNumber("streamTokens"),
                json.int32("tailTokens"),
                json.int32("questionTokens"),
                json.int32("answerTokens"),
                json.wholeNumberOr("fromMillis", 0)));
  }

  private static StreamAnswer stream(Json json) {
    List<Evidence> evidence = json.children("evidence", AnswerCodec::evidence);
    Usage usage = usage(json.child("usage"));
    return Json.checked(
        json.path(),
        () ->
            new StreamAnswer(
                json.text("stream"),
                status(json.text("status")),
                json.text("text"),
                json.textOr("error", null),
                evidence,
                usage,
                json.number("confidence")));
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
