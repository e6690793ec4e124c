package io.focusstream.operators.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.operators.state.Asking;
import io.focusstream.operators.state.BlockKey;
import io.focusstream.operators.state.BlockKeySerializer;
import io.focusstream.operators.state.CondensedStatus;
import io.focusstream.operators.state.CondensedStatusSerializer;
import io.focusstream.operators.state.PendingQuestion;
import io.focusstream.operators.state.PendingQuestionSerializer;
import io.focusstream.operators.state.RecordTypeInfo;
import io.focusstream.operators.state.SealedChunk;
import io.focusstream.operators.state.SealedChunkSerializer;
import io.focusstream.operators.state.Segment;
import io.focusstream.operators.state.StandingQuestion;
import io.focusstream.operators.state.StandingQuestionSerializer;
import io.focusstream.operators.state.StreamSummary;
import io.focusstream.operators.state.StreamSummarySerializer;
import io.focusstream.operators.state.TailEvent;
import io.focusstream.operators.state.TailEventSerializer;
import io.focusstream.operators.state.TimedKey;
import io.focusstream.operators.state.TimedKeySerializer;
import io.focusstream.operators.state.WaitingQuestion;
import io.focusstream.operators.state.WaitingQuestionSerializer;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerStatus;
import io.focusstream.schemas.DeadLetter;
import io.focusstream.schemas.Event;
import io.focusstream.schemas.Evidence;
import io.focusstream.schemas.OffsetRange;
import io.focusstream.schemas.Query;
import io.focusstream.schemas.QueryMode;
import io.focusstream.schemas.SourcePosition;
import io.focusstream.schemas.StreamSelection;
import io.focusstream.schemas.Timings;
import io.focusstream.schemas.Usage;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** All our serializers: what they write is what they read, and the bytes of each version stay. */
class SerializersTest {
  private static final SourcePosition POSITION = new SourcePosition("logs", 3, 1L << 40);
  private static final Segment SEGMENT =
      new Segment(
          new int[] {1, 127, 128, 65_535},
          new int[] {2, 3},
          10,
          20,
          List.of(new OffsetRange("logs", 3, 7, 9), new OffsetRange("logs", 4, 0, 0)));

  /**
   * A record, its serializer and the bytes that version 1 wrote. A new version gets a new line
   * here; this one stays and must still be read.
   */
  record Case(Object value, TypeSerializer<?> serializer, String version1) {
    @Override
    public String toString() {
      return value.getClass().getSimpleName();
    }
  }

  static Stream<Case> cases() {
    return Stream.of(
        new Case(
            new StandingQuestion(new int[] {9}, 32, 77, 300, 2, "x"),
            new StandingQuestionSerializer(),
            "01010920000000000000004dac02020178"),
        new Case(
            new TokenizedQuestion(
                "i", "s", new int[] {1}, 2, QueryMode.STANDING, 1L << 33, 77, POSITION),
            new TokenizedQuestionSerializer(),
            null),
        new Case(
            new TokenizedQuestion(
                "i",
                "s",
                new int[] {1},
                2,
                QueryMode.ASK,
                1L << 33,
                77,
                POSITION,
                new Asking("i logs-3@7", "we", true)),
            new TokenizedQuestionSerializer(),
            null),
        new Case(
            new Query(
                "i",
                new StreamSelection.Listed(List.of("a", "b")),
                "why?",
                null,
                QueryMode.ASK,
                null,
                false,
                6,
                POSITION),
            new QuerySerializer(),
            null),
        new Case(
            new Query(
                "i",
                new StreamSelection.Prefixed(""),
                "",
                null,
                QueryMode.DESCRIBE,
                null,
                false,
                6,
                POSITION),
            new QuerySerializer(),
            null),
        new Case(
            AnswerPart.announced("i logs-3@7", "i", "we*", 128, 3, true),
            new AnswerPartSerializer(),
            "010a69206c6f67732d334037016903776" + "52a80010301" + "00"),
        new Case(
            AnswerPart.answered("g", Answer.partial("i", 2, "s", "x")),
            new AnswerPartSerializer(),
            null),
        new Case(new Event("chat", "user", "hello", 5, POSITION), new EventSerializer(), null),
        new Case(
            new PendingQuestion(
                "q",
                new int[] {4},
                8,
                9,
                10,
                0,
                300,
                Segment.EMPTY,
                true,
                12,
                new Asking("g", null, true)),
            new PendingQuestionSerializer(),
            null),
        new Case(
            new Query("i", "s", "", null, QueryMode.CANCEL, 5L, 6, POSITION),
            new QuerySerializer(),
            null),
        new Case(new TimedKey(-1, 7), new TimedKeySerializer(), "01ffffffffffffffff00000007"),
        new Case(
            new WaitingQuestion(
                "id-1",
                new int[] {9},
                32,
                QueryMode.STANDING,
                5,
                77,
                POSITION,
                Asking.PLAIN,
                WaitingQuestion.UNKNOWN),
            new WaitingQuestionSerializer(),
            "010469642d31010920010000000000000005000000000000004d046c6f6773030000010000000000"),
        new Case(
            new TokenizedEvent("web", new int[] {0, 300, 2_000_000}, -5, POSITION),
            new TokenizedEventSerializer(),
            "01037765620300ac0280897afffffffffffffffb046c6f6773030000010000000000"),
        new Case(
            new TokenizedQuestion("id-1", "wéb", new int[] {9}, 32, QueryMode.ASK, 0, 77, POSITION),
            new TokenizedQuestionSerializer(),
            "010469642d310477c3a962010920000000000000004d046c6f6773030000010000000000"),
        new Case(
            new TailEvent(new int[] {1, 2}, 12, POSITION),
            new TailEventSerializer(),
            "01020102000000000000000c046c6f6773030000010000000000"),
        new Case(
            new SealedChunk(-1, 5, SEGMENT),
            new SealedChunkSerializer(),
            "01ffffffffffffffff000000000000000504017f8001ffff03020203000000000000000a0000000000000014"
                + "02046c6f67730300000000000000070000000000000009046c6f677304000000000000000000000000"
                + "00000000"),
        new Case(
            new StreamSummary(1, 2, 3, 4, 5, 6, 7, 8),
            new StreamSummarySerializer(),
            "0100000000000000010000000000000002000000000000000300000000000000040506070000000000000008"),
        new Case(
            new CondensedStatus(2, 1L << 33, 0),
            new CondensedStatusSerializer(),
            "01020000000200000000"),
        new Case(new CondensedStatus(2, 3, 77), new CondensedStatusSerializer(), null),
        new Case(new BlockKey(7, 1), new BlockKeySerializer(), "010000000700000001"),
        new Case(
            new PendingQuestion(
                "q", new int[] {4}, 8, 9, 10, 0, 300, Segment.EMPTY, false, 0, Asking.PLAIN),
            new PendingQuestionSerializer(),
            "0101710104080000000000000009000000000000000a00ac02000000000000000000000000000000000000"
                + "00"),
        new Case(
            new Event("web", "a\nb", 5, POSITION),
            new EventSerializer(),
            "010377656203610a620000000000000005046c6f6773030000010000000000"),
        new Case(
            Query.ask("i", "s", "why?", null, 6, POSITION),
            new QuerySerializer(),
            "01016901730477687" + "93f000000000000000006046c6f6773030000010000000000"),
        new Case(
            new DeadLetter("logs", 1, 2, 3, "bad", null, new byte[] {1}),
            new DeadLetterSerializer(),
            null),
        new Case(
            new Answer(
                "i",
                0,
                "s",
                AnswerStatus.OK,
                "41",
                null,
                List.of(
                    new Evidence(
                        -1, 0.5, 1, 2, List.of(new OffsetRange("t", 0, 1, 2)), List.of("line"))),
                new Usage(1, 2, 3, 4, 5, 6),
                new Timings(1, 2, 3, 4),
                0.25,
                "beef"),
            new AnswerSerializer(),
            null));
  }

  @SuppressWarnings("unchecked")
  private static byte[] write(Object value, TypeSerializer<?> serializer) throws IOException {
    DataOutputSerializer out = new DataOutputSerializer(64);
    ((TypeSerializer<Object>) serializer).serialize(value, out);
    return out.getCopyOfBuffer();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void whatIsWrittenIsRead(Case c) throws IOException {
    DataInputDeserializer in = new DataInputDeserializer(write(c.value(), c.serializer()));
    assertEquals(c.value(), c.serializer().deserialize(in));
    assertEquals(0, in.available(), "all bytes are read");
  }

  @ParameterizedTest
  @MethodSource("cases")
  void bytesOfVersion1AreStillRead(Case c) throws IOException {
    if (c.version1() == null) {
      return;
    }
    byte[] written = write(c.value(), c.serializer());
    if (written[0] == 1) {
      assertEquals(c.version1(), HexFormat.of().formatHex(written));
    }
    assertEquals(
        c.value(),
        c.serializer()
            .deserialize(new DataInputDeserializer(HexFormat.of().parseHex(c.version1()))));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aNewerVersionIsRefusedNamingBoth(Case c) throws IOException {
    byte[] bytes = write(c.value(), c.serializer());
    int version = bytes[0];
    bytes[0]++;
    String message =
        assertThrows(
                IOException.class,
                () -> c.serializer().deserialize(new DataInputDeserializer(bytes)))
            .getMessage();
    assertTrue(
        message.endsWith(
            String.format(
                "has layout version %d, which is too new: this build reads 1 to %d; run the build that"
                    + " wrote it, or a newer one",
                version + 1, version)),
        message);
    bytes[0] = 0;
    assertTrue(
        assertThrows(
                IOException.class,
                () -> c.serializer().deserialize(new DataInputDeserializer(bytes)))
            .getMessage()
            .contains("is corrupt: layout version 0"));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void cutBytesAreRefused(Case c) throws IOException {
    byte[] bytes = write(c.value(), c.serializer());
    byte[] cut = Arrays.copyOf(bytes, bytes.length - 1);
    assertThrows(Exception.class, () -> c.serializer().deserialize(new DataInputDeserializer(cut)));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void snapshotsMakeTheSerializerAgainAndRefuseNewerOnes(Case c) throws IOException {
    DataOutputSerializer out = new DataOutputSerializer(64);
    TypeSerializerSnapshot.writeVersionedSnapshot(out, c.serializer().snapshotConfiguration());
    byte[] bytes = out.getCopyOfBuffer();
    ClassLoader loader = getClass().getClassLoader();
    TypeSerializerSnapshot<Object> read =
        TypeSerializerSnapshot.readVersionedSnapshot(new DataInputDeserializer(bytes), loader);
    assertEquals(c.serializer(), read.restoreSerializer());
    assertTrue(compatible(c.serializer().snapshotConfiguration(), read));
    int version = bytes[bytes.length - 1];
    bytes[bytes.length - 1] = 9;
    assertTrue(
        assertThrows(
                IOException.class,
                () ->
                    TypeSerializerSnapshot.readVersionedSnapshot(
                        new DataInputDeserializer(bytes), loader))
            .getMessage()
            .contains(
                "state has layout version 9, which is too new: this build reads 1 to " + version));
  }

  @SuppressWarnings("unchecked")
  private static boolean compatible(TypeSerializerSnapshot<?> now, TypeSerializerSnapshot<?> old) {
    return ((TypeSerializerSnapshot<Object>) now)
        .resolveSchemaCompatibility((TypeSerializerSnapshot<Object>) old)
        .isCompatibleAsIs();
  }

  @Test
  void otherSnapshotsAreIncompatible() {
    TypeSerializerSnapshot<?> event = new TailEventSerializer().snapshotConfiguration();
    TypeSerializerSnapshot<?> chunk = new SealedChunkSerializer().snapshotConfiguration();
    assertTrue(!compatible(event, chunk));
  }

  @Test
  void flinkFindsTheTypesByTheirAnnotations() {
    assertInstanceOf(RecordTypeInfo.class, TypeInformation.of(TokenizedEvent.class));
    assertInstanceOf(RecordTypeInfo.class, TypeInformation.of(TokenizedQuestion.class));
    assertEquals(StreamTypes.TOKENIZED_EVENT, TypeInformation.of(TokenizedEvent.class));
  }
}
