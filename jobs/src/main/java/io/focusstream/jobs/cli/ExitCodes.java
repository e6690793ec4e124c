package io.focusstream.jobs.cli;

/** Exit codes of all commands. */
public final class ExitCodes {
  /** Done. */
  public static final int OK = 0;

  /** Something failed; the message says what. */
  public static final int FAILED = 1;

  /** Wrong options. */
  public static final int USAGE = 2;

  /** No broker answers. */
  public static final int UNREACHABLE = 3;

  /** No answer came in time. */
  public static final int NO_ANSWER = 4;

  /** An answer came, but its status isn't OK. */
  public static final int NOT_OK = 5;

  private ExitCodes() {}
}
