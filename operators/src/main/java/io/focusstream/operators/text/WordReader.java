package io.focusstream.operators.text;

/**
 * Finds words in bytes that are read one after the other, without making text of them: runs of
 * letters and digits. Letters are expected in lower case.
 */
final class WordReader {
  private static final byte LATIN_SIGNS = (byte) 0xC2;
  private static final byte OTHER_SIGNS = (byte) 0xE2;

  /** What may stand between the words of a name. */
  static final String JOINS = "-_.:/@";

  private static final long SEED = 0xCBF29CE484222325L;
  private static final long PRIME = 0x100000001B3L;

  // of the word so far; SEED where there is none
  private long hash = SEED;
  private boolean digits;
  private boolean joined;
  private boolean joinedAsInIds;
  private int length;
  private int skipped;
  // of the word that has just ended
  private long ended;
  private int endedLength;
  private boolean endedWithDigits;
  private boolean endedJoined;
  private boolean endedJoinedAsInIds;
  // whether there was nothing but what joins names since then; something else than a hyphen
  private boolean joins;
  private boolean joinsAsInIds;

  /** True where a word ends before this byte. */
  boolean endsBefore(byte b) {
    if (skipped > 0 && b < -64) {
      skipped--;
      return false;
    }
    skipped = 0;
    if (b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b < 0 && !isOfSign(b)) {
      if (hash == SEED) {
        joined = joins;
        joinedAsInIds = joins && joinsAsInIds;
      }
      hash = (hash ^ b) * PRIME;
      length++;
      digits |= b >= '0' && b <= '9';
      return false;
    }
    if (b < 0) {
      skipped = b == LATIN_SIGNS ? 1 : 2;
    }
    boolean joinedSoFar = joins;
    boolean asInIds = joins && joinsAsInIds;
    boolean ends = ends();
    joins = (ends || joinedSoFar) && JOINS.indexOf(b) >= 0;
    joinsAsInIds = joins && (asInIds || b != '-');
    return ends;
  }

  /** True where a word was begun. */
  boolean ends() {
    ended = hash;
    endedWithDigits = digits;
    endedJoined = joined;
    endedJoinedAsInIds = joinedAsInIds;
    endedLength = length;
    length = 0;
    hash = SEED;
    digits = false;
    joins = false;
    return ended != SEED;
  }

  // first byte of what is no letter: U+0080 to U+00BF, U+2000 to U+2FFF; else a letter's, as far
  // as we know
  private static boolean isOfSign(byte b) {
    return b == LATIN_SIGNS || b == OTHER_SIGNS;
  }

  /** Hash of the word that has just ended. */
  long ended() {
    return ended;
  }

  boolean endedWithDigits() {
    return endedWithDigits;
  }

  /** Whether it is joined to the one before it, without a blank. */
  boolean endedJoined() {
    return endedJoined;
  }

  /** Whether it is joined so by something else than a hyphen, which joins words of prose too. */
  boolean endedJoinedAsInIds() {
    return endedJoinedAsInIds;
  }

  /** Its bytes. */
  int endedLength() {
    return endedLength;
  }
}
