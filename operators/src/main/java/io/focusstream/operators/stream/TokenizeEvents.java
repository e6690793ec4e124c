package io.focusstream.operators.stream;

import io.focusstream.operators.config.FocusSettings;
import io.focusstream.operators.config.StreamOptions;
import io.focusstream.operators.text.ConversationLayout;
import io.focusstream.operators.text.TextTokenizer;
import io.focusstream.operators.text.TokenizerProvider;
import io.focusstream.schemas.DeadLetter;
import io.focusstream.schemas.Event;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.metrics.Counter;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/**
 * Events to token ids, each event alone, laid out for the model. An event of more characters than
 * {@code focus.stream.max-event-chars} or more tokens than {@code focus.stream.max-event-tokens}
 * goes to {@link #TOO_LONG} and is counted as {@value #TOO_LONG_METRIC}. Not keyed, no state.
 */
public final class TokenizeEvents extends ProcessFunction<Event, TokenizedEvent> {
  private static final long serialVersionUID = 1L;

  /** Side output of events that are too long. */
  public static final OutputTag<DeadLetter> TOO_LONG =
      new OutputTag<>("too-long-events", StreamTypes.DEAD_LETTER);

  /** Counter: events that are too long. Scope: this operator. */
  public static final String TOO_LONG_METRIC = "tooLongEvents";

  /** Most bytes of text in a dead letter, so that it fits a broker's default record in base64. */
  private static final int MAX_LETTER_BYTES = 608 * 1024;

  private final int maxEventChars;
  private final int maxEventTokens;
  private final TokenizerProvider tokenizers;
  private transient TextTokenizer tokenizer;
  private transient ConversationLayout layout;
  private transient Counter tooLong;

  public TokenizeEvents(FocusSettings settings, TokenizerProvider tokenizers) {
    this.maxEventChars = settings.maxEventChars();
    this.maxEventTokens = settings.maxEventTokens();
    this.tokenizers = Objects.requireNonNull(tokenizers, "tokenizers");
  }

  @Override
  public void open(OpenContext context) {
    tooLong = getRuntimeContext().getMetricGroup().counter(TOO_LONG_METRIC);
    tokenizer = tokenizers.open();
    layout = ConversationLayout.of(tokenizer);
  }

  @Override
  public void processElement(Event event, Context context, Collector<TokenizedEvent> out) {
    if (event.text().length() > maxEventChars) {
      refuse(
          event,
          event.text().length() + " characters",
          maxEventChars,
          StreamOptions.MAX_EVENT_CHARS,
          context);
      return;
    }
    int[] tokens = layout.event(event.role(), event.text());
    if (tokens.length > maxEventTokens) {
      refuse(
          event,
          tokens.length + " tokens",
          maxEventTokens,
          StreamOptions.MAX_EVENT_TOKENS,
          context);
      return;
    }
    out.collect(
        new TokenizedEvent(event.stream(), tokens, event.timestampMillis(), event.position()));
  }

  private void refuse(
      Event event, String size, int max, ConfigOption<Integer> option, Context context) {
    tooLong.inc();
    context.output(
        TOO_LONG,
        deadLetter(
            event,
            String.format("the event has %s; at most %d are taken (%s)", size, max, option.key())));
  }

  private static DeadLetter deadLetter(Event event, String reason) {
    byte[] text = event.text().getBytes(StandardCharsets.UTF_8);
    String cut =
        text.length > MAX_LETTER_BYTES ? "; its " + text.length + " bytes are cut here" : "";
    return new DeadLetter(
        event.position().topic(),
        event.position().partition(),
        event.position().offset(),
        event.timestampMillis(),
        reason + cut,
        event.stream().getBytes(StandardCharsets.UTF_8),
        text.length > MAX_LETTER_BYTES ? Arrays.copyOf(text, MAX_LETTER_BYTES) : text);
  }

  @Override
  public void close() {
    if (tokenizer != null) {
      tokenizer.close();
      tokenizer = null;
    }
  }
}
