package io.focusstream.operators.stream;

import io.focusstream.operators.config.AskOptions;
import io.focusstream.operators.config.CondenseOptions;
import io.focusstream.operators.config.Consistency;
import io.focusstream.operators.config.FocusSettings;
import io.focusstream.operators.config.KvPersist;
import io.focusstream.operators.engine.CondensingEngine;
import io.focusstream.operators.engine.CondensingEngineProvider;
import io.focusstream.operators.engine.ModelInfo;
import io.focusstream.operators.state.FocusState;
import io.focusstream.operators.state.PendingQuestion;
import io.focusstream.operators.state.StreamSummary;
import io.focusstream.operators.state.TailEvent;
import io.focusstream.operators.state.WaitingQuestion;
import io.focusstream.operators.text.Chunker;
import io.focusstream.operators.text.TextTokenizer;
import io.focusstream.operators.text.TokenizerFingerprint;
import io.focusstream.operators.text.TokenizerProvider;
import io.focusstream.schemas.Answer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.KeyedStateBackend;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedMultiInput;
import org.apache.flink.streaming.api.operators.InternalTimer;
import org.apache.flink.streaming.api.operators.InternalTimerService;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.streaming.api.operators.Triggerable;
import org.apache.flink.streaming.api.operators.TwoInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.tasks.mailbox.TaskMailbox;
import org.apache.flink.util.OutputTag;
import org.apache.flink.util.function.ThrowingRunnable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps each stream's history as condensed chunks and answers the questions that are asked of it.
 *
 * <p><b>Key</b>: the stream's name, on both inputs. Input 1 are events, input 2 are questions.
 *
 * <p><b>State</b>: {@link FocusState}. Events and sealed chunks are truth, condensed chunks are a
 * cache. A question is written to state together with what it saw of its stream before the engine
 * hears of it, a sealed chunk before it is condensed; they leave it in the same step that emits the
 * answer or stores the result. So a checkpoint never waits for the engine and holds all that is
 * needed. Operator state holds the tokenizer's fingerprint: a start with another one is refused.
 *
 * <p><b>What a question sees</b>: every event of its stream that reached this operator before it,
 * and no other (arrival consistency); or every event whose time is not after its own (event-time
 * consistency): events and questions then wait in state for the watermark. Either holds also when
 * it is asked again after a restore.
 *
 * <p><b>What is done again</b>: after a restore or a rescale, the pending work of the keys that
 * this subtask owns is found in {@link #open()} and given to the engine again. Results that came
 * out after the checkpoint come out again, as with any operator. An engine's failure is tried again
 * with a growing delay, a bounded number of times; then a question is answered with FAILED, and a
 * chunk is left to the next question, which makes it from its tokens.
 *
 * <p><b>Threads</b>: everything happens on the mailbox thread. The engine's threads only put a mail
 * into the mailbox. The operator never waits for a future; where more than {@code
 * focus.engine.max-in-flight} pieces of work are open it yields to the mailbox after it has
 * accepted an element, until there are fewer, and back-pressure does the rest.
 *
 * <p><b>Device</b>: the GPU that external resource {@code gpu} gives this subtask's task manager,
 * if any, is handed to the engine's provider, which decides.
 *
 * <p><b>End of input</b>: when both inputs have ended it yields until everything is answered. After
 * {@link #close()} results are ignored, and what was pending is in the last checkpoint.
 */
final class FocusOperator extends AbstractStreamOperator<Answer>
    implements TwoInputStreamOperator<TokenizedEvent, TokenizedQuestion, Answer>,
        BoundedMultiInput,
        Triggerable<String, VoidNamespace> {
  private static final long serialVersionUID = 1L;
  private static final Logger LOGGER = LoggerFactory.getLogger(FocusOperator.class);
  private static final int INPUTS = 2;

  /** What single streams answer to questions over several; see {@link MergeAnswers}. */
  static final OutputTag<AnswerPart> PARTS =
      new OutputTag<>("answer-parts", StreamTypes.ANSWER_PART);

  private final FocusSettings settings;
  private final transient CondensingEngineProvider engines;
  private final transient TokenizerProvider tokenizers;
  private final transient MailboxExecutor mailbox;
  private final transient MailboxExecutor wholeMailbox;

  private transient CondensingEngineProvider.Lease lease;
  private transient ModelInfo model;
  private transient TextTokenizer tokenizer;
  private transient ListState<String> tokenizerState;
  private transient String tokenizerFingerprint;
  private transient StreamStore store;
  private transient WorkQueue work;
  private transient FocusMetrics metered;
  private transient TaskContext task;
  private transient StandingQuestions standing;
  private transient StreamNames names;
  private transient int maxParallelism;
  private transient ListState<String> modelState;
  private transient OtherModelsChunks otherModels;
  private transient Retention retention;
  private transient Questions questions;
  private transient EngineCalls calls;
  // both null where a question sees what came before it
  private transient EventTimeBuffer waiting;
  private transient InternalTimerService<VoidNamespace> eventTime;
  private transient int endedInputs;
  private transient boolean restored;
  private transient volatile boolean closed;

  FocusOperator(
      StreamOperatorParameters<Answer> parameters,
      FocusSettings settings,
      CondensingEngineProvider engines,
      TokenizerProvider tokenizers) {
    super(parameters);
    this.settings = settings;
    this.engines = engines;
    this.tokenizers = tokenizers;
    this.mailbox = parameters.getMailboxExecutor();
    this.wholeMailbox =
        parameters
            .getContainingTask()
            .getMailboxExecutorFactory()
            .createExecutor(TaskMailbox.MIN_PRIORITY);
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    restored = context.isRestored();
    tokenizerState = context.getOperatorStateStore().getUnionListState(FocusState.TOKENIZER);
    modelState = context.getOperatorStateStore().getUnionListState(FocusState.MODEL);
  }

  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    tokenizerState.update(List.of(tokenizerFingerprint));
    otherModels.snapshot();
  }

  @Override
  public void open() throws Exception {
    super.open();
    lease =
        engines.acquire(
            GrantedGpu.of(
                getRuntimeContext().getExternalResourceInfos(GrantedGpu.RESOURCE),
                getRuntimeContext().getTaskInfo().getIndexOfThisSubtask()));
    CondensingEngine engine = lease.engine();
    model = engine.model();
    tokenizer = tokenizers.open();
    checkAgainstModel();
    checkAgainstState();
    work = new WorkQueue(settings.maxInFlight(), settings.maxLoadedBytes());
    metered = new FocusMetrics(getMetricGroup(), work, engine);
    store =
        new StreamStore(
            getKeyedStateStore(),
            new Chunker(settings.chunkTokens(), settings.windowTokens()),
            settings.kvPersist());
    maxParallelism = getRuntimeContext().getTaskInfo().getMaxNumberOfParallelSubtasks();
    KeyedStateBackend<String> backend = getKeyedStateBackend();
    names = new StreamNames(backend, maxParallelism);
    task = new Task();
    standing = new StandingQuestions(store, work, metered, task, settings.maxStanding());
    otherModels = new OtherModelsChunks(store, work, task, modelState, model.stateFingerprint());
    retention = new Retention(settings, store, names, work, metered, task, expiryTimers());
    if (settings.consistency() == Consistency.EVENT_TIME) {
      waiting = new EventTimeBuffer(getKeyedStateStore());
      eventTime = getInternalTimerService("event-time", VoidNamespaceSerializer.INSTANCE, this);
    }
    questions =
        new Questions(
            settings,
            store,
            names,
            work,
            standing,
            retention,
            metered,
            task,
            maxParallelism,
            waiting);
    calls =
        new EngineCalls(
            settings,
            engine,
            tokenizer,
            store,
            work,
            standing,
            retention,
            otherModels,
            metered,
            task);
    findPendingWork();
    if (waiting != null) {
      watchWaitingQuestions();
    }
    if (settings.kvPersist() == KvPersist.STATE) {
      otherModels.find(backend);
    }
    LOGGER.info(
        "{} {}, with model {} ({}); pending in state: {} chunks, {} questions.",
        getRuntimeContext().getTaskInfo().getTaskNameWithSubtasks(),
        restored ? "is restored" : "starts without state",
        model.name(),
        model.fingerprint(),
        work.openChunks(),
        work.openQuestions());
    calls.give();
  }

  private InternalTimerService<VoidNamespace> expiryTimers() {
    return settings.expireAfter().isZero()
        ? null
        : getInternalTimerService("expiry", VoidNamespaceSerializer.INSTANCE, this);
  }

  private void checkAgainstModel() {
    if (settings.chunkTokens() > model.maxChunkTokens()) {
      throw new IllegalArgumentException(
          String.format(
              "%s is %d; model %s takes chunks of at most %d tokens: lower the option",
              CondenseOptions.CHUNK_TOKENS.key(),
              settings.chunkTokens(),
              model.name(),
              model.maxChunkTokens()));
    }
    if (settings.maxQuestionTokens() > model.maxQuestionTokens()) {
      throw new IllegalArgumentException(
          String.format(
              "%s is %d; model %s takes questions of at most %d tokens: lower the option",
              AskOptions.MAX_QUESTION_TOKENS.key(),
              settings.maxQuestionTokens(),
              model.name(),
              model.maxQuestionTokens()));
    }
    if (tokenizer.vocabularySize() > model.vocabularySize()) {
      throw new IllegalArgumentException(
          String.format(
              "the tokenizer has %d token ids, model %s only %d: give the tokenizer that the model was"
                  + " trained with",
              tokenizer.vocabularySize(), model.name(), model.vocabularySize()));
    }
  }

  /** Token ids in state are of the tokenizer that made them: another would read nonsense. */
  private void checkAgainstState() throws Exception {
    tokenizerFingerprint = TokenizerFingerprint.of(tokenizer);
    for (String kept : tokenizerState.get()) {
      if (!kept.equals(tokenizerFingerprint)) {
        throw new IllegalStateException(
            String.format(
                "the state holds tokens of tokenizer %s, this one is %s: go on with the model and"
                    + " tokenizer of before, or start without this state from the beginning of the"
                    + " topics",
                kept, tokenizerFingerprint));
      }
    }
  }

  /** Reads what was pending in the checkpoint, of the keys that this subtask owns. */
  private void findPendingWork() throws Exception {
    KeyedStateBackend<String> backend = getKeyedStateBackend();
    backend.applyToAllKeys(
        VoidNamespace.INSTANCE,
        VoidNamespaceSerializer.INSTANCE,
        FocusState.PENDING_CHUNKS,
        (stream, pending) -> {
          for (int index : pending.keys()) {
            work.addChunk(stream, index);
          }
        });
    backend.applyToAllKeys(
        VoidNamespace.INSTANCE,
        VoidNamespaceSerializer.INSTANCE,
        FocusState.PENDING_QUESTIONS,
        (stream, pending) -> {
          for (Map.Entry<Long, PendingQuestion> entry : pending.entries()) {
            PendingQuestion question = entry.getValue();
            work.addQuestion(
                stream,
                entry.getKey(),
                question.standing() ? StandingQuestions.workName(question.id()) : question.id(),
                question.firstChunk(),
                question.nextChunk());
            questions.watchDeadline(stream, entry.getKey(), question);
          }
        });
  }

  private void watchWaitingQuestions() throws Exception {
    this.<String>getKeyedStateBackend()
        .applyToAllKeys(
            VoidNamespace.INSTANCE,
            VoidNamespaceSerializer.INSTANCE,
            FocusState.WAITING_QUESTIONS,
            (key, all) -> {
              for (WaitingQuestion question : all.values()) {
                questions.watchDeadline(key, question.arrivedBy(task.now()));
              }
            });
  }

  @Override
  public void processElement1(StreamRecord<TokenizedEvent> element) throws Exception {
    TokenizedEvent event = element.getValue();
    metered.events.inc();
    metered.tokens.inc(event.tokens().length);
    retention.noteEvent();
    TailEvent arrived = new TailEvent(event.tokens(), event.timestampMillis(), event.position());
    if (waiting != null) {
      names.add(event.stream());
      if (event.timestampMillis() > eventTime.currentWatermark()) {
        waiting.add(arrived);
        eventTime.registerEventTimeTimer(VoidNamespace.INSTANCE, event.timestampMillis());
        return;
      }
      metered.eventsLate.inc();
    }
    if (append(event.stream(), arrived)) {
      calls.give();
      yieldWhileTooMuchIsOpen();
    }
  }

  /** Adds an event to its stream; the key must be set. True where chunks were sealed. */
  private boolean append(String stream, TailEvent event) throws Exception {
    StreamSummary before = store.summary();
    if (before.events() == 0) {
      names.add(stream);
    }
    StreamSummary after = store.append(before, event);
    if (after.nextChunk() == before.nextChunk()) {
      return false;
    }
    metered.chunksSealed.inc(after.nextChunk() - before.nextChunk());
    if (settings.kvPersist() != KvPersist.NONE) {
      for (int index = before.nextChunk(); index < after.nextChunk(); index++) {
        work.addChunk(stream, index);
      }
    }
    standing.ask(stream);
    retention.dropOldChunksAt(stream, event.timestampMillis());
    return true;
  }

  /**
   * The watermark has passed a time: its events join their stream, then its questions are accepted.
   * All of it is in state before this yields, so that a checkpoint may come in between.
   */
  @Override
  public void onEventTime(InternalTimer<String, VoidNamespace> timer) throws Exception {
    String stream = timer.getKey();
    appendWaiting(stream, timer.getTimestamp());
    for (WaitingQuestion question : waiting.takeQuestions(timer.getTimestamp())) {
      if (question.asking().prefix() != null) {
        // timers of one time come in any order: the events of all its streams go first
        for (String one : names.inKeyGroup(keyGroup(stream), question.asking().prefix())) {
          task.withKey(one, () -> appendWaiting(one, timer.getTimestamp()));
        }
      }
      questions.accept(stream, question.arrivedBy(task.now()));
    }
    calls.give();
    yieldWhileTooMuchIsOpen();
  }

  private void appendWaiting(String stream, long timestampMillis) throws Exception {
    for (TailEvent event : waiting.takeEvents(timestampMillis)) {
      append(stream, event);
    }
  }

  private int keyGroup(String key) {
    return KeyGroupRangeAssignment.assignToKeyGroup(key, maxParallelism);
  }

  @Override
  public void processElement2(StreamRecord<TokenizedQuestion> element) throws Exception {
    TokenizedQuestion question = element.getValue();
    metered.questions.inc();
    if (question.tokens().length > settings.maxQuestionTokens()) {
      metered.questionsRejected.inc();
      task.emit(
          question.asking().group(),
          QuestionLimits.tooLong(
              question.id(),
              question.stream(),
              question.tokens().length,
              settings.maxQuestionTokens()));
      return;
    }
    WaitingQuestion arrived = question.arrived(task.now());
    if (waiting != null && question.askedAtMillis() > eventTime.currentWatermark()) {
      if (questions.await(question.stream(), arrived)) {
        eventTime.registerEventTimeTimer(VoidNamespace.INSTANCE, question.askedAtMillis());
      }
      return;
    }
    questions.accept(question.stream(), arrived);
    calls.give();
    yieldWhileTooMuchIsOpen();
  }

  @Override
  public void onProcessingTime(InternalTimer<String, VoidNamespace> timer) throws Exception {
    retention.onTimer(timer);
  }

  /**
   * What was accepted is in state already, so a checkpoint may come in between; and it must, or a
   * slow engine would hold it up. The barriers of unaligned checkpoints are the task's own mails,
   * which an operator's executor leaves for later: so this yields to all.
   */
  private void yieldWhileTooMuchIsOpen() throws InterruptedException {
    while (work.size() > settings.maxInFlight()) {
      wholeMailbox.yield();
    }
  }

  /** What the operator's parts need of its task. */
  private final class Task implements TaskContext {
    @Override
    public void withKey(String key, ThrowingRunnable<Exception> action) throws Exception {
      Object before = getCurrentKey();
      setCurrentKey(key);
      try {
        action.run();
      } finally {
        if (before != null) {
          setCurrentKey(before);
        }
      }
    }

    @Override
    public long now() {
      return getProcessingTimeService().getCurrentProcessingTime();
    }

    @Override
    public Future<?> at(long millis, ThrowingRunnable<Exception> action) {
      return getProcessingTimeService().registerTimer(millis, time -> runLater(action));
    }

    @Override
    public void mail(String what, Work item, ThrowingRunnable<Exception> action) {
      try {
        mailbox.execute(() -> runLater(action), what, item);
      } catch (RejectedExecutionException e) {
        LOGGER.debug("The task has ended; a mail of {} is dropped.", item);
      }
    }

    private void runLater(ThrowingRunnable<Exception> action) throws Exception {
      if (!closed) {
        action.run();
        calls.give();
      }
    }

    @Override
    public void emit(String group, Answer answer) {
      if (group.isEmpty()) {
        output.collect(new StreamRecord<>(answer));
      } else {
        emit(AnswerPart.answered(group, answer));
      }
    }

    @Override
    public void emit(AnswerPart part) {
      output.collect(PARTS, new StreamRecord<>(part));
    }
  }

  @Override
  public void endInput(int inputId) throws Exception {
    endedInputs++;
    if (endedInputs == INPUTS) {
      drain();
    }
  }

  private void drain() throws InterruptedException {
    while (work.size() > 0) {
      mailbox.yield();
    }
  }

  /**
   * Everything is answered already, in {@link #endInput(int)}, where it was this operator's inputs
   * that ended. Timers don't fire any more here: what fails is tried again at once.
   */
  @Override
  public void finish() throws Exception {
    calls.finish();
    drain();
    super.finish();
  }

  @Override
  public void close() throws Exception {
    if (work != null) {
      LOGGER.info(
          "{} closes; open: {} chunks, {} questions.",
          getRuntimeContext().getTaskInfo().getTaskNameWithSubtasks(),
          work.openChunks(),
          work.openQuestions());
    }
    closed = true;
    if (work != null) {
      // the engine may be other subtasks' as well and live on
      work.abandon();
    }
    try {
      if (lease != null) {
        lease.close();
        lease = null;
      }
    } finally {
      try {
        if (tokenizer != null) {
          tokenizer.close();
          tokenizer = null;
        }
      } finally {
        super.close();
      }
    }
  }
}
