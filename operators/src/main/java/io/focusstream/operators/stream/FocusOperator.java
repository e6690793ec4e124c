package io.focusstream.operators.stream;

import io.focusstream.operators.config.AskOptions;
import io.focusstream.operators.config.CondenseOptions;
import io.focusstream.operators.config.Consistency;
import io.focusstream.operators.config.EngineOptions;
import io.focusstream.operators.config.FocusSettings;
import io.focusstream.operators.config.KvPersist;
import io.focusstream.operators.engine.AskTask;
import io.focusstream.operators.engine.ChunkInput;
import io.focusstream.operators.engine.ChunkKey;
import io.focusstream.operators.engine.CondenseTask;
import io.focusstream.operators.engine.CondensedChunk;
import io.focusstream.operators.engine.CondensingEngine;
import io.focusstream.operators.engine.CondensingEngineProvider;
import io.focusstream.operators.engine.EngineAnswer;
import io.focusstream.operators.engine.EngineException;
import io.focusstream.operators.engine.ModelInfo;
import io.focusstream.operators.state.Asking;
import io.focusstream.operators.state.CondensedStatus;
import io.focusstream.operators.state.FocusState;
import io.focusstream.operators.state.PendingQuestion;
import io.focusstream.operators.state.SealedChunk;
import io.focusstream.operators.state.Segment;
import io.focusstream.operators.state.StreamSummary;
import io.focusstream.operators.state.TailEvent;
import io.focusstream.operators.state.WaitingQuestion;
import io.focusstream.operators.text.Chunker;
import io.focusstream.operators.text.TextTokenizer;
import io.focusstream.operators.text.TokenizerFingerprint;
import io.focusstream.operators.text.TokenizerProvider;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.QueryMode;
import io.focusstream.schemas.StreamSelection;
import io.focusstream.schemas.Timings;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
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

  /**
   * Chunks of another model that are made again at once: few, since a question may wait for them.
   */
  private static final int MADE_AGAIN_AT_ONCE = 4;

  /** What single streams answer to questions over several; see {@link MergeAnswers}. */
  static final OutputTag<AnswerPart> PARTS =
      new OutputTag<>("answer-parts", StreamTypes.ANSWER_PART);

  private final FocusSettings settings;
  private final transient CondensingEngineProvider engines;
  private final transient TokenizerProvider tokenizers;
  private final transient MailboxExecutor mailbox;
  private final transient MailboxExecutor wholeMailbox;

  private transient CondensingEngineProvider.Lease lease;
  private transient CondensingEngine engine;
  private transient ModelInfo model;
  private transient TextTokenizer tokenizer;
  private transient AnswerComposer composer;
  private transient ListState<String> tokenizerState;
  private transient String tokenizerFingerprint;
  private transient StreamStore store;
  private transient WorkQueue work;
  private transient FocusMetrics metered;
  private transient StandingQuestions standing;
  private transient StreamNames names;
  private transient int maxParallelism;
  private transient ListState<String> modelState;
  private transient int modelCode;
  // streams whose chunks another model has condensed; empty where all are of this one
  private transient ArrayDeque<String> toMakeAgain;
  // both null where a question sees what came before it
  private transient EventTimeBuffer waiting;
  private transient InternalTimerService<VoidNamespace> eventTime;
  // null where streams live for ever
  private transient InternalTimerService<VoidNamespace> expiry;
  private transient int endedInputs;
  private transient boolean finishing;
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
    tokenizerState = context.getOperatorStateStore().getUnionListState(FocusState.TOKENIZER);
    modelState = context.getOperatorStateStore().getUnionListState(FocusState.MODEL);
  }

  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    tokenizerState.update(List.of(tokenizerFingerprint));
    modelState.update(
        List.of(
            toMakeAgain.isEmpty() ? model.fingerprint() : "others than " + model.fingerprint()));
  }

  @Override
  public void open() throws Exception {
    super.open();
    lease =
        engines.acquire(
            GrantedGpu.of(
                getRuntimeContext().getExternalResourceInfos(GrantedGpu.RESOURCE),
                getRuntimeContext().getTaskInfo().getIndexOfThisSubtask()));
    engine = lease.engine();
    model = engine.model();
    tokenizer = tokenizers.open();
    checkAgainstModel();
    checkAgainstState();
    composer = new AnswerComposer(settings, tokenizer);
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
    standing =
        new StandingQuestions(store, work, metered, this::now, this::emit, settings.maxStanding());
    if (settings.consistency() == Consistency.EVENT_TIME) {
      waiting = new EventTimeBuffer(getKeyedStateStore());
      eventTime = getInternalTimerService("event-time", VoidNamespaceSerializer.INSTANCE, this);
    }
    if (!settings.expireAfter().isZero()) {
      expiry = getInternalTimerService("expiry", VoidNamespaceSerializer.INSTANCE, this);
    }
    findPendingWork();
    findChunksOfOtherModels();
    giveToEngine();
  }

  /** Another model than before: its chunk states are made again from tokens, beside all else. */
  private void findChunksOfOtherModels() throws Exception {
    modelCode = CondensedStatus.modelCode(model.fingerprint());
    toMakeAgain = new ArrayDeque<>();
    boolean another = false;
    for (String before : modelState.get()) {
      another |= !before.equals(model.fingerprint());
    }
    if (!another || settings.kvPersist() != KvPersist.STATE) {
      return;
    }
    KeyedStateBackend<String> backend = getKeyedStateBackend();
    try (Stream<String> streams =
        backend.getKeys(FocusState.CONDENSED.getName(), VoidNamespace.INSTANCE)) {
      streams.distinct().forEach(toMakeAgain::add);
    }
    LOGGER.info(
        "The model is another one, {}: the chunks of {} streams are made again.",
        model.fingerprint(),
        toMakeAgain.size());
  }

  /** Where nothing else is to be condensed, a few chunks of another model. */
  private void makeSomeAgain() throws Exception {
    while (!toMakeAgain.isEmpty() && work.openChunks() == 0) {
      String stream = toMakeAgain.peek();
      withKey(
          stream,
          () -> {
            for (int index : store.pendAgain(modelCode, MADE_AGAIN_AT_ONCE)) {
              work.addChunk(stream, index);
            }
          });
      if (work.openChunks() == 0) {
        toMakeAgain.poll();
        if (toMakeAgain.isEmpty()) {
          LOGGER.info("All chunks are of model {} now.", model.fingerprint());
        }
      }
    }
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
            watchDeadline(stream, entry.getKey(), question);
          }
        });
    if (work.size() > 0) {
      LOGGER.info(
          "Found pending work in state: {} chunks, {} questions.",
          work.openChunks(),
          work.openQuestions());
    }
  }

  @Override
  public void processElement1(StreamRecord<TokenizedEvent> element) throws Exception {
    TokenizedEvent event = element.getValue();
    metered.events.inc();
    metered.tokens.inc(event.tokens().length);
    if (expiry != null) {
      watchExpiry();
    }
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
      giveToEngine();
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
    long maxAge = settings.maxAge().toMillis();
    dropOldChunks(
        stream, store.summary(), maxAge == 0 ? Long.MIN_VALUE : event.timestampMillis() - maxAge);
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
          withKey(one, () -> appendWaiting(one, timer.getTimestamp()));
        }
      }
      accept(
          stream,
          question.id(),
          question.tokens(),
          question.maxAnswerTokens(),
          question.mode(),
          question.deadlineMillis(),
          question.askedAtMillis(),
          question.asking());
    }
    giveToEngine();
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

  /** Notes that the stream is alive; one timer a stream looks after it. */
  private void watchExpiry() throws Exception {
    boolean watched = store.lastEvent() != null;
    store.lastEvent(now());
    if (!watched) {
      expiry.registerProcessingTimeTimer(
          VoidNamespace.INSTANCE, now() + settings.expireAfter().toMillis());
    }
  }

  /** It is time to see whether the stream still lives. */
  @Override
  public void onProcessingTime(InternalTimer<String, VoidNamespace> timer) throws Exception {
    Long last = store.lastEvent();
    if (expiry == null || last == null) {
      return;
    }
    long due = last + settings.expireAfter().toMillis();
    boolean idle = work.isIdle(timer.getKey()) && store.standing().isEmpty();
    if (due <= timer.getTimestamp() && idle) {
      store.clear();
      names.remove(timer.getKey());
      metered.streamsExpired.inc();
      return;
    }
    expiry.registerProcessingTimeTimer(
        VoidNamespace.INSTANCE,
        due > timer.getTimestamp()
            ? due
            : timer.getTimestamp() + settings.expireAfter().toMillis());
  }

  /**
   * Forgets the oldest chunks of a stream that has too many, and those that ended before a time;
   * not those that a question waits with.
   */
  private void dropOldChunks(String stream, StreamSummary summary, long cutoffMillis)
      throws Exception {
    int first = Math.max(summary.firstChunk(), summary.nextChunk() - settings.maxChunks());
    while (first < summary.nextChunk() && store.chunk(first).segment().toMillis() < cutoffMillis) {
      first++;
    }
    first = Math.min(first, work.oldestChunkSeen(stream));
    if (first <= summary.firstChunk()) {
      return;
    }
    for (int index = summary.firstChunk(); index < first; index++) {
      Work.Chunk open = work.chunk(stream, index);
      if (open != null) {
        work.finish(open);
      }
    }
    store.dropChunksBefore(summary, first);
    metered.chunksDropped.inc(first - summary.firstChunk());
  }

  @Override
  public void processElement2(StreamRecord<TokenizedQuestion> element) throws Exception {
    TokenizedQuestion question = element.getValue();
    metered.questions.inc();
    if (question.tokens().length > settings.maxQuestionTokens()) {
      metered.questionsRejected.inc();
      emit(
          question.asking().group(),
          QuestionLimits.tooLong(
              question.id(),
              question.stream(),
              question.tokens().length,
              settings.maxQuestionTokens()));
      return;
    }
    if (waiting != null && question.askedAtMillis() > eventTime.currentWatermark()) {
      waiting.add(
          new WaitingQuestion(
              question.id(),
              question.tokens(),
              question.maxAnswerTokens(),
              question.mode(),
              question.deadlineMillis(),
              question.askedAtMillis(),
              question.position(),
              question.asking()));
      eventTime.registerEventTimeTimer(VoidNamespace.INSTANCE, question.askedAtMillis());
      return;
    }
    accept(
        question.stream(),
        question.id(),
        question.tokens(),
        question.maxAnswerTokens(),
        question.mode(),
        question.deadlineMillis(),
        question.askedAtMillis(),
        question.asking());
    giveToEngine();
    yieldWhileTooMuchIsOpen();
  }

  /** Writes a question to state with what it sees; the key must be set. */
  private void accept(
      String stream,
      String id,
      int[] tokens,
      int maxAnswerTokens,
      QueryMode mode,
      long deadlineMillis,
      long askedAtMillis,
      Asking asking)
      throws Exception {
    if (asking.prefix() != null) {
      for (String one : announced(id, asking, keyGroup(stream))) {
        withKey(
            one,
            () ->
                accept(
                    one,
                    id,
                    tokens,
                    maxAnswerTokens,
                    mode,
                    deadlineMillis,
                    askedAtMillis,
                    asking.ofOneStream()));
      }
      return;
    }
    String group = asking.group();
    if (mode == QueryMode.CANCEL) {
      cancel(stream, id, group);
      return;
    }
    if (mode == QueryMode.DESCRIBE) {
      emit(group, StreamDescription.of(stream, id, store, work));
      return;
    }
    if (work.hasQuestion(stream, id) && !group.isEmpty()) {
      emit(group, QuestionLimits.openAlready(id, stream));
      return;
    }
    if (work.hasQuestion(stream, id)) {
      metered.questionsRepeated.inc();
      LOGGER.debug("Question {} is open already; it is answered once.", id);
      return;
    }
    int pendingQuestions = work.openQuestions(stream);
    if (pendingQuestions >= settings.maxPending()) {
      metered.questionsRejected.inc();
      emit(group, QuestionLimits.tooMany(id, stream, pendingQuestions));
      return;
    }
    StreamSummary summary = store.summary();
    int answerTokens = Math.min(maxAnswerTokens, settings.maxAnswerTokens());
    if (mode == QueryMode.STANDING
        && !standing.register(
            stream, id, tokens, answerTokens, askedAtMillis, summary.nextChunk())) {
      return;
    }
    if (summary.tokens() == 0) {
      metered.questionsWithoutData.inc();
      emit(group, QuestionLimits.noData(id, stream));
      return;
    }
    Segment tail = store.tail(summary);
    PendingQuestion pending =
        new PendingQuestion(
            id,
            tokens,
            answerTokens,
            askedAtMillis,
            now(),
            firstChunkSeen(summary, tail),
            summary.nextChunk(),
            tail,
            false,
            deadlineMillis == 0 ? 0 : now() + deadlineMillis,
            asking);
    store.addQuestion(summary, pending);
    work.addQuestion(
        stream, summary.nextQuestion(), pending.id(), pending.firstChunk(), pending.nextChunk());
    watchDeadline(stream, summary.nextQuestion(), pending);
  }

  /**
   * The oldest chunk that a question sees: what is only kept for an older question isn't seen, so
   * that an answer doesn't depend on how long that one takes.
   */
  private int firstChunkSeen(StreamSummary summary, Segment tail) throws Exception {
    int first = Math.max(summary.firstChunk(), summary.nextChunk() - settings.maxChunks());
    if (settings.maxAge().isZero() || first == summary.nextChunk()) {
      return first;
    }
    long newestMillis =
        Math.max(tail.toMillis(), store.chunk(summary.nextChunk() - 1).segment().toMillis());
    long cutoffMillis = newestMillis - settings.maxAge().toMillis();
    while (first < summary.nextChunk() && store.chunk(first).segment().toMillis() < cutoffMillis) {
      first++;
    }
    return first;
  }

  /** The streams of a key group that a question is for; how many they are has been said. */
  private List<String> announced(String id, Asking asking, int keyGroup) throws Exception {
    boolean refused = names.moreThan(settings.maxStreams(), asking.prefix());
    List<String> streams = new ArrayList<>();
    for (String one : refused ? List.<String>of() : names.inKeyGroup(keyGroup, asking.prefix())) {
      withKey(
          one,
          () -> {
            // one whose events all wait for their time is not there yet
            if (store.summary().events() > 0) {
              streams.add(one);
            }
          });
    }
    output.collect(
        PARTS,
        new StreamRecord<>(
            AnswerPart.announced(
                asking.group(),
                id,
                new StreamSelection.Prefixed(asking.prefix()).shown(),
                maxParallelism,
                streams.size(),
                refused)));
    return streams;
  }

  /** No further answers to a question; the key must be set. */
  private void cancel(String stream, String id, String group) throws Exception {
    boolean found = store.standing(id) != null;
    store.removeStanding(id);
    for (String name : List.of(id, StandingQuestions.workName(id))) {
      Work.Question open = work.question(stream, name);
      if (open != null) {
        found = true;
        PendingQuestion pending = store.question(open.sequence);
        if (pending != null && !pending.asking().group().isEmpty()) {
          emit(pending.asking().group(), QuestionLimits.cancelled(id, stream));
        }
        store.removeQuestion(open.sequence);
        work.finish(open);
      }
    }
    if (found) {
      metered.questionsCancelled.inc();
      emit(group, QuestionLimits.cancelled(id, stream));
      dropOldChunks(stream, store.summary(), Long.MIN_VALUE);
    } else {
      metered.questionsRejected.inc();
      emit(group, QuestionLimits.nothingToCancel(id, stream));
    }
  }

  private void watchDeadline(String stream, long sequence, PendingQuestion pending) {
    if (pending.deadlineAtMillis() == 0) {
      return;
    }
    getProcessingTimeService()
        .registerTimer(
            pending.deadlineAtMillis(),
            time -> {
              if (!closed) {
                withKey(stream, () -> expire(stream, sequence));
                giveToEngine();
              }
            });
  }

  private void expire(String stream, long sequence) throws Exception {
    PendingQuestion pending = store.question(sequence);
    if (pending == null) {
      return;
    }
    metered.questionsExpired.inc();
    emit(
        pending.asking().group(),
        QuestionLimits.expired(
            pending.id(), stream, pending.deadlineAtMillis() - pending.acceptedAtMillis()));
    store.removeQuestion(sequence);
    Work.Question open = work.question(stream, pending.id());
    if (open != null && open.sequence == sequence) {
      work.finish(open);
    }
    dropOldChunks(stream, store.summary(), Long.MIN_VALUE);
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

  /** Gives the engine as much as it may have. */
  private void giveToEngine() throws Exception {
    makeSomeAgain();
    for (Work next = work.next(); next != null; next = work.next()) {
      if (next instanceof Work.Chunk chunk) {
        withKey(chunk.stream, () -> condense(chunk));
      } else if (next instanceof Work.Question question) {
        withKey(question.stream, () -> ask(question));
      }
    }
  }

  private void condense(Work.Chunk chunk) throws Exception {
    SealedChunk sealed = store.chunk(chunk.index);
    chunk.key = new ChunkKey(sealed.keyHigh(), sealed.keyLow());
    CondenseTask task = new CondenseTask(chunk.key, sealed.segment().tokens());
    send(
        () -> engine.condense(task),
        (result, failure) -> onCondensed(chunk, result, failure),
        chunk);
  }

  private void ask(Work.Question question) throws Exception {
    PendingQuestion pending = store.question(question.sequence);
    if (pending == null) {
      throw new IllegalStateException(question + " is missing from state");
    }
    List<ChunkInput> inputs = new ArrayList<>(pending.nextChunk() - pending.firstChunk());
    long loadedBytes = 0;
    question.streamTokens = pending.tail().tokens().length;
    question.chosen = chosen(pending);
    for (int index = pending.firstChunk(); index < pending.nextChunk(); index++) {
      SealedChunk sealed = store.chunk(index);
      if (question.chosen != null
          && Arrays.binarySearch(question.chosen, index - pending.firstChunk()) < 0) {
        question.streamTokens += sealed.segment().tokens().length;
        continue;
      }
      ChunkKey key = new ChunkKey(sealed.keyHigh(), sealed.keyLow());
      List<byte[]> blocks = engine.isHot(key) ? List.of() : store.blocks(index);
      for (byte[] block : blocks) {
        loadedBytes += block.length;
      }
      question.streamTokens += sealed.segment().tokens().length;
      inputs.add(new ChunkInput(key, sealed.segment().tokens(), blocks));
    }
    work.loaded(question, loadedBytes);
    question.submittedAtMillis = now();
    AskTask task =
        new AskTask(inputs, pending.tail().tokens(), pending.tokens(), pending.maxAnswerTokens());
    send(
        () ->
            pending.asking().partial()
                ? engine.ask(task, soFar -> toMailbox(question, soFar))
                : engine.ask(task),
        (result, failure) -> onAnswered(question, result, failure),
        question);
  }

  /** On the engine's threads: one more token of a question. */
  private void toMailbox(Work.Question question, int[] soFar) {
    try {
      mailbox.execute(() -> emitPartial(question, soFar), "partial answer of %s", question);
    } catch (RejectedExecutionException e) {
      LOGGER.debug("The task has ended; a partial answer of {} is dropped.", question);
    }
  }

  private void emitPartial(Work.Question question, int[] soFar) {
    // an attempt that failed had said as much already
    if (closed || question.phase == Work.Phase.DONE || soFar.length <= question.partialTokens) {
      return;
    }
    question.partialTokens = soFar.length;
    metered.partialAnswers.inc();
    emit(
        Answer.partial(
            question.id, soFar.length, question.stream, tokenizer.decode(soFar).strip()));
  }

  /** The chunks that a question is asked of, counted from its first; {@code null} for all. */
  private int[] chosen(PendingQuestion pending) throws Exception {
    int most = settings.prefilterChunks();
    if (most == 0 || pending.nextChunk() - pending.firstChunk() <= most) {
      return null;
    }
    List<int[]> tokens = new ArrayList<>();
    for (int index = pending.firstChunk(); index < pending.nextChunk(); index++) {
      tokens.add(store.chunk(index).segment().tokens());
    }
    return Prefilter.choose(tokens, pending.tokens(), most);
  }

  /** A call of the engine. */
  @FunctionalInterface
  private interface EngineCall<R> {
    CompletableFuture<R> start();
  }

  /** What to do with a result, on the mailbox thread with the key set. */
  @FunctionalInterface
  private interface ResultHandler<R> {
    void handle(R result, Throwable failure) throws Exception;
  }

  private <R> void send(EngineCall<R> call, ResultHandler<R> handler, Work item) {
    CompletableFuture<R> future;
    try {
      future = call.start();
    } catch (RuntimeException e) {
      future = CompletableFuture.failedFuture(e);
    }
    int attempt = item.attempts;
    watchEngine(handler, item, attempt);
    BiConsumer<R, Throwable> toMailbox =
        (result, failure) -> {
          try {
            mailbox.execute(
                () -> {
                  if (closed) {
                    return;
                  }
                  if (item.phase != Work.Phase.DONE && item.attempts != attempt
                      || item.phase == Work.Phase.BACKING_OFF) {
                    // of an attempt that had taken too long
                    metered.staleResults.inc();
                    return;
                  }
                  withKey(item.stream, () -> handler.handle(result, cause(failure)));
                  giveToEngine();
                },
                "result of %s",
                item);
          } catch (RejectedExecutionException e) {
            LOGGER.debug("The task has ended; the result of {} is dropped.", item);
          }
        };
    future.whenComplete(toMailbox);
  }

  /**
   * An attempt that the engine doesn't end in time has failed; what comes of it later is nobody's.
   */
  private <R> void watchEngine(ResultHandler<R> handler, Work item, int attempt) {
    long millis = settings.engineTimeout().toMillis();
    if (millis == 0) {
      return;
    }
    getProcessingTimeService()
        .registerTimer(
            now() + millis,
            time -> {
              if (closed || item.phase != Work.Phase.IN_FLIGHT || item.attempts != attempt) {
                return;
              }
              EngineException late =
                  new EngineException(
                      "no result within "
                          + millis
                          + " ms ("
                          + EngineOptions.TIMEOUT.key()
                          + "); the engine hangs, or has more to do than it can");
              withKey(item.stream, () -> handler.handle(null, late));
              giveToEngine();
            });
  }

  private static Throwable cause(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  private void onCondensed(Work.Chunk chunk, CondensedChunk result, Throwable failure)
      throws Exception {
    work.returned(chunk);
    if (chunk.phase == Work.Phase.DONE || !store.isChunkPending(chunk.index)) {
      metered.staleResults.inc();
      work.finish(chunk);
      return;
    }
    if (failure == null) {
      store.storeCondensed(chunk.index, result, modelCode);
      store.chunkNoLongerPending(chunk.index);
      metered.chunksCondensed.inc();
      work.finish(chunk);
    } else if (!tryAgainLater(chunk, failure)) {
      LOGGER.error(
          "Giving up {} after {} attempts; the next question makes it from its tokens.",
          chunk,
          chunk.attempts,
          failure);
      store.chunkNoLongerPending(chunk.index);
      // questions over this stream make what is left
      toMakeAgain.remove(chunk.stream);
      metered.chunksAbandoned.inc();
      work.finish(chunk);
    }
  }

  private void onAnswered(Work.Question question, EngineAnswer result, Throwable failure)
      throws Exception {
    work.returned(question);
    PendingQuestion pending = store.question(question.sequence);
    if (question.phase == Work.Phase.DONE || pending == null) {
      metered.staleResults.inc();
      work.finish(question);
      return;
    }
    Answer answer;
    if (failure == null) {
      storeRecondensed(question, result);
      Timings timings =
          AnswerComposer.timings(
              result, Math.max(0, question.submittedAtMillis - pending.acceptedAtMillis()));
      answer =
          composer.compose(
              question.stream,
              pending,
              result.over(question.chosen, pending.nextChunk() - pending.firstChunk()),
              index -> store.chunk(index).segment(),
              question.streamTokens,
              timings,
              model.fingerprint());
      if (pending.standing()) {
        standing.answered(question, pending, answer);
        dropOldChunks(question.stream, store.summary(), Long.MIN_VALUE);
        return;
      }
      standing.firstAnswered(pending.id(), answer);
      metered.questionsAnswered.inc();
      metered.answerMillis.update(timings.totalMillis());
      metered.firstTokenMillis.update(timings.firstTokenMillis());
      metered.queuedMillis.update(timings.queuedMillis());
    } else if (tryAgainLater(question, failure)) {
      return;
    } else {
      LOGGER.error("Giving up {} after {} attempts.", question, question.attempts, failure);
      answer = QuestionLimits.failed(pending.id(), question.stream, question.attempts, failure);
      metered.questionsFailed.inc();
      if (pending.standing()) {
        standing.answered(question, pending, answer);
        dropOldChunks(question.stream, store.summary(), Long.MIN_VALUE);
        return;
      }
    }
    emit(
        pending.asking().group(),
        pending.asking().partial()
            ? answer.withSequence(answer.usage().answerTokens() + 1)
            : answer);
    store.removeQuestion(question.sequence);
    work.finish(question);
    dropOldChunks(question.stream, store.summary(), Long.MIN_VALUE);
  }

  /** Chunks that the engine had to make again: their state is stored in place of what there was. */
  private void storeRecondensed(Work.Question question, EngineAnswer result) throws Exception {
    if (result.damagedBlocks() > 0) {
      metered.damagedBlocks.inc(result.damagedBlocks());
      LOGGER.warn(
          "{} stored blocks of stream {} could not be used; {} chunks were made again from tokens.",
          result.damagedBlocks(),
          question.stream,
          result.recondensed().size());
    }
    if (result.recondensed().isEmpty()) {
      return;
    }
    Map<ChunkKey, CondensedChunk> made = new HashMap<>();
    for (CondensedChunk chunk : result.recondensed()) {
      made.put(chunk.key(), chunk);
    }
    metered.chunksRecondensed.inc(made.size());
    for (int index = question.firstChunk; index < question.nextChunk; index++) {
      SealedChunk sealed = store.chunk(index);
      CondensedChunk chunk = made.get(new ChunkKey(sealed.keyHigh(), sealed.keyLow()));
      if (chunk != null) {
        store.storeCondensed(index, chunk, modelCode);
      }
    }
  }

  /** Starts the back-off, unless all attempts are used up. */
  private boolean tryAgainLater(Work item, Throwable failure) {
    metered.engineFailures.inc();
    if (failure instanceof EngineException engineFailure && engineFailure.isLost()) {
      // Flink restarts the task, which gets another engine
      throw engineFailure;
    }
    if (item.attempts >= settings.maxAttempts()) {
      return false;
    }
    long delayMillis = settings.retryDelay().toMillis() << Math.min(item.attempts - 1, 10);
    LOGGER.warn(
        "Attempt {} of {} at {} failed; next in {} ms.",
        item.attempts,
        settings.maxAttempts(),
        item,
        delayMillis,
        failure);
    if (finishing) {
      work.retry(item);
      return true;
    }
    getProcessingTimeService()
        .registerTimer(
            now() + delayMillis,
            time -> {
              if (!closed) {
                work.retry(item);
                giveToEngine();
              }
            });
    return true;
  }

  private void emit(Answer answer) {
    output.collect(new StreamRecord<>(answer));
  }

  /** Emits an answer, or where it is one stream's part of a greater one, that part. */
  private void emit(String group, Answer answer) {
    if (group.isEmpty()) {
      emit(answer);
    } else {
      output.collect(PARTS, new StreamRecord<>(AnswerPart.answered(group, answer)));
    }
  }

  private long now() {
    return getProcessingTimeService().getCurrentProcessingTime();
  }

  /** Runs with a key set, and puts back the key that was set before. */
  private void withKey(String key, ThrowingRunnable<Exception> action) throws Exception {
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
    finishing = true;
    drain();
    super.finish();
  }

  @Override
  public void close() throws Exception {
    closed = true;
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
