package io.focusstream.operators.stream;

import io.focusstream.schemas.Answer;
import io.focusstream.schemas.Query;
import io.focusstream.schemas.SourcePosition;
import java.util.Objects;

/**
 * A part of the answer to a question over several streams: what one stream answered, or how many
 * such parts come from one source (the list in the question, or a key group).
 *
 * @param group names the question, as asked once; see {@link #group(String, SourcePosition)}
 * @param id the question's id
 * @param shown what was asked, for people
 * @param sources from how many sources such a number comes; 0 where this is an answer
 * @param streams how many answers come from this source
 * @param refused whether this source asks nothing, since too many streams match
 * @param answer what a stream answered; null where this is a number
 */
public record AnswerPart(
    String group,
    String id,
    String shown,
    int sources,
    int streams,
    boolean refused,
    Answer answer) {
  public AnswerPart {
    Objects.requireNonNull(group, "group");
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(shown, "shown");
    if ((answer == null) == (sources == 0)) {
      throw new IllegalArgumentException("a part is an answer or a number of answers; got " + id);
    }
  }

  /** The name of a question as asked once: asked again under the same id it is another one. */
  static String group(String id, SourcePosition position) {
    return id + " " + position;
  }

  static String group(Query query) {
    return group(query.id(), query.position());
  }

  /** What one stream answered. */
  static AnswerPart answered(String group, Answer answer) {
    return new AnswerPart(group, answer.id(), "", 0, 0, false, answer);
  }

  /** How many answers a source sends. */
  static AnswerPart announced(
      String group, String id, String shown, int sources, int streams, boolean refused) {
    return new AnswerPart(group, id, shown, sources, streams, refused, null);
  }
}
