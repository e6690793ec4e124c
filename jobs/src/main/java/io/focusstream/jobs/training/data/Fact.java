package io.focusstream.jobs.training.data;

import java.util.List;

/**
 * Something that a line says of something.
 *
 * @param anchor what it is said of, as written in the line, for example {@code req-8123}
 * @param kind what that is, for example {@code request}; null where it has no word
 * @param field what is said, one name for all spellings, for example {@code duration}
 * @param spoken the words that a question may use for the field, empty where the templates alone
 *     may be used
 * @param templates questions of this fact's own, with {@code {k}} for the anchor; may be empty
 * @param start where the value begins in the line
 * @param end where it ends, exclusive
 * @param ordered true where later facts of the same anchor and field replace earlier ones
 */
record Fact(
    String anchor,
    String kind,
    String field,
    List<String> spoken,
    List<String> templates,
    int start,
    int end,
    boolean ordered) {

  /** Notes that a line is about the anchor, and says nothing that can be asked. */
  static Fact mention(String anchor) {
    return new Fact(anchor, null, "", List.of(), List.of(), 0, 0, false);
  }

  /** Whether this is a mere mention. */
  boolean mention() {
    return field.isEmpty();
  }
}
