package io.focusstream.operators.stream;

import io.focusstream.operators.state.Asking;
import io.focusstream.operators.state.PendingQuestion;
import io.focusstream.operators.state.Segment;
import io.focusstream.operators.state.StandingQuestion;
import io.focusstream.operators.state.StreamSummary;
import io.focusstream.operators.state.WaitingQuestion;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerStatus;
import java.util.Arrays;
import java.util.Map;

/**
 * The standing questions of the streams. Each is asked of every chunk that is sealed after it, one
 * chunk at a time and oldest first, as pending work like any other; it says something where the
 * answer is another one than before. So what it says, and under which number, is the same after a
 * restore, as far as the engine's answers are ({@link
 * io.focusstream.operators.engine.CondensingEngine}). For the mailbox thread only, with the key
 * set.
 */
final class StandingQuestions {
  private final StreamStore store;
  private final WorkQueue work;
  private final FocusMetrics metered;
  private final TaskContext task;
  private final int most;

  /**
   * @param most standing questions of a stream
   */
  StandingQuestions(
      StreamStore store, WorkQueue work, FocusMetrics metered, TaskContext task, int most) {
    this.store = store;
    this.work = work;
    this.metered = metered;
    this.task = task;
    this.most = most;
  }

  /**
   * The name under which a standing question's work is open, beside one that is asked: no id can be
   * that.
   */
  static String workName(String id) {
    return "\uD800" + id;
  }

  /**
   * Adds or replaces a standing question.
   *
   * @param nextChunk the first chunk that it will be asked of
   * @return false where the stream has too many, which has been said
   */
  boolean register(String stream, WaitingQuestion question, int maxAnswerTokens, int nextChunk)
      throws Exception {
    String id = question.id();
    Map<String, StandingQuestion> standing = store.standing();
    StandingQuestion before = standing.get(id);
    if (before == null && standing.size() >= most) {
      metered.questionsRejected.inc();
      task.emit("", QuestionLimits.tooManyStanding(id, stream, standing.size()));
      return false;
    }
    int updates = before == null ? 0 : before.updates();
    store.putStanding(
        id,
        new StandingQuestion(
            question.tokens(), maxAnswerTokens, question.askedAtMillis(), nextChunk, updates, ""));
    return true;
  }

  /** Whether it stands already as it is asked. */
  boolean isRegistered(WaitingQuestion question, int maxAnswerTokens) throws Exception {
    StandingQuestion standing = store.standing(question.id());
    return standing != null
        && Arrays.equals(standing.tokens(), question.tokens())
        && standing.maxAnswerTokens() == maxAnswerTokens;
  }

  /** Notes the first answer to a standing question, over what the stream held when it came. */
  void firstAnswered(String id, Answer answer) throws Exception {
    StandingQuestion standing = store.standing(id);
    // one of a chunk may have come first: then that is the newer
    if (standing != null && standing.lastText().isEmpty() && answer.status() == AnswerStatus.OK) {
      store.putStanding(id, standing.answered(answer.text()));
    }
  }

  /** Asks the standing questions of new chunks, each of one chunk at a time, oldest first. */
  void ask(String stream) throws Exception {
    for (Map.Entry<String, StandingQuestion> entry : store.standing().entrySet()) {
      ask(stream, entry.getKey(), entry.getValue());
    }
  }

  private void ask(String stream, String id, StandingQuestion standing) throws Exception {
    StreamSummary summary = store.summary();
    int chunk = Math.max(standing.nextChunk(), summary.firstChunk());
    if (chunk >= summary.nextChunk() || work.hasQuestion(stream, workName(id))) {
      return;
    }
    PendingQuestion pending =
        new PendingQuestion(
            id,
            standing.tokens(),
            standing.maxAnswerTokens(),
            standing.askedAtMillis(),
            task.now(),
            chunk,
            chunk + 1,
            Segment.EMPTY,
            true,
            0,
            Asking.PLAIN);
    store.addQuestion(summary, pending);
    work.addQuestion(stream, summary.nextQuestion(), workName(id), chunk, chunk + 1);
  }

  /** A standing question has been asked of a chunk: says so where the answer is another one. */
  void answered(Work.Question question, PendingQuestion pending, Answer answer) throws Exception {
    store.removeQuestion(question.sequence);
    work.finish(question);
    StandingQuestion standing = store.standing(pending.id());
    if (standing == null) {
      return;
    }
    int chunk = pending.firstChunk();
    // One that was replaced meanwhile begins with the chunks after its own question.
    if (Arrays.equals(standing.tokens(), pending.tokens())) {
      boolean another =
          answer.status() == AnswerStatus.FAILED
              || answer.status() == AnswerStatus.OK && !answer.text().equals(standing.lastText());
      if (another) {
        metered.standingUpdates.inc();
        task.emit("", answer.withUpdate(standing.updates() + 1));
      }
      standing = another ? standing.updated(chunk, answer.text()) : standing.after(chunk);
      store.putStanding(pending.id(), standing);
    }
    ask(question.stream, pending.id(), standing);
  }
}
