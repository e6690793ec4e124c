package io.focusstream.jobs.training.eval;

import java.util.List;

/**
 * A stream with what is asked of it.
 *
 * @param lines the stream, oldest first
 * @param probes at least one
 */
public record Trial(List<String> lines, List<Probe> probes) {
  public Trial {
    lines = List.copyOf(lines);
    probes = List.copyOf(probes);
    if (probes.isEmpty()) {
      throw new IllegalArgumentException("nothing is asked");
    }
    for (Probe probe : probes) {
      for (int line : probe.evidence()) {
        if (line < 0 || line >= lines.size()) {
          throw new IllegalArgumentException("no line " + line + " among " + lines.size());
        }
      }
    }
  }

  /**
   * A question and what is right.
   *
   * @param question as a person would put it
   * @param expected the right answer
   * @param scoring how the two are compared
   * @param evidence lines, any of which the answer may point to; empty where there are none
   */
  public record Probe(String question, String expected, Scoring scoring, List<Integer> evidence) {
    public Probe {
      evidence = List.copyOf(evidence);
    }
  }
}
