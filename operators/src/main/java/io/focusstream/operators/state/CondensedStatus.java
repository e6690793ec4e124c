package io.focusstream.operators.state;

/**
 * That a chunk has been condensed, by which model in which layout, and how much of that is stored.
 *
 * @param blocks number of stored blocks, 0 where none are kept
 * @param bytes their size together
 * @param model {@link #modelCode(String) code} of model and layout; 0 where that isn't known
 */
public record CondensedStatus(int blocks, long bytes, int model) {

  /**
   * A number for a model and a layout, never 0: enough to see that it is another.
   *
   * @param stateFingerprint names both
   */
  public static int modelCode(String stateFingerprint) {
    int code = stateFingerprint.hashCode();
    return code == 0 ? 1 : code;
  }
}
