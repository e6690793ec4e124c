package io.focusstream.operators.text;

import java.util.Objects;

/**
 * How events are laid out: a line as itself ({@link EventText}), and what somebody said as the
 * checkpoint was taught to read a conversation. The framing's special tokens are put in by id: no
 * text yields one.
 *
 * <ul>
 *   <li>a chat template with {@code <|start_header_id|>} (Llama 3): {@code
 *       <|start_header_id|>role<|end_header_id|>\n\ntext<|eot_id|>}
 *   <li>one with {@code <|im_start|>} (ChatML): {@code <|im_start|>role\ntext<|im_end|>\n}
 *   <li>else, and for the models that we train: {@code role: text\n}
 * </ul>
 */
public final class ConversationLayout {
  private static final int[] NOTHING = {};

  private final TextTokenizer tokenizer;
  private final int[] beforeRole;
  private final int[] afterRole;
  private final int[] afterText;
  // null where a turn is plain text
  private final String assistant;

  private ConversationLayout(
      TextTokenizer tokenizer,
      int[] beforeRole,
      int[] afterRole,
      int[] afterText,
      String assistant) {
    this.tokenizer = tokenizer;
    this.beforeRole = beforeRole;
    this.afterRole = afterRole;
    this.afterText = afterText;
    this.assistant = assistant;
  }

  /**
   * The layout that a checkpoint's chat template asks for, where it is one of those that are known.
   */
  public static ConversationLayout of(TextTokenizer tokenizer) {
    Objects.requireNonNull(tokenizer, "tokenizer");
    String template = tokenizer.chatTemplate();
    if (template.contains("<|start_header_id|>")
        && has(tokenizer, "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>")) {
      return new ConversationLayout(
          tokenizer,
          new int[] {tokenizer.specialToken("<|start_header_id|>")},
          joined(new int[] {tokenizer.specialToken("<|end_header_id|>")}, tokenizer.encode("\n\n")),
          new int[] {tokenizer.specialToken("<|eot_id|>")},
          "assistant");
    }
    if (template.contains("<|im_start|>") && has(tokenizer, "<|im_start|>", "<|im_end|>")) {
      return new ConversationLayout(
          tokenizer,
          new int[] {tokenizer.specialToken("<|im_start|>")},
          tokenizer.encode("\n"),
          joined(new int[] {tokenizer.specialToken("<|im_end|>")}, tokenizer.encode("\n")),
          "assistant");
    }
    return new ConversationLayout(tokenizer, NOTHING, NOTHING, NOTHING, null);
  }

  private static boolean has(TextTokenizer tokenizer, String... special) {
    for (String written : special) {
      if (tokenizer.specialToken(written) < 0) {
        return false;
      }
    }
    return true;
  }

  /**
   * Token ids of an event.
   *
   * @param role who said it; empty for a line that nobody said
   */
  public int[] event(String role, String text) {
    if (role.isEmpty()) {
      return tokenizer.encode(EventText.of(text));
    }
    if (assistant == null) {
      return tokenizer.encode(EventText.of(role + ": " + text));
    }
    return turn(role, text.strip());
  }

  /** Whether questions are turns too, which the assistant answers. */
  boolean hasTurns() {
    return assistant != null;
  }

  /** A question as the user's turn, and the assistant's begun. */
  int[] question(String text) {
    return joined(turn("user", text.strip()), beforeRole, tokenizer.encode(assistant), afterRole);
  }

  private int[] turn(String role, String text) {
    return joined(beforeRole, tokenizer.encode(role), afterRole, tokenizer.encode(text), afterText);
  }

  private static int[] joined(int[]... parts) {
    int size = 0;
    for (int[] part : parts) {
      size += part.length;
    }
    int[] all = new int[size];
    int at = 0;
    for (int[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }
}
