package io.focusstream.operators.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.focusstream.operators.testing.Mutations;
import java.io.IOException;
import java.util.Locale;
import java.util.stream.Stream;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Damaged values of Flink state: no checksum finds them all, but none brings a task down oddly. */
@Timeout(600)
class CorruptStateTest {
  static Stream<SerializersTest.Case> cases() {
    return SerializersTest.cases();
  }

  /** What is read is a record that can be written and read again; all else is an IOException. */
  @ParameterizedTest
  @MethodSource("cases")
  void damagedValuesAreReadOrRefusedByName(SerializersTest.Case c) throws IOException {
    @SuppressWarnings("unchecked")
    TypeSerializer<Object> serializer = (TypeSerializer<Object>) c.serializer();
    Mutations.assertReadOrRefused(
        bytes(serializer, c.value()),
        IOException.class,
        name(c),
        bytes -> {
          Object read = serializer.deserialize(new DataInputDeserializer(bytes));
          byte[] written = bytes(serializer, read);
          assertEquals(read, serializer.deserialize(new DataInputDeserializer(written)));
        });
  }

  private static byte[] bytes(TypeSerializer<Object> serializer, Object value) throws IOException {
    DataOutputSerializer out = new DataOutputSerializer(64);
    serializer.serialize(value, out);
    return out.getCopyOfBuffer();
  }

  /** For example {@code tail event} for a {@code TailEvent}; a part may be named by its answer. */
  private static String name(SerializersTest.Case c) {
    return c.toString()
        .replace("AnswerPart", "Answer")
        .replaceAll("(?<=[a-z])(?=[A-Z])", " ")
        .toLowerCase(Locale.ROOT);
  }
}
