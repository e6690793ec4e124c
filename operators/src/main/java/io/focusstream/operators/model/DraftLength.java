package io.focusstream.operators.model;

/**
 * How far a {@link Draft} goes, by what came of those before: twice as far where all of it was
 * said, some few tokens where something else was. Every token ahead costs a row of every source; so
 * where nothing of what was drafted was said twice in a row, nothing is until one source has spoken
 * for some steps, and for twice as many each time that this comes to nothing again. Nor is anything
 * where many have a part in what was said and none a large one: such a one's draft is seldom said.
 */
final class DraftLength {
  static final int FIRST = 4;
  static final int MOST = 16;
  private static final int FRUITLESS = 2;

  /** What part a source must have had in the last token to be followed. */
  static final double LEAST_PART = 0.5;

  private static final int LONGEST_PAUSE = 10;

  // What all sources propose after each of the tokens ahead lies in memory together: as many
  // numbers as
  // the model is wide, a source and token.
  static final long MOST_BYTES = 64L << 20;

  private int ahead = FIRST;
  // of the last step: whether it had a draft, and whether some of that was said
  private boolean drafted;
  private boolean used;
  // drafts in a row of which nothing was said
  private int fruitless;
  // which source spoke, and for how many steps in a row since the last of those
  private int speaker = -1;
  private int spoke;

  /** The step has a draft. */
  void drafted() {
    drafted = true;
    ahead = Math.min(MOST, 2 * ahead);
  }

  /** A token of the draft was said. */
  void used() {
    used = true;
  }

  /** Something else was said than the draft's next token. */
  void missed() {
    ahead = FIRST;
  }

  /**
   * How many tokens all sources may be continued with in the next step, the one that was said among
   * them.
   *
   * @param speaks the source that spoke
   * @param part its part in what was said
   * @param bytesAToken what all sources propose after one token, in bytes
   */
  int next(int speaks, double part, long bytesAToken) {
    spoke = speaks == speaker ? spoke + 1 : 1;
    speaker = speaks;
    if (drafted) {
      fruitless = used ? 0 : fruitless + 1;
      spoke = used ? spoke : 0;
    }
    drafted = false;
    used = false;
    if (part < LEAST_PART
        || fruitless >= FRUITLESS && spoke < 1 << Math.min(fruitless, LONGEST_PAUSE)) {
      return 1;
    }
    return (int) Math.min(ahead, Math.max(1, MOST_BYTES / bytesAToken));
  }
}
