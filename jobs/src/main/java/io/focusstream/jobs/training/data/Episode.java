package io.focusstream.jobs.training.data;

import java.util.List;

/** Lines of one stream and questions over them. */
public record Episode(List<String> lines, List<Question> questions) {
  public Episode {
    lines = List.copyOf(lines);
    questions = List.copyOf(questions);
  }
}
