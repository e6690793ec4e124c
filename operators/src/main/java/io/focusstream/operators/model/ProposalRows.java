package io.focusstream.operators.model;

/**
 * Chunks with questions behind them, to learn from. Legend: B rows, S tokens.
 *
 * @param tokens (B) rows of S token ids
 * @param positions (B) rows of S positions
 * @param segments (B) rows: 0 for the chunk, then each question's number, ascending
 * @param targets (B) rows: what is to follow each token
 * @param weights (B) rows, 0 = not supervised; a segment without any weight is padding
 */
public record ProposalRows(
    int[][] tokens, int[][] positions, int[][] segments, int[][] targets, float[][] weights) {}
