package io.focusstream.operators.state;

/**
 * That a chunk has been condensed, and how much of that is stored.
 *
 * @param blocks number of stored blocks, 0 where none are kept
 * @param bytes their size together
 */
public record CondensedStatus(int blocks, long bytes) {}
