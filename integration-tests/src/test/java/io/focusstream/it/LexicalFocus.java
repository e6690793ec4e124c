package io.focusstream.it;

import io.focusstream.jobs.cli.FocusCli;

/** The {@code focus} command with the lexical engine, to be run as a process of its own. */
final class LexicalFocus {
  private LexicalFocus() {}

  public static void main(String[] args) {
    System.exit(FocusCli.commandLine(config -> Fakes.lexicalModel(0)).execute(args));
  }
}
