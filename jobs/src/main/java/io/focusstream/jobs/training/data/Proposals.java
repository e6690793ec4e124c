package io.focusstream.jobs.training.data;

import io.focusstream.jobs.training.data.Asked.Part;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a chunk should propose, token by token, while an answer is being said: the next token of a
 * part that it holds and that agrees with what was said, else the token that abstains.
 *
 * @param said the answer, token by token, with its end
 * @param proposed what the chunk proposes before each of them
 * @param weights in sixteenths, of each; 0 where it may propose anything
 */
record Proposals(int[] said, int[] proposed, byte[] weights) {
  private static final int FIRST = 16;
  private static final int LATER = 10;
  private static final int ABSTAINED_LATER = 4;

  /** The tokens that structure answers. */
  record Marks(int abstain, int comma, int blank, int end, int[] notFound) {}

  /** Collects one token after the other. */
  private static final class Builder {
    private final List<Integer> said = new ArrayList<>();
    private final List<Integer> proposed = new ArrayList<>();
    private final List<Integer> weights = new ArrayList<>();

    void add(int token, int proposal, int weight) {
      said.add(token);
      proposed.add(proposal);
      weights.add(weight);
    }

    Proposals build() {
      byte[] bytes = new byte[weights.size()];
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = weights.get(i).byteValue();
      }
      return new Proposals(
          said.stream().mapToInt(i -> i).toArray(),
          proposed.stream().mapToInt(i -> i).toArray(),
          bytes);
    }
  }

  /**
   * Of a chunk that holds some of the parts, or none.
   *
   * @param spoken the answer's parts in the order in which they are said
   * @param own those of them, or others said of the same, that the chunk holds; for one part only
   * @param several whether the question asks for several parts
   * @param blankFirst whether a part begins with a blank token of its own when it is not the first
   */
  static Proposals ofChunk(
      List<Part> spoken, List<Part> own, boolean several, List<Boolean> blankFirst, Marks marks) {
    Builder out = new Builder();
    List<Integer> done = new ArrayList<>();
    List<Part> left = new ArrayList<>(own);
    for (int k = 0; k < spoken.size(); k++) {
      Part now = spoken.get(k);
      for (int j = 0; j < now.tokens().length; j++) {
        int proposal = marks.abstain();
        for (Part part : left) {
          if (ready(part, done)
              && part.tokens().length > j
              && Arrays.equals(part.tokens(), 0, j, now.tokens(), 0, j)) {
            proposal = part.tokens()[j];
            if (part == now) {
              break;
            }
          }
        }
        add(out, now.tokens()[j], proposal, j == 0, marks);
      }
      boolean held = left.removeIf(part -> Arrays.equals(part.tokens(), now.tokens()));
      done.add(now.line());
      boolean more = left.stream().anyMatch(part -> several && ready(part, done));
      boolean last = k == spoken.size() - 1;
      int proposal = more ? marks.comma() : held && !several ? marks.end() : marks.abstain();
      add(out, last ? marks.end() : marks.comma(), proposal, several, marks);
      if (!last && blankFirst.get(k + 1)) {
        add(out, marks.blank(), more ? marks.blank() : marks.abstain(), false, marks);
      }
    }
    return out.build();
  }

  /**
   * @param decides whether it is settled here who speaks: where a part begins, and where it has
   *     ended and there may be more
   */
  private static void add(Builder out, int token, int proposal, boolean decides, Marks marks) {
    out.add(
        token, proposal, decides ? FIRST : proposal == marks.abstain() ? ABSTAINED_LATER : LATER);
  }

  private static boolean ready(Part part, List<Integer> saidLines) {
    return part.after() < 0 || saidLines.contains(part.after());
  }

  /** Whether it abstains from beginning to end. */
  boolean silent(int abstain) {
    return Arrays.stream(proposed).allMatch(token -> token == abstain);
  }

  /** Only what is proposed before anything is said. */
  Proposals first() {
    return new Proposals(
        Arrays.copyOf(said, 1), Arrays.copyOf(proposed, 1), Arrays.copyOf(weights, 1));
  }

  /** Of a chunk, where there is no answer. */
  static Proposals abstaining(Marks marks) {
    Builder out = new Builder();
    for (int i = 0; i < marks.notFound().length; i++) {
      add(out, marks.notFound()[i], marks.abstain(), i == 0, marks);
    }
    return out.build();
  }

  /**
   * Without any chunk: «not found» before anything is said, and the end where one of several parts
   * has been said, for the case that no chunk has more.
   */
  static Proposals ofNothing(
      List<Part> spoken, boolean several, List<Boolean> blankFirst, Marks marks) {
    Builder out = new Builder();
    if (spoken.isEmpty()) {
      for (int token : marks.notFound()) {
        out.add(token, token, FIRST);
      }
      return out.build();
    }
    for (int k = 0; k < spoken.size(); k++) {
      int[] tokens = spoken.get(k).tokens();
      for (int j = 0; j < tokens.length; j++) {
        boolean first = k + j == 0;
        out.add(tokens[j], marks.notFound()[0], first ? FIRST : 0);
      }
      boolean last = k == spoken.size() - 1;
      out.add(last ? marks.end() : marks.comma(), marks.end(), several ? FIRST : 0);
      if (!last && blankFirst.get(k + 1)) {
        out.add(marks.blank(), marks.end(), 0);
      }
    }
    return out.build();
  }
}
