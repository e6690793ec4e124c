package io.focusstream.operators.engine.djl;

import ai.djl.Device;
import io.focusstream.operators.engine.AskTask;
import io.focusstream.operators.engine.BatchSize;
import io.focusstream.operators.engine.ChunkInput;
import io.focusstream.operators.engine.ChunkKey;
import io.focusstream.operators.engine.CondenseTask;
import io.focusstream.operators.engine.CondensedChunk;
import io.focusstream.operators.engine.CondensingEngine;
import io.focusstream.operators.engine.EngineAnswer;
import io.focusstream.operators.engine.EngineException;
import io.focusstream.operators.engine.EngineStats;
import io.focusstream.operators.engine.ModelInfo;
import io.focusstream.operators.kv.ChunkStateCodec;
import io.focusstream.operators.kv.Id128;
import io.focusstream.operators.model.AnswerDecoder;
import io.focusstream.operators.model.CopyRule;
import io.focusstream.operators.model.FocusModel;
import io.focusstream.operators.model.MovingStage;
import io.focusstream.operators.model.Precision;
import io.focusstream.operators.model.checkpoint.CheckpointFolder;
import io.focusstream.operators.model.checkpoint.FocusSettings.Readout;
import io.focusstream.operators.model.checkpoint.ModelConfig;
import io.focusstream.operators.text.LineMatcher;
import io.focusstream.operators.text.TextTokenizer;
import io.focusstream.operators.text.TextTokenizers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a model through DJL's PyTorch engine, on one thread of its own: each turn takes what is
 * ready, the next steps of running answers together with the first steps of small new questions,
 * then a large new question, then a batch of chunks to condense where no question has anything to
 * do, or where chunks have waited for {@value #TURNS_A_BATCH} turns: questions without end must not
 * keep those waiting that need the chunks.
 *
 * <p>What nobody waits for any more, since its future was cancelled, is dropped: at once while it
 * lies in the inbox, else with the next turn. A batch that is being condensed runs to its end.
 *
 * <p>A task for which memory is short fails, and the engine goes on; any other {@link Error} and an
 * error of the device end it.
 *
 * <p>What a question reads is always what the codec wrote ({@link ChunkCondenser}), so that an
 * answer is the same whether its chunks were hot, stored, or made again.
 */
public final class DjlCondensingEngine implements CondensingEngine {
  private static final Logger LOG = LoggerFactory.getLogger(DjlCondensingEngine.class);
  private static final int LONGEST_CHUNK = 4096;
  private static final int LONGEST_QUESTION = 4096;

  /**
   * While questions run, a batch of chunks is condensed in one turn of so many. Such a turn is
   * longer than others by what a batch takes, which is what running answers wait.
   */
  private static final int TURNS_A_BATCH = 8;

  /** After so long without anything to do, memory that was kept for the next question is freed. */
  private static final int IDLE_SECONDS = 30;

  /** New questions that read no more chunks than that together begin beside running answers. */
  private static final int FEW_CHUNKS = 32;

  private sealed interface Command permits Condense, Ask, Wake {
    CompletableFuture<?> result();

    /** Nobody waits for it any more. */
    default boolean isDropped() {
      return result().isDone();
    }
  }

  private record Condense(CondenseTask task, CompletableFuture<CondensedChunk> result)
      implements Command {}

  /** There may be more to do. */
  private record Wake(CompletableFuture<?> result) implements Command {}

  private static final Wake WAKE = new Wake(CompletableFuture.completedFuture(null));

  private record Ask(
      AskTask task,
      int[] forced,
      TokenListener listener,
      CompletableFuture<EngineAnswer> result,
      long acceptedNanos)
      implements Command {}

  private final BlockingQueue<Command> inbox = new LinkedBlockingQueue<>();
  private final ArrayDeque<Condense> toCondense = new ArrayDeque<>();
  private final ArrayDeque<Ask> toAsk = new ArrayDeque<>();
  private final List<RunningQuestion> running = new ArrayList<>();
  private int turnsOfWaitingChunks;
  private final DjlEngineSettings settings;
  private final FocusModel model;
  // null where no lines are looked for
  private final LineMatcher matcher;
  // null where answers needn't be copies
  private final QuestionCopies.Rules copies;
  private final ModelInfo info;
  private final ChunkCondenser chunks;
  private final Thread thread;
  private volatile boolean closed;
  // why it will do nothing more; null while it works
  private volatile EngineException lost;
  // written by the engine's thread, read by reporters
  private volatile int runningQuestions;

  /**
   * Loads the model; the engine's thread starts.
   *
   * @throws EngineException if it can't be loaded
   */
  public DjlCondensingEngine(DjlEngineSettings settings) {
    this.settings = settings;
    Path path = BundledModels.folder(settings.model());
    Precision precision =
        settings.precision() != null ? settings.precision() : Precision.forThisProcessor();
    Device device = device(settings.placedOn(OptionalInt.empty()).gpu());
    try (CheckpointFolder folder = CheckpointFolder.open(path)) {
      // before the model, which would have to be closed where the tokenizer can't be read
      boolean proposes = readout(folder.config()) == Readout.PROPOSALS;
      this.matcher =
          proposes && settings.excerpts() > 0 ? ofTokenizer(path, LineMatcher::new) : null;
      this.copies = proposes ? ofTokenizer(path, QuestionCopies.Rules::new) : null;
      this.model = new FocusModel(folder, device, precision);
      ModelConfig config = folder.config();
      this.info =
          new ModelInfo(
              folder.name(),
              folder.fingerprint(),
              config.vocabularySize(),
              config.beginToken(),
              config.endTokens().get(0),
              LONGEST_CHUNK,
              LONGEST_QUESTION,
              ChunkStateCodec.VERSION);
    } catch (IOException | IllegalArgumentException e) {
      throw new EngineException("can't load the model in " + path + ": " + e.getMessage(), e);
    }
    this.chunks =
        new ChunkCondenser(
            model,
            new ChunkStateCodec(Id128.ofHex(info.fingerprint()), settings.quantisation()),
            settings.batchTokens(),
            settings.hotBytes());
    model.keepSpare(settings.runningBytes());
    this.thread = new Thread(this::loop, "focus-engine-" + device);
    thread.setDaemon(true);
    thread.start();
    LOG.info(
        "model {} ({}) on {}, products in {}, states in {}",
        info.name(),
        info.fingerprint(),
        device,
        precision,
        settings.quantisation());
  }

  /** What is made of a model's tokenizer; null where it has none. */
  private static <T> T ofTokenizer(Path model, Function<TextTokenizer, T> made) throws IOException {
    Path file = model.resolve("tokenizer.json");
    if (!Files.exists(file)) {
      return null;
    }
    try (TextTokenizer tokenizer = TextTokenizers.load(file)) {
      return made.apply(tokenizer);
    }
  }

  /** How a question's answer is copied; none where it needn't be a copy. */
  Optional<CopyRule> copyRule(int[] question) {
    return Optional.ofNullable(copies).map(rules -> new QuestionCopies(rules, question));
  }

  @Override
  public LineMatcher.Found find(List<int[]> texts, int[] question) {
    return matcher == null
        ? LineMatcher.Found.NOTHING
        : matcher.find(texts, question, settings.excerpts());
  }

  private static Device device(int gpu) {
    if (gpu == DjlEngineSettings.CPU) {
      return Device.cpu();
    }
    LoadedEngine engine = LoadedEngine.load();
    if (gpu >= engine.gpus()) {
      throw new EngineException(
          "GPU "
              + gpu
              + " is to be used, but "
              + engine
              + " sees "
              + engine.gpus()
              + " GPUs. Give the task managers a libtorch with CUDA (PYTORCH_LIBRARY_PATH,"
              + " PYTORCH_VERSION, PYTORCH_FLAVOR) and a GPU, or set focus.engine.gpu to -1 to take"
              + " the processor");
    }
    return Device.gpu(gpu);
  }

  @Override
  public ModelInfo model() {
    return info;
  }

  /** How answers are read out of the chunks. */
  public Readout readout() {
    return readout(model.config());
  }

  private Readout readout(ModelConfig config) {
    return settings.readout() != null ? settings.readout() : config.focus().readout();
  }

  @Override
  public EngineStats stats() {
    return new EngineStats(
        chunks.condensedTokens(),
        chunks.condensedBatches(),
        chunks.condenseNanos(),
        runningQuestions,
        chunks.hot().bytes(),
        chunks.hot().hits(),
        chunks.hot().misses());
  }

  @Override
  public List<BatchSize> recentBatches() {
    return chunks.recentBatches();
  }

  @Override
  public CompletableFuture<CondensedChunk> condense(CondenseTask task) {
    CompletableFuture<CondensedChunk> result = new CompletableFuture<>();
    try {
      check("chunk " + task.key(), task.tokens(), LONGEST_CHUNK);
      accept(new Condense(task, result));
    } catch (EngineException e) {
      result.completeExceptionally(e);
    }
    return result;
  }

  @Override
  public CompletableFuture<EngineAnswer> ask(AskTask task) {
    return ask(task, null, tokens -> {});
  }

  @Override
  public CompletableFuture<EngineAnswer> ask(AskTask task, TokenListener listener) {
    return ask(task, null, listener);
  }

  /**
   * How likely a continuation is. With the decoder's readout: what {@link #ask} would do, but that
   * the tokens are given and not chosen. With proposals: of the stream whose newest tokens are the
   * task's tail and then its question ({@link io.focusstream.operators.model.StreamScorer}).
   *
   * @param task its most answer tokens play no part
   * @param continuation token ids, at least one
   * @return mean natural logarithm of the tokens' probabilities; its negative's exponential is the
   *     perplexity
   */
  public CompletableFuture<Double> score(AskTask task, int[] continuation) {
    if (continuation.length == 0) {
      throw new IllegalArgumentException("there is nothing to score");
    }
    AskTask bounded = new AskTask(task.chunks(), task.tail(), task.question(), continuation.length);
    return ask(bounded, continuation, tokens -> {})
        .thenApply(answer -> Math.log(answer.confidence()));
  }

  private CompletableFuture<EngineAnswer> ask(AskTask task, int[] forced, TokenListener listener) {
    CompletableFuture<EngineAnswer> result = new CompletableFuture<>();
    try {
      check("the question", task.question(), LONGEST_QUESTION);
      check("the tail", task.tail(), Integer.MAX_VALUE);
      for (ChunkInput chunk : task.chunks()) {
        check("chunk " + chunk.key(), chunk.tokens(), LONGEST_CHUNK);
      }
      if (forced != null) {
        check("the continuation", forced, Integer.MAX_VALUE);
      }
      accept(new Ask(task, forced, listener, result, System.nanoTime()));
    } catch (EngineException e) {
      result.completeExceptionally(e);
    }
    return result;
  }

  private void check(String what, int[] tokens, int longest) {
    if (tokens.length > longest) {
      throw new EngineException(
          "%s has %d tokens; the engine takes at most %d".formatted(what, tokens.length, longest));
    }
    for (int token : tokens) {
      if (token < 0 || token >= info.vocabularySize()) {
        throw new EngineException(
            "%s has token id %d; model %s has ids 0 to %d: was it tokenized for another model?"
                .formatted(what, token, info.name(), info.vocabularySize() - 1));
      }
    }
  }

  private void accept(Command command) {
    if (closed) {
      throw lost != null ? lost : new EngineException("the engine is closed");
    }
    inbox.add(command);
    // while the thread is in a long batch, or hangs, what was cancelled must not pile up
    command
        .result()
        .whenComplete(
            (result, failure) -> {
              if (command.result().isCancelled()) {
                inbox.removeIf(waiting -> waiting == command);
                // it may wait for states that don't come
                wake();
              }
            });
    if (closed) {
      failAll();
    }
  }

  /** Lets the engine's thread look again for something to do; from any thread. */
  void wake() {
    inbox.add(WAKE);
  }

  @Override
  public boolean isHot(ChunkKey key) {
    return chunks.isHot(key);
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    thread.interrupt();
    boolean interrupted = false;
    while (thread.isAlive() && thread != Thread.currentThread()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    failAll();
    chunks.close();
    model.close();
    LOG.info("model {} ({}) is closed", info.name(), info.fingerprint());
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether it has stopped by itself. */
  boolean isLost() {
    return lost != null;
  }

  private EngineException closedReason() {
    return lost != null ? lost : new EngineException("the engine was closed");
  }

  /**
   * Stops the engine where a failure says that the device is gone: CUDA answers every further call
   * with the same error, in this process.
   */
  private void checkDevice(Throwable failure) {
    if (isOfDevice(failure)) {
      lose(failure);
    }
  }

  /** Whether it says that the device is gone; one that is only full is not. */
  static boolean isOfDevice(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      String message = String.valueOf(cause.getMessage());
      if (message.contains("CUDA error")) {
        return !message.contains("out of memory") && !message.contains("ALLOC_FAILED");
      }
    }
    return false;
  }

  /**
   * Why a task failed, for who asked; the engine ends where the device is gone.
   *
   * @param what for example {@code answering}
   */
  EngineException failed(String what, Throwable failure) {
    checkDevice(failure);
    if (lost != null) {
      return lost;
    }
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof OutOfMemoryError) {
        return EngineException.outOfMemory(what, failure);
      }
    }
    return new EngineException(what + " failed: " + failure.getMessage(), failure);
  }

  private void lose(Throwable cause) {
    if (lost != null) {
      return;
    }
    LOG.error("the engine stops", cause);
    lost =
        EngineException.lost(
            "the engine or its device is lost: "
                + cause
                + ". The task fails and is restarted; if it stays so, see to the device",
            cause);
    closed = true;
  }

  private void failAll() {
    EngineException reason = closedReason();
    for (Command command = inbox.poll(); command != null; command = inbox.poll()) {
      fail(command, reason);
    }
  }

  private static void fail(Command command, EngineException reason) {
    if (command instanceof Condense condense) {
      condense.result().completeExceptionally(reason);
    } else if (command instanceof Ask ask) {
      ask.result().completeExceptionally(reason);
    }
  }

  // --- the engine's thread -----------------------------------------------------------------------

  private void loop() {
    try {
      while (!closed) {
        if (isIdle()) {
          sort(await());
        }
        for (Command command = inbox.poll(); command != null; command = inbox.poll()) {
          sort(command);
        }
        turn();
        runningQuestions = running.size();
      }
    } catch (InterruptedException e) {
      if (!closed) {
        LOG.warn("the engine's thread was interrupted; it stops");
        closed = true;
      }
    } catch (Error e) {
      lose(e);
    } finally {
      EngineException reason = closedReason();
      running.forEach(question -> question.fail(reason));
      toAsk.forEach(command -> fail(command, reason));
      toCondense.forEach(command -> fail(command, reason));
      failAll();
    }
  }

  /** Whether there is nothing to do before another command comes. */
  private boolean isIdle() {
    return toCondense.isEmpty()
        && running.stream().allMatch(question -> question.isWaiting() && !question.isDropped())
        && (toAsk.isEmpty() || !mayBegin(toAsk.peek()) && !toAsk.peek().isDropped());
  }

  private Command await() throws InterruptedException {
    Command command = inbox.poll(IDLE_SECONDS, TimeUnit.SECONDS);
    if (command != null) {
      return command;
    }
    model.freeSpare();
    return inbox.take();
  }

  private void sort(Command command) {
    if (command instanceof Condense condense) {
      toCondense.add(condense);
    } else if (command instanceof Ask ask) {
      toAsk.add(ask);
    }
  }

  private void turn() {
    List<MovingStage<AnswerDecoder.Step>> steps = new ArrayList<>();
    for (RunningQuestion question : running) {
      if (question.isDropped()) {
        question.fail(new EngineException("nobody waits for this answer any more"));
      } else {
        question.next().ifPresent(step -> steps.add(new MovingStage<>(step, question::take)));
      }
    }
    running.removeIf(RunningQuestion::hasEnded);
    toAsk.removeIf(Command::isDropped);
    toCondense.removeIf(Command::isDropped);
    boolean asks = false;
    int reads = 0;
    while (!toAsk.isEmpty() && mayBegin(toAsk.peek())) {
      reads += readsFirst(toAsk.peek().task());
      if (reads > FEW_CHUNKS) {
        break;
      }
      asks = true;
      begin(toAsk.poll(), steps);
    }
    boolean moves = !steps.isEmpty();
    model.finish(steps);
    running.removeIf(RunningQuestion::hasEnded);
    if (!asks && !toAsk.isEmpty() && mayBegin(toAsk.peek())) {
      asks = true;
      steps.clear();
      begin(toAsk.poll(), steps);
      model.finish(steps);
      running.removeIf(RunningQuestion::hasEnded);
    }
    if (toCondense.isEmpty()) {
      turnsOfWaitingChunks = 0;
    } else if (!asks && !moves || ++turnsOfWaitingChunks >= TURNS_A_BATCH) {
      turnsOfWaitingChunks = 0;
      condenseBatch();
    }
  }

  /** Each running question holds a copy of its chunks' states: one may, more while they fit. */
  private boolean mayBegin(Ask next) {
    if (next.task().portions() == null && running.stream().allMatch(RunningQuestion::isWaiting)) {
      // whoever waits for stored states, which another task reads, keeps nobody waiting
      return true;
    }
    long bytes = runningBytes(next.task());
    for (RunningQuestion question : running) {
      bytes += runningBytes(question.task());
    }
    return running.isEmpty()
        || running.size() < settings.maxRunning() && bytes <= settings.runningBytes();
  }

  /** What a question holds beside the hot tier: each chunk is continued with what is asked. */
  private long runningBytes(AskTask task) {
    int continuation = task.question().length + task.maxAnswerTokens();
    long whole =
        task.chunks().stream()
            .mapToLong(chunk -> chunks.readyBytes(chunk.tokens().length))
            .map(bytes -> bytes + model.stateBytes(continuation))
            .sum();
    List<LineMatcher.Excerpt> excerpts = task.found().excerpts();
    int longest = excerpts.stream().mapToInt(some -> some.tokens().length).max().orElse(0);
    return whole + excerpts.size() * model.stateBytes(longest + continuation);
  }

  /** How many chunks a question reads before its first step. */
  private static int readsFirst(AskTask task) {
    int excerpts = task.portions() == null ? task.found().excerpts().size() : 0;
    return excerpts > 0 ? excerpts : task.chunks().size();
  }

  private void begin(Ask ask, List<MovingStage<AnswerDecoder.Step>> steps) {
    RunningQuestion question =
        new RunningQuestion(
            this,
            chunks,
            model,
            settings,
            ask.task(),
            ask.forced(),
            ask.listener(),
            ask.result(),
            ask.acceptedNanos());
    // there from the start: an error, too, must reach who asked
    running.add(question);
    question.begin().ifPresent(step -> steps.add(new MovingStage<>(step, question::take)));
    running.removeIf(RunningQuestion::hasEnded);
  }

  // Chunks in the order they came, up to the token budget with padding.
  private void condenseBatch() {
    List<Condense> batch = new ArrayList<>();
    int longest = 0;
    while (!toCondense.isEmpty()) {
      int width = Math.max(longest, toCondense.peek().task().tokens().length);
      if (!batch.isEmpty() && width * (batch.size() + 1) > settings.batchTokens()) {
        break;
      }
      longest = width;
      batch.add(toCondense.poll());
    }
    try {
      Map<ChunkKey, CondensedChunk> made =
          chunks.condenseAll(
              batch.stream()
                  .map(c -> new ChunkInput(c.task().key(), c.task().tokens(), List.of()))
                  .toList(),
              Set.of());
      for (Condense condense : batch) {
        condense.result().complete(made.get(condense.task().key()));
      }
    } catch (RuntimeException | OutOfMemoryError e) {
      EngineException reason = failed("condensing " + batch.size() + " chunks", e);
      batch.forEach(condense -> fail(condense, reason));
    } catch (Error e) {
      lose(e);
      batch.forEach(condense -> fail(condense, lost));
      throw e;
    }
  }

  ModelInfo info() {
    return info;
  }

  static int[] concat(int[]... parts) {
    int[] all = new int[Arrays.stream(parts).mapToInt(p -> p.length).sum()];
    int at = 0;
    for (int[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }
}
