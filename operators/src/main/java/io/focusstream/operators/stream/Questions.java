package io.focusstream.operators.stream;

import io.focusstream.operators.config.FocusSettings;
import io.focusstream.operators.state.Asking;
import io.focusstream.operators.state.PendingQuestion;
import io.focusstream.operators.state.Segment;
import io.focusstream.operators.state.StreamSummary;
import io.focusstream.operators.state.WaitingQuestion;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.QueryMode;
import io.focusstream.schemas.StreamSelection;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the questions of single streams and of a key group's: accepts, refuses, cancels, expires
 * them, and lets them wait for their time where that counts. What is accepted is in state, with
 * what it sees, and is work; what waits is in state only, and counts among a stream's open
 * questions. For the mailbox thread only, with the key set.
 */
final class Questions {
  private static final Logger LOGGER = LoggerFactory.getLogger(Questions.class);

  private final FocusSettings settings;
  private final StreamStore store;
  private final StreamNames names;
  private final WorkQueue work;
  private final StandingQuestions standing;
  private final Retention retention;
  private final FocusMetrics metered;
  private final TaskContext task;
  private final int maxParallelism;
  // null where no question waits for its time
  private final EventTimeBuffer waiting;

  /**
   * @param waiting questions that wait for their time; {@code null} where none does
   */
  Questions(
      FocusSettings settings,
      StreamStore store,
      StreamNames names,
      WorkQueue work,
      StandingQuestions standing,
      Retention retention,
      FocusMetrics metered,
      TaskContext task,
      int maxParallelism,
      EventTimeBuffer waiting) {
    this.settings = settings;
    this.store = store;
    this.names = names;
    this.work = work;
    this.standing = standing;
    this.retention = retention;
    this.metered = metered;
    this.task = task;
    this.maxParallelism = maxParallelism;
    this.waiting = waiting;
  }

  /**
   * Lets a question wait for its time, its deadline running. A cancellation always may: it makes
   * room.
   *
   * @param key its stream, or a key group's key
   * @return false where too many are open or wait, which has been said
   */
  boolean await(String key, WaitingQuestion question) throws Exception {
    int open = openQuestions(key);
    if (question.mode() != QueryMode.CANCEL && open >= settings.maxPending()) {
      metered.questionsRejected.inc();
      say(key, question, stream -> QuestionLimits.tooMany(question.id(), stream, open));
      return false;
    }
    waiting.add(question);
    watchDeadline(key, question);
    return true;
  }

  /** Expires a waiting question when its time is over. */
  void watchDeadline(String key, WaitingQuestion question) {
    long deadline = question.deadlineAtMillis();
    if (deadline > 0) {
      task.at(deadline, () -> task.withKey(key, () -> expireWaiting(key, question)));
    }
  }

  private void expireWaiting(String key, WaitingQuestion question) throws Exception {
    if (waiting.remove(question)) {
      metered.questionsExpired.inc();
      say(
          key,
          question,
          stream -> QuestionLimits.expired(question.id(), stream, question.deadlineMillis()));
    }
  }

  /** Ends a question that was never accepted, in each stream that it is for. */
  private void say(String key, WaitingQuestion question, Function<String, Answer> answer)
      throws Exception {
    Asking asking = question.asking();
    List<String> streams =
        asking.prefix() == null ? List.of(key) : announced(question.id(), asking, keyGroup(key));
    for (String stream : streams) {
      task.emit(asking.group(), answer.apply(stream));
    }
  }

  private int keyGroup(String key) {
    return KeyGroupRangeAssignment.assignToKeyGroup(key, maxParallelism);
  }

  private int openQuestions(String stream) throws Exception {
    return work.openQuestions(stream) + (waiting == null ? 0 : waiting.questions());
  }

  /** Does what a question wants: most are written to state with what they see of their stream. */
  void accept(String stream, WaitingQuestion question) throws Exception {
    String id = question.id();
    Asking asking = question.asking();
    if (asking.prefix() != null) {
      if (question.mode() == QueryMode.CANCEL) {
        cancelWaiting(stream, id);
      }
      for (String one : announced(id, asking, keyGroup(stream))) {
        task.withKey(one, () -> accept(one, question.ofOneStream()));
      }
      return;
    }
    String group = asking.group();
    if (question.mode() == QueryMode.CANCEL) {
      cancel(stream, id, group);
      return;
    }
    if (question.mode() == QueryMode.DESCRIBE) {
      task.emit(group, StreamDescription.of(stream, id, store, work));
      return;
    }
    int answerTokens = Math.min(question.maxAnswerTokens(), settings.maxAnswerTokens());
    boolean stands = question.mode() == QueryMode.STANDING;
    Work.Question open = work.question(stream, id);
    if (open != null) {
      boolean ofMany = !store.question(open.sequence).asking().group().isEmpty();
      if (!group.isEmpty() || stands && ofMany) {
        metered.questionsRejected.inc();
        task.emit(group, QuestionLimits.openAlready(id, stream));
        return;
      }
      // whether it is asked again or replaced by a standing one: the id is answered once
      metered.questionsRepeated.inc();
      if (!stands || standing.isRegistered(question, answerTokens)) {
        LOGGER.debug("Question {} is open already; it is answered once.", id);
        return;
      }
    }
    int pendingQuestions = work.openQuestions(stream);
    if (open == null && pendingQuestions >= settings.maxPending()) {
      metered.questionsRejected.inc();
      task.emit(group, QuestionLimits.tooMany(id, stream, pendingQuestions));
      return;
    }
    StreamSummary summary = store.summary();
    if (stands && !standing.register(stream, question, answerTokens, summary.nextChunk())) {
      return;
    }
    if (open != null) {
      store.removeQuestion(open.sequence);
      work.finish(open);
    }
    if (summary.tokens() == 0) {
      metered.questionsWithoutData.inc();
      task.emit(group, QuestionLimits.noData(id, stream));
      return;
    }
    Segment tail = store.tail(summary);
    PendingQuestion pending =
        new PendingQuestion(
            id,
            question.tokens(),
            answerTokens,
            question.askedAtMillis(),
            question.arrivedAtMillis(),
            retention.firstChunkSeen(summary, tail),
            summary.nextChunk(),
            tail,
            false,
            question.deadlineAtMillis(),
            asking);
    store.addQuestion(summary, pending);
    work.addQuestion(
        stream, summary.nextQuestion(), pending.id(), pending.firstChunk(), pending.nextChunk());
    watchDeadline(stream, summary.nextQuestion(), pending);
  }

  /** The streams of a key group that a question is for; how many they are has been said. */
  private List<String> announced(String id, Asking asking, int keyGroup) throws Exception {
    boolean refused = names.moreThan(settings.maxStreams(), asking.prefix());
    List<String> streams = new ArrayList<>();
    for (String one : refused ? List.<String>of() : names.inKeyGroup(keyGroup, asking.prefix())) {
      task.withKey(
          one,
          () -> {
            // one whose events all wait for their time is not there yet
            if (store.summary().events() > 0) {
              streams.add(one);
            }
          });
    }
    task.emit(
        AnswerPart.announced(
            asking.group(),
            id,
            new StreamSelection.Prefixed(asking.prefix()).shown(),
            maxParallelism,
            streams.size(),
            refused));
    return streams;
  }

  /** No further answers to a question; the key must be set. */
  private void cancel(String stream, String id, String group) throws Exception {
    boolean found = cancelWaiting(stream, id);
    found |= store.standing(id) != null;
    store.removeStanding(id);
    for (String name : List.of(id, StandingQuestions.workName(id))) {
      Work.Question open = work.question(stream, name);
      if (open != null) {
        found = true;
        PendingQuestion pending = store.question(open.sequence);
        if (pending != null && !pending.asking().group().isEmpty()) {
          task.emit(pending.asking().group(), QuestionLimits.cancelled(id, stream));
        }
        store.removeQuestion(open.sequence);
        work.finish(open);
      }
    }
    if (found) {
      metered.questionsCancelled.inc();
      task.emit(group, QuestionLimits.cancelled(id, stream));
      retention.dropOldChunks(stream);
    } else {
      metered.questionsRejected.inc();
      task.emit(group, QuestionLimits.nothingToCancel(id, stream));
    }
  }

  /** Cancels what waits for its time; true where something did. */
  private boolean cancelWaiting(String key, String id) throws Exception {
    if (waiting == null) {
      return false;
    }
    List<WaitingQuestion> found = waiting.removeQuestions(id);
    for (WaitingQuestion question : found) {
      // a plain one has the same record as its cancellation
      if (!question.asking().group().isEmpty()) {
        say(key, question, stream -> QuestionLimits.cancelled(id, stream));
      }
    }
    return !found.isEmpty();
  }

  /** Expires a pending question when its time is over. */
  void watchDeadline(String stream, long sequence, PendingQuestion pending) {
    if (pending.deadlineAtMillis() > 0) {
      task.at(
          pending.deadlineAtMillis(), () -> task.withKey(stream, () -> expire(stream, sequence)));
    }
  }

  private void expire(String stream, long sequence) throws Exception {
    PendingQuestion pending = store.question(sequence);
    if (pending == null) {
      return;
    }
    metered.questionsExpired.inc();
    task.emit(
        pending.asking().group(),
        QuestionLimits.expired(
            pending.id(), stream, pending.deadlineAtMillis() - pending.acceptedAtMillis()));
    store.removeQuestion(sequence);
    Work.Question open = work.question(stream, pending.id());
    if (open != null && open.sequence == sequence) {
      work.finish(open);
    }
    retention.dropOldChunks(stream);
  }
}
