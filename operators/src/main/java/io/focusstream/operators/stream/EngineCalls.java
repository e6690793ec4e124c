package io.focusstream.operators.stream;

import io.focusstream.operators.config.EngineOptions;
import io.focusstream.operators.config.FocusSettings;
import io.focusstream.operators.engine.AskTask;
import io.focusstream.operators.engine.ChunkInput;
import io.focusstream.operators.engine.ChunkKey;
import io.focusstream.operators.engine.CondenseTask;
import io.focusstream.operators.engine.CondensedChunk;
import io.focusstream.operators.engine.CondensingEngine;
import io.focusstream.operators.engine.CondensingEngine.TokenListener;
import io.focusstream.operators.engine.EngineAnswer;
import io.focusstream.operators.engine.EngineException;
import io.focusstream.operators.engine.StatesNeededException;
import io.focusstream.operators.state.PendingQuestion;
import io.focusstream.operators.state.SealedChunk;
import io.focusstream.operators.text.LineMatcher.Excerpt;
import io.focusstream.operators.text.LineMatcher.Found;
import io.focusstream.operators.text.Prefilter;
import io.focusstream.operators.text.TextTokenizer;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.Timings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives work to the engine and takes its results: into state, into answers, or after a failure to
 * the engine again, a bounded number of times with a growing delay. For the mailbox thread only;
 * the engine's threads do no more than to put a mail into the mailbox.
 */
final class EngineCalls {
  private static final Logger LOGGER = LoggerFactory.getLogger(EngineCalls.class);

  private final FocusSettings settings;
  private final CondensingEngine engine;
  private final TextTokenizer tokenizer;
  private final AnswerComposer composer;
  private final StreamStore store;
  private final WorkQueue work;
  private final StandingQuestions standing;
  private final Retention retention;
  private final OtherModelsChunks otherModels;
  private final FocusMetrics metered;
  private final TaskContext task;
  private boolean finishing;

  EngineCalls(
      FocusSettings settings,
      CondensingEngine engine,
      TextTokenizer tokenizer,
      StreamStore store,
      WorkQueue work,
      StandingQuestions standing,
      Retention retention,
      OtherModelsChunks otherModels,
      FocusMetrics metered,
      TaskContext task) {
    this.settings = settings;
    this.engine = engine;
    this.tokenizer = tokenizer;
    this.composer = new AnswerComposer(settings, tokenizer);
    this.store = store;
    this.work = work;
    this.standing = standing;
    this.retention = retention;
    this.otherModels = otherModels;
    this.metered = metered;
    this.task = task;
  }

  /** No timers fire any more: what fails is tried again at once. */
  void finish() {
    finishing = true;
  }

  /** Gives the engine as much as it may have. */
  void give() throws Exception {
    otherModels.makeSomeAgain();
    for (Work next = work.next(); next != null; next = work.next()) {
      if (next instanceof Work.Chunk chunk) {
        task.withKey(chunk.stream, () -> condense(chunk));
      } else if (next instanceof Work.Question question) {
        task.withKey(question.stream, () -> ask(question));
      }
    }
  }

  private void condense(Work.Chunk chunk) throws Exception {
    chunk.submittedAtMillis = task.now();
    send(
        () -> condenseTask(chunk),
        engine::condense,
        (result, failure) -> onCondensed(chunk, result, failure),
        chunk);
  }

  private CondenseTask condenseTask(Work.Chunk chunk) throws Exception {
    SealedChunk sealed = store.chunk(chunk.index);
    return new CondenseTask(
        new ChunkKey(sealed.keyHigh(), sealed.keyLow()), sealed.segment().tokens());
  }

  private void ask(Work.Question question) throws Exception {
    question.submittedAtMillis = task.now();
    TokenListener listener =
        soFar -> task.mail("partial answer of %s", question, () -> emitPartial(question, soFar));
    send(
        () -> askTask(question),
        asked -> question.partial ? engine.ask(asked, listener) : engine.ask(asked),
        (result, failure) -> onAnswered(question, result, failure),
        question);
  }

  /**
   * What the engine is asked, with the stored states of what isn't hot: where lines name what is
   * asked about only those of their chunks, until it is clear that the others are needed.
   */
  private AskTask askTask(Work.Question question) throws Exception {
    PendingQuestion pending = store.question(question.sequence);
    if (pending == null) {
      throw new IllegalStateException(question + " is missing from state");
    }
    List<SealedChunk> chunks = new ArrayList<>(pending.nextChunk() - pending.firstChunk());
    List<Integer> indices = new ArrayList<>(pending.nextChunk() - pending.firstChunk());
    List<int[]> texts = new ArrayList<>(pending.nextChunk() - pending.firstChunk() + 1);
    question.streamTokens = pending.tail().tokens().length;
    question.chosen = chosen(pending);
    for (int index = pending.firstChunk(); index < pending.nextChunk(); index++) {
      SealedChunk sealed = store.chunk(index);
      question.streamTokens += sealed.segment().tokens().length;
      if (question.chosen == null
          || Arrays.binarySearch(question.chosen, index - pending.firstChunk()) >= 0) {
        chunks.add(sealed);
        indices.add(index);
        texts.add(sealed.segment().tokens());
      }
    }
    texts.add(pending.tail().tokens());
    Found found = engine.find(texts, pending.tokens());
    boolean all = found.excerpts().isEmpty() || question.needsAllStates;
    Set<Integer> excerpted =
        found.excerpts().stream().map(Excerpt::text).collect(Collectors.toSet());
    List<ChunkKey> keys =
        chunks.stream().map(chunk -> new ChunkKey(chunk.keyHigh(), chunk.keyLow())).toList();
    boolean inPortions = all && coldBytes(keys, indices) > settings.portionBytes();
    List<ChunkInput> inputs = new ArrayList<>(chunks.size());
    long loadedBytes = inPortions ? 2 * settings.portionBytes() : 0;
    boolean leftOut = false;
    for (int i = 0; i < chunks.size(); i++) {
      boolean cold = !engine.isHot(keys.get(i));
      boolean read = cold && (all && !inPortions || excerpted.contains(i));
      leftOut |= cold && !read && !inPortions && store.hasBlocks(indices.get(i));
      List<byte[]> blocks = read ? store.blocks(indices.get(i)) : List.of();
      for (byte[] block : blocks) {
        loadedBytes += block.length;
      }
      inputs.add(new ChunkInput(keys.get(i), texts.get(i), blocks));
    }
    work.loaded(question, loadedBytes);
    question.partial = pending.asking().partial();
    return new AskTask(
        inputs,
        pending.tail().tokens(),
        pending.tokens(),
        pending.maxAnswerTokens(),
        found,
        leftOut,
        inPortions
            ? new StoredPortions(
                task,
                store,
                engine,
                question,
                question.calls + 1,
                indices,
                keys,
                settings.portionBytes())
            : null);
  }

  private long coldBytes(List<ChunkKey> keys, List<Integer> indices) throws Exception {
    long bytes = 0;
    for (int i = 0; i < keys.size(); i++) {
      bytes += engine.isHot(keys.get(i)) ? 0 : store.condensedBytes(indices.get(i));
    }
    return bytes;
  }

  private void emitPartial(Work.Question question, int[] soFar) {
    // an attempt that failed had said as much already
    if (question.phase == Work.Phase.DONE || soFar.length <= question.partialTokens) {
      return;
    }
    question.partialTokens = soFar.length;
    metered.partialAnswers.inc();
    task.emit(
        "",
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

  /** Reads from state what the engine is to work on, with the key set. */
  @FunctionalInterface
  private interface TaskReader<T> {
    T read() throws Exception;
  }

  /** What to do with a result, on the mailbox thread with the key set. */
  @FunctionalInterface
  private interface ResultHandler<R> {
    void handle(R result, Throwable failure) throws Exception;
  }

  private <T, R> void send(
      TaskReader<T> reader,
      Function<T, CompletableFuture<R>> engineCall,
      ResultHandler<R> handler,
      Work item)
      throws Exception {
    CompletableFuture<R> future = call(reader, engineCall, item);
    item.call = future;
    item.calls++;
    watchEngine(handler, item);
    future.whenComplete(
        (result, failure) ->
            task.mail("result of %s", item, () -> take(future, result, failure, handler, item)));
  }

  /** What is wrong with the state fails the task; for all else there is another attempt. */
  private static <T, R> CompletableFuture<R> call(
      TaskReader<T> reader, Function<T, CompletableFuture<R>> engineCall, Work item)
      throws Exception {
    try {
      T task = reader.read();
      try {
        return engineCall.apply(task);
      } catch (RuntimeException e) {
        return CompletableFuture.failedFuture(e);
      }
    } catch (OutOfMemoryError e) {
      return CompletableFuture.failedFuture(EngineException.outOfMemory("loading " + item, e));
    }
  }

  private <R> void take(
      CompletableFuture<R> future, R result, Throwable failure, ResultHandler<R> handler, Work item)
      throws Exception {
    if (item.call != future) {
      if (!future.isCancelled()) {
        // given up while its result lay in the mailbox
        metered.staleResults.inc();
      }
      return;
    }
    task.withKey(item.stream, () -> handler.handle(result, cause(failure)));
  }

  /**
   * An attempt that the engine doesn't end in time has failed, and is cancelled. The timer goes
   * with the attempt; where it is about to run then, it knows the attempt by number.
   */
  private <R> void watchEngine(ResultHandler<R> handler, Work item) {
    long millis = settings.engineTimeout().toMillis();
    if (millis == 0) {
      return;
    }
    int attempt = item.calls;
    item.watch =
        task.at(
            task.now() + millis,
            () -> {
              if (item.call == null || item.calls != attempt) {
                return;
              }
              EngineException late =
                  new EngineException(
                      "no result within "
                          + millis
                          + " ms ("
                          + EngineOptions.TIMEOUT.key()
                          + "); the engine hangs, or has more to do than it can");
              task.withKey(item.stream, () -> handler.handle(null, late));
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
    if (!store.isChunkPending(chunk.index)) {
      metered.staleResults.inc();
      work.finish(chunk);
      return;
    }
    if (failure == null) {
      store.storeCondensed(chunk.index, result, otherModels.modelCode());
      store.chunkNoLongerPending(chunk.index);
      metered.chunksCondensed.inc();
      metered.condensingMillis.update(task.now() - chunk.submittedAtMillis);
      if (FocusMetrics.isMeasuredAt(chunk.index)) {
        metered.streamMeasured(store.condensedBytes());
      }
      work.finish(chunk);
    } else if (!tryAgainLater(chunk, failure)) {
      LOGGER.error(
          "Giving up {} after {} attempts; the next question makes it from its tokens.",
          chunk,
          chunk.attempts,
          failure);
      store.chunkNoLongerPending(chunk.index);
      otherModels.leaveToQuestions(chunk.stream);
      metered.chunksAbandoned.inc();
      work.finish(chunk);
    }
  }

  private void onAnswered(Work.Question question, EngineAnswer result, Throwable failure)
      throws Exception {
    work.returned(question);
    PendingQuestion pending = store.question(question.sequence);
    if (pending == null) {
      metered.staleResults.inc();
      work.finish(question);
      return;
    }
    Answer answer;
    if (failure == null) {
      storeRecondensed(question, result.recondensed(), result.damagedBlocks());
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
              engine.model().fingerprint());
      if (pending.standing()) {
        standing.answered(question, pending, answer);
        retention.dropOldChunks(question.stream);
        return;
      }
      standing.firstAnswered(pending.id(), answer);
      metered.questionsAnswered.inc();
      metered.answerMillis.update(timings.totalMillis());
      metered.firstTokenMillis.update(timings.firstTokenMillis());
      metered.queuedMillis.update(timings.queuedMillis());
    } else if (failure instanceof StatesNeededException needed) {
      storeRecondensed(question, needed.recondensed(), needed.damagedBlocks());
      question.needsAllStates = true;
      question.attempts--;
      work.retry(question);
      return;
    } else if (tryAgainLater(question, failure)) {
      return;
    } else {
      LOGGER.error("Giving up {} after {} attempts.", question, question.attempts, failure);
      answer = QuestionLimits.failed(pending.id(), question.stream, question.attempts, failure);
      metered.questionsFailed.inc();
      if (pending.standing()) {
        standing.answered(question, pending, answer);
        retention.dropOldChunks(question.stream);
        return;
      }
    }
    task.emit(
        pending.asking().group(),
        pending.asking().partial()
            ? answer.withSequence(answer.usage().answerTokens() + 1)
            : answer);
    store.removeQuestion(question.sequence);
    work.finish(question);
    retention.dropOldChunks(question.stream);
  }

  /** Chunks that the engine had to make again: their state is stored in place of what there was. */
  private void storeRecondensed(
      Work.Question question, List<CondensedChunk> recondensed, int damagedBlocks)
      throws Exception {
    if (damagedBlocks > 0) {
      metered.damagedBlocks.inc(damagedBlocks);
      LOGGER.warn(
          "{} stored blocks of stream {} could not be used; {} chunks were made again from tokens.",
          damagedBlocks,
          question.stream,
          recondensed.size());
    }
    if (recondensed.isEmpty()) {
      return;
    }
    Map<ChunkKey, CondensedChunk> made = new HashMap<>();
    for (CondensedChunk chunk : recondensed) {
      made.put(chunk.key(), chunk);
    }
    metered.chunksRecondensed.inc(made.size());
    for (int index = question.firstChunk; index < question.nextChunk; index++) {
      SealedChunk sealed = store.chunk(index);
      CondensedChunk chunk = made.get(new ChunkKey(sealed.keyHigh(), sealed.keyLow()));
      if (chunk != null) {
        store.storeCondensed(index, chunk, otherModels.modelCode());
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
    task.at(task.now() + delayMillis, () -> work.retry(item));
    return true;
  }
}
