package io.focusstream.operators.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

class TokenizerProperties {
  private static ByteLevelBpe plainJava;
  private static JsonTokenizer library;

  @BeforeContainer
  static void load() {
    plainJava = TokenizerFiles.plainJava();
    library = TokenizerFiles.library();
  }

  @AfterContainer
  static void close() {
    library.close();
  }

  /** Unicode newer than this Java's tables may be of another class there; it is left out. */
  @Provide
  Arbitrary<String> anyText() {
    return Arbitraries.strings()
        .all()
        .ofMaxLength(60)
        .map(
            text ->
                text.codePoints()
                    .map(point -> Character.isDefined(point) ? point : 'x')
                    .collect(
                        StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                    .toString());
  }

  @Provide
  Arbitrary<String> logLike() {
    return Arbitraries.strings()
        .withChars("abcdefghijklmnopqrstuvwxyzABCDEF0123456789 \t\n.,:;=-_/()[]{}\"'<>|#$%&@!é中🙂")
        .ofMaxLength(200);
  }

  @Property(tries = 2000)
  void plainJavaGivesTheLibrarysTokensForAnyText(@ForAll("anyText") String text) {
    assertArrayEquals(library.encode(text), plainJava.encode(text));
  }

  @Property(tries = 2000)
  void plainJavaGivesTheLibrarysTokensForLogs(@ForAll("logLike") String text) {
    assertArrayEquals(library.encode(text), plainJava.encode(text));
  }

  @Property(tries = 1000)
  void decodingUndoesEncoding(@ForAll("logLike") String text) {
    assertEquals(Surrogates.replaceLone(text), plainJava.decode(plainJava.encode(text)));
    assertEquals(Surrogates.replaceLone(text), library.decode(library.encode(text)));
  }
}
