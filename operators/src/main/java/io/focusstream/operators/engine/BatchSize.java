package io.focusstream.operators.engine;

/**
 * How much was condensed at once.
 *
 * @param chunks chunks of the batch
 * @param tokens their tokens, padding left out
 */
public record BatchSize(int chunks, int tokens) {}
