package io.focusstream.operators.text;

import java.util.Objects;

/**
 * Lays a question out for the model: {@code <|question|> question <|answer|>} where the tokenizer
 * has these two special tokens (the models we train); else as the user's turn and the begun turn of
 * the assistant where the checkpoint has a chat template that is known ({@link
 * ConversationLayout}); else the plain text {@code "\nQuestion: … \nAnswer:"}. The begin token is
 * not part of it: the engine puts it before the dynamic prompt and before the local context
 * (FocusLLM reference, {@code shared/golden}).
 */
public final class PromptTemplate {
  /** Written form of the special token before a question. */
  public static final String QUESTION = "<|question|>";

  /** Written form of the special token after a question, before its answer. */
  public static final String ANSWER = "<|answer|>";

  /**
   * Written form of the special token that a chunk proposes where it has nothing to say (readout by
   * proposals, models we train).
   */
  public static final String ABSTAIN = "<|reserved_0|>";

  private final TextTokenizer tokenizer;
  private final ConversationLayout conversation;
  private final int questionToken;
  private final int answerToken;

  public PromptTemplate(TextTokenizer tokenizer) {
    this.tokenizer = Objects.requireNonNull(tokenizer, "tokenizer");
    this.conversation = ConversationLayout.of(tokenizer);
    this.questionToken = tokenizer.specialToken(QUESTION);
    this.answerToken = tokenizer.specialToken(ANSWER);
  }

  /** Token ids of the laid-out question. */
  public int[] layOut(String question) {
    if (questionToken < 0 || answerToken < 0) {
      if (conversation.hasTurns()) {
        return conversation.question(question);
      }
      return tokenizer.encode("\nQuestion: " + question.strip() + "\nAnswer:");
    }
    int[] text = tokenizer.encode(question.strip());
    int[] all = new int[text.length + 2];
    all[0] = questionToken;
    System.arraycopy(text, 0, all, 1, text.length);
    all[all.length - 1] = answerToken;
    return all;
  }
}
