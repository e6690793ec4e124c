package io.focusstream.operators.state;

/**
 * Names one stored block of a condensed chunk.
 *
 * @param chunk index of the chunk in its stream
 * @param block number of the block, from 0
 */
public record BlockKey(int chunk, int block) {}
