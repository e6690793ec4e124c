package io.focusstream.schemas;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;

/** Whatever the bytes are: a record comes out, or the declared error. */
class CodecProperties {
  private static final SourcePosition POSITION = new SourcePosition("t", 0, 1);

  private static final List<byte[]> GOOD =
      List.of(
          EventCodec.encode("web-1", "GET / 200", 1_764_000_000_000L),
          QueryCodec.encode(new Query("q", "s", "who?", 7, QueryMode.STANDING, 250L, 5, POSITION)),
          AnswerCodec.encode(SchemaTest.fullAnswer()),
          DeadLetterCodec.encode(SchemaTest.fullDeadLetter()));

  private static final String[] PIECES =
      ("{ } [ ] \" , : - -1 1e999 0.5 9223372036854775808 null true \"id\" \"mode\" \"cancel\""
              + " \\ \\u0000 \\ud800 </s> <|question|> 99999999999999999999 [[[[[[[[[[ {\"a\":")
          .split(" ");

  @Property(tries = 3000)
  void changedRecordsAreReadOrRefusedAndNothingElse(@ForAll long seed) {
    Random random = new Random(seed);
    byte[] good = GOOD.get(random.nextInt(GOOD.size()));
    StringBuilder text = new StringBuilder(new String(good, StandardCharsets.UTF_8));
    for (int i = random.nextInt(4); i > 0; i--) {
      int at = random.nextInt(text.length());
      int to = Math.min(text.length(), at + random.nextInt(12));
      text.replace(at, to, PIECES[random.nextInt(PIECES.length)]);
    }
    byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
    for (int i = random.nextInt(3); i > 0 && bytes.length > 0; i--) {
      bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
    }
    readAll(bytes);
  }

  @Property(tries = 1000)
  void arbitraryBytesAreReadOrRefusedAndNothingElse(@ForAll @Size(max = 200) byte[] bytes) {
    readAll(bytes);
  }

  private static void readAll(byte[] bytes) {
    read(() -> EventCodec.decode(bytes, POSITION, "s", 0));
    read(() -> EventCodec.decode(bytes, POSITION, null, 0));
    read(() -> QueryCodec.decode(bytes, POSITION, 0));
    read(() -> AnswerCodec.decode(bytes));
    read(() -> DeadLetterCodec.decode(bytes));
  }

  private static void read(Runnable codec) {
    try {
      codec.run();
    } catch (RecordFormatException expected) {
      // the declared way to refuse
    }
  }
}
