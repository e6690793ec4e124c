package io.focusstream.operators.state;

/**
 * Names something that waits for the watermark.
 *
 * @param timestampMillis its event time, milliseconds since the epoch
 * @param number of those of the same time, from 0, as they came
 */
public record TimedKey(long timestampMillis, int number) {}
