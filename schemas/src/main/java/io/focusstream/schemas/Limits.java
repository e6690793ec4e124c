package io.focusstream.schemas;

import java.util.Objects;
import java.util.regex.Pattern;

/**
 * The largest sizes of the fields of all records, and the checks that hold them. The JSON Schema
 * files state the same numbers; a test compares the two.
 */
public final class Limits {
  /** Longest topic name, as in Kafka. */
  public static final int MAX_TOPIC_CHARS = 249;

  /** Longest stream id, in characters. */
  public static final int MAX_STREAM_CHARS = 512;

  /** Longest question id, in characters. */
  public static final int MAX_ID_CHARS = 256;

  /** Longest role, in characters. */
  public static final int MAX_ROLE_CHARS = 64;

  /** Longest text of one event, in characters, that is read at all; a job takes shorter ones. */
  public static final int MAX_TEXT_CHARS = 16_777_216;

  /**
   * Longest question, in characters, that is parsed at all. A question that is too long for the
   * model is far shorter than this and gets a {@link AnswerStatus#REJECTED} answer.
   */
  public static final int MAX_QUESTION_CHARS = 262_144;

  /** Longest deadline of a question: a day. */
  public static final long MAX_DEADLINE_MILLIS = 86_400_000;

  /** Most answer tokens that a question may ask for. */
  public static final int MAX_ANSWER_TOKENS = 4_096;

  /** Longest error message or reason, in characters; longer ones are cut. */
  public static final int MAX_MESSAGE_CHARS = 4_096;

  /** How much of a bad value an error message repeats, in characters. */
  private static final int SHOWN_CHARS = 80;

  private static final Pattern ROLE = Pattern.compile("[A-Za-z0-9_.-]{0," + MAX_ROLE_CHARS + "}");

  private Limits() {}

  /** A message cut to {@link #MAX_MESSAGE_CHARS}; lone surrogates become U+FFFD. */
  public static String cutMessage(String message) {
    return cut(Surrogates.replaceLone(message), MAX_MESSAGE_CHARS);
  }

  /** A text cut to a length, with an ellipsis as its last character where something was cut. */
  public static String cut(String text, int maxChars) {
    if (text.length() <= maxChars) {
      return text;
    }
    int end = maxChars - 1;
    if (end > 0 && Character.isHighSurrogate(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(0, end) + "…";
  }

  static String shown(String value) {
    return "'" + Surrogates.replaceLone(cut(value, SHOWN_CHARS)) + "'";
  }

  static void requireText(String name, String value, int maxChars) {
    Objects.requireNonNull(value, name);
    if (value.isBlank()) {
      throw new IllegalArgumentException(name + " must not be empty; got " + shown(value));
    }
    requireLength(name, value, maxChars);
  }

  /**
   * A name: text that stays what it is when it is written to bytes and read again. Two that differ
   * in lone surrogates only would become one.
   */
  static void requireName(String name, String value, int maxChars) {
    requireText(name, value, maxChars);
    requireWhole(name, value);
  }

  /** As {@link #requireName}, or empty. */
  static void requireNameOrEmpty(String name, String value, int maxChars) {
    requireLength(name, value, maxChars);
    requireWhole(name, value);
  }

  private static void requireWhole(String name, String value) {
    if (Surrogates.hasLone(value)) {
      throw new IllegalArgumentException(
          name + " must not have lone surrogates, as UTF-8 has none; got " + shown(value));
    }
  }

  static void requireLength(String name, String value, int maxChars) {
    Objects.requireNonNull(value, name);
    if (value.length() > maxChars) {
      throw new IllegalArgumentException(
          name
              + " must have at most "
              + maxChars
              + " characters; got "
              + value.length()
              + ": "
              + shown(value));
    }
  }

  /** A role goes into the layout of a conversation: nothing but a plain name may. */
  static void requireRole(String role) {
    Objects.requireNonNull(role, "role");
    if (!ROLE.matcher(role).matches()) {
      throw new IllegalArgumentException(
          "role must be at most "
              + MAX_ROLE_CHARS
              + " letters, digits, '_', '-' or '.'; got "
              + shown(role));
    }
  }

  static void requireRange(String name, long value, long min, long max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          name + " must be in [" + min + ", " + max + "]; got " + value);
    }
  }

  static void requireShare(String name, double value) {
    if (!(value >= 0.0 && value <= 1.0)) {
      throw new IllegalArgumentException(name + " must be in [0, 1]; got " + value);
    }
  }
}
