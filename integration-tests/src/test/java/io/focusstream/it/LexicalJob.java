package io.focusstream.it;

import io.focusstream.jobs.FocusJob;

/** The job with the lexical engine, for a Flink cluster; each question takes 20 ms. */
public final class LexicalJob {
  private LexicalJob() {}

  public static void main(String[] args) {
    FocusJob.submit(config -> Fakes.lexicalModel(20), args);
  }
}
