package io.focusstream.schemas;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.CharArrayReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.function.Function;

/**
 * Reads JSON objects field by field. Unknown fields are passed over, so that a newer writer doesn't
 * break an older reader; everything else is strict: one object and nothing after it, no field
 * twice, no conversion between strings and numbers, nothing but UTF-8.
 */
final class Json {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .build();

  private static final char BYTE_ORDER_MARK = '\uFEFF';

  private final String record;
  private final JsonNode object;

  private Json(String record, JsonNode object) {
    this.record = record;
    this.object = object;
  }

  static Json read(String record, byte[] bytes) {
    if (bytes == null || bytes.length == 0) {
      throw new RecordFormatException(record + ": the value is empty; expected a JSON object");
    }
    CharBuffer text;
    try {
      // Jackson takes some bytes that aren't UTF-8, and guesses at other encodings.
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
    } catch (CharacterCodingException e) {
      throw new RecordFormatException(
          record + ": the value of " + bytes.length + " bytes isn't UTF-8", e);
    }
    if (text.hasRemaining() && text.get(0) == BYTE_ORDER_MARK) {
      text.get();
    }
    JsonNode node;
    try {
      node =
          MAPPER.readTree(
              new CharArrayReader(
                  text.array(), text.arrayOffset() + text.position(), text.remaining()));
    } catch (JsonProcessingException e) {
      throw new RecordFormatException(
          record + ": not JSON: " + Limits.cutMessage(e.getOriginalMessage()) + where(e), e);
    } catch (IOException e) {
      throw new RecordFormatException(record + ": not JSON: " + e.getMessage(), e);
    }
    return of(record, node);
  }

  private static String where(JsonProcessingException e) {
    return e.getLocation() == null
        ? ""
        : " (line "
            + e.getLocation().getLineNr()
            + ", column "
            + e.getLocation().getColumnNr()
            + ")";
  }

  private static Json of(String record, JsonNode node) {
    if (!node.isObject()) {
      throw new RecordFormatException(record + ": expected a JSON object; got " + kind(node));
    }
    return new Json(record, node);
  }

  static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  static byte[] write(ObjectNode object) {
    try {
      return MAPPER.writeValueAsBytes(object);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of JSON nodes can always be written", e);
    }
  }

  /** Runs a record's constructor; what it objects to becomes a format error of this record. */
  static <T> T checked(String record, java.util.function.Supplier<T> constructor) {
    try {
      return constructor.get();
    } catch (RecordFormatException e) {
      throw e;
    } catch (IllegalArgumentException e) {
      throw new RecordFormatException(record + ": " + e.getMessage(), e);
    }
  }

  /** A string that must be there. */
  String text(String field) {
    JsonNode node = present(field, "a string");
    if (!node.isTextual()) {
      throw wrong(field, "a string", node);
    }
    return node.textValue();
  }

  /** A string, or a default where the field is absent or null. */
  String textOr(String field, String absent) {
    return isAbsent(field) ? absent : text(field);
  }

  /** A whole number that must be there. */
  long wholeNumber(String field) {
    JsonNode node = present(field, "a whole number");
    if (!node.isIntegralNumber() || !node.canConvertToLong()) {
      throw wrong(field, "a whole number", node);
    }
    return node.longValue();
  }

  /** A whole number, or a default where the field is absent or null. */
  long wholeNumberOr(String field, long absent) {
    return isAbsent(field) ? absent : wholeNumber(field);
  }

  /** A whole number of 32 bits that must be there. */
  int int32(String field) {
    long value = wholeNumber(field);
    if (value != (int) value) {
      throw wrong(field, "a whole number of 32 bits", object.get(field));
    }
    return (int) value;
  }

  /** A whole number of 32 bits, or {@code null} where the field is absent or null. */
  Integer int32OrNull(String field) {
    if (isAbsent(field)) {
      return null;
    }
    return int32(field);
  }

  /** A number that must be there. */
  double number(String field) {
    JsonNode node = present(field, "a number");
    if (!node.isNumber()) {
      throw wrong(field, "a number", node);
    }
    return node.doubleValue();
  }

  /** True or false; false where the field is absent or null. */
  boolean flag(String field) {
    if (isAbsent(field)) {
      return false;
    }
    JsonNode node = object.get(field);
    if (!node.isBoolean()) {
      throw wrong(field, "true or false", node);
    }
    return node.booleanValue();
  }

  /** Whether a field is there and not null. */
  boolean has(String field) {
    return !isAbsent(field);
  }

  /** Bytes in base64, or {@code null} where the field is absent or null. */
  byte[] base64OrNull(String field) {
    if (isAbsent(field)) {
      return null;
    }
    try {
      return Base64.getDecoder().decode(text(field));
    } catch (IllegalArgumentException e) {
      throw wrong(field, "base64", object.get(field));
    }
  }

  /** An object that must be there. */
  Json child(String field) {
    JsonNode node = present(field, "an object");
    return of(record + "." + field, node);
  }

  /** An array of objects that must be there. */
  <T> List<T> children(String field, Function<Json, T> read) {
    List<T> all = new ArrayList<>();
    for (JsonNode node : array(field)) {
      all.add(read.apply(of(record + "." + field + "[" + all.size() + "]", node)));
    }
    return all;
  }

  /** An array of strings that must be there. */
  List<String> texts(String field) {
    List<String> all = new ArrayList<>();
    for (JsonNode node : array(field)) {
      if (!node.isTextual()) {
        throw wrong(field + "[" + all.size() + "]", "a string", node);
      }
      all.add(node.textValue());
    }
    return all;
  }

  /** The record's name and the path within it, for messages. */
  String path() {
    return record;
  }

  private JsonNode array(String field) {
    JsonNode node = present(field, "an array");
    if (!node.isArray()) {
      throw wrong(field, "an array", node);
    }
    return node;
  }

  private boolean isAbsent(String field) {
    JsonNode node = object.get(field);
    return node == null || node.isNull();
  }

  private JsonNode present(String field, String expected) {
    if (isAbsent(field)) {
      throw new RecordFormatException(
          record + ": field '" + field + "' is missing; expected " + expected);
    }
    return object.get(field);
  }

  private RecordFormatException wrong(String field, String expected, JsonNode node) {
    return new RecordFormatException(
        record + ": field '" + field + "' must be " + expected + "; got " + kind(node));
  }

  private static String kind(JsonNode node) {
    return switch (node.getNodeType()) {
      case OBJECT -> "an object";
      case ARRAY -> "an array of " + node.size();
      case STRING -> "the string " + Limits.shown(node.textValue());
      case NUMBER -> "the number " + node.asText();
      case BOOLEAN -> node.asText();
      case NULL -> "null";
      default -> "nothing";
    };
  }
}
