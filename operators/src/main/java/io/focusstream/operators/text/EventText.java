package io.focusstream.operators.text;

/**
 * How one event becomes text: its line, trailing line ends cut, plus one line feed. Each event is
 * tokenized alone, so that the same line always has the same tokens.
 */
public final class EventText {
  private EventText() {}

  /** The text of one event as the model reads it. */
  public static String of(String line) {
    int end = line.length();
    while (end > 0 && (line.charAt(end - 1) == '\n' || line.charAt(end - 1) == '\r')) {
      end--;
    }
    return line.substring(0, end) + "\n";
  }
}
