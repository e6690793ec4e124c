package io.focusstream.operators.model.checkpoint;

import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * How a checkpoint is used for FocusLLM: the {@code focus} object of its {@code config.json}. Where
 * it has none, {@link #DEFAULT} holds.
 *
 * @param localWindow most tokens of local context, at least 1
 * @param chunkSize most tokens of a chunk, at least 1
 * @param candidateProjections which projections of a candidate token are copies of their own, in
 *     the order q, k, v, o; the others are shared with the frozen model
 * @param candidatePositions where candidates stand before the local context
 * @param candidateSpan positions that {@link CandidatePositions#SPREAD} spreads candidates over, at
 *     which {@link CandidatePositions#RECENCY} has the newest, and before which {@link
 *     CandidatePositions#SHARED} begins the local context; at least 1
 * @param local how the local context is run for each further token
 * @param readout how an answer's next token is read out of the chunks
 * @param abstainToken the token that a chunk proposes where it has nothing to say; {@link
 *     #NO_TOKEN} where the model knows none, as {@link Readout#PROPOSALS} must
 */
public record FocusSettings(
    int localWindow,
    int chunkSize,
    List<CandidateProjection> candidateProjections,
    CandidatePositions candidatePositions,
    int candidateSpan,
    LocalMode local,
    Readout readout,
    int abstainToken) {

  /** In place of a token that there isn't. */
  public static final int NO_TOKEN = -1;

  /** What holds for a checkpoint without a {@code focus} object: the paper's choices. */
  public static final FocusSettings DEFAULT =
      new FocusSettings(
          2048,
          512,
          List.of(CandidateProjection.values()),
          CandidatePositions.SEQUENTIAL,
          32,
          LocalMode.EXACT,
          Readout.DECODER,
          NO_TOKEN);

  public FocusSettings {
    atLeastOne("focus.local_window", localWindow);
    atLeastOne("focus.chunk_size", chunkSize);
    atLeastOne("focus.candidate_span", candidateSpan);
    candidateProjections = candidateProjections.stream().sorted().toList();
    if (candidateProjections.stream().distinct().count() != candidateProjections.size()) {
      throw new CheckpointException(
          "focus.candidate_projections names one twice: " + candidateProjections);
    }
    Objects.requireNonNull(candidatePositions, "candidatePositions");
    Objects.requireNonNull(local, "local");
    Objects.requireNonNull(readout, "readout");
    if (abstainToken < NO_TOKEN) {
      throw new CheckpointException(
          "focus.abstain_token_id must be a token id; got " + abstainToken);
    }
    if (readout == Readout.PROPOSALS && abstainToken == NO_TOKEN) {
      throw new CheckpointException(
          "focus.readout is proposals, but focus.abstain_token_id is missing: give the token that"
              + " the model was trained to propose where a chunk has nothing to say");
    }
  }

  /** The same, read out another way. */
  public FocusSettings with(Readout other) {
    return new FocusSettings(
        localWindow,
        chunkSize,
        candidateProjections,
        candidatePositions,
        candidateSpan,
        local,
        other,
        abstainToken);
  }

  private static void atLeastOne(String field, int value) {
    if (value < 1) {
      throw new CheckpointException(field + " must be at least 1; got " + value);
    }
  }

  /** Positions of the candidates, which stand before the local context. */
  public enum CandidatePositions {
    /** 0 to k-1 for k candidates, the local context from k: as in the paper. */
    SEQUENTIAL,
    /** Spread evenly over {@code candidate_span} positions, the local context after them. */
    SPREAD,
    /**
     * By how many chunks ago each was: the newest at {@code candidate_span}, and two positions
     * earlier with every doubling, from 0 on. The newest stand well apart however many there are.
     */
    RECENCY,
    /** All at one position; the local context begins at {@code candidate_span}. */
    SHARED;

    /** The name in config.json. */
    public String written() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** How an answer's next token is read out of the chunks. */
  public enum Readout {
    /**
     * The frozen decoder reads the chunks' candidate tokens before the local context: as in the
     * paper (FocusLLM §3.3).
     */
    DECODER,
    /**
     * Every chunk, and the tail as one more, proposes a next token or abstains; what is said is
     * what the proposals agree on, weighed by how sure each is. Needs a model trained for it.
     */
    PROPOSALS;

    /** The name in config.json. */
    public String written() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** How the local context is run when an answer gets longer. */
  public enum LocalMode {
    /** Anew for every token, over fresh candidates: as the reference does. */
    EXACT,
    /** Its keys and values are kept; a new token sees fresh candidates. */
    INCREMENTAL;

    /** The name in config.json. */
    public String written() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
