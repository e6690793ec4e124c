package io.focusstream.operators.model;

/**
 * Chunks with questions behind them, to learn from. Legend: B rows, S tokens of a row.
 *
 * @param tokens (B) rows of S token ids
 * @param positions (B) rows of S positions
 * @param segments (B) rows: 0 for the chunk, then each question's number from 1, ascending
 * @param targets (B) rows: what is to follow each token
 * @param weights (B) rows, 0 = not supervised; a segment without any weight is padding
 * @param columns (B) rows: of each question, by its number less 1, the places of the chunk's tokens
 *     that it sees, ascending, moved together as if nothing had stood between them; null where it
 *     sees the whole chunk
 */
public record ProposalRows(
    int[][] tokens,
    int[][] positions,
    int[][] segments,
    int[][] targets,
    float[][] weights,
    int[][][] columns) {}
