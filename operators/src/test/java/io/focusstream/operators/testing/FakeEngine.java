package io.focusstream.operators.testing;

import io.focusstream.operators.engine.AskTask;
import io.focusstream.operators.engine.BatchSize;
import io.focusstream.operators.engine.ChunkInput;
import io.focusstream.operators.engine.ChunkKey;
import io.focusstream.operators.engine.CondenseTask;
import io.focusstream.operators.engine.CondensedChunk;
import io.focusstream.operators.engine.CondensingEngine;
import io.focusstream.operators.engine.CondensingEngineProvider;
import io.focusstream.operators.engine.EngineAnswer;
import io.focusstream.operators.engine.EngineException;
import io.focusstream.operators.engine.EngineStats;
import io.focusstream.operators.engine.ModelInfo;
import io.focusstream.operators.engine.StatesNeededException;
import io.focusstream.operators.text.LineMatcher.Excerpt;
import io.focusstream.operators.text.LineMatcher.Found;
import io.focusstream.operators.text.LineMatcher.Naming;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An engine whose answers tell exactly what it was asked over: the chunks' tokens, each followed by
 * {@code |}, the tail's tokens, {@code ?}, the question's tokens. A question that holds the word
 * {@code missing} is answered with {@code not found}.
 *
 * <p>{@link Mode#MANUAL}: nothing completes until the test says so, on the thread that says so.
 * {@link Mode#AUTOMATIC}: everything completes on one thread of the engine, in order.
 *
 * <p>Its hot tier holds what {@link #heat} puts there, and with {@link #keepsHot} all that it
 * makes.
 *
 * <p>A chunk's state is two blocks, each with a checksum over its tokens, so that damage is
 * noticed.
 */
public final class FakeEngine implements CondensingEngine {
  /** Who completes the work. */
  public enum Mode {
    MANUAL,
    AUTOMATIC
  }

  /** The model that it says it runs. */
  public static final ModelInfo MODEL =
      new ModelInfo("fake", "f00dfeed", 1 << 16, 0, 0, 4096, 4096, 1);

  private static final int MAGIC = 0x46414b45;
  private static final Map<Integer, FakeEngine> BY_NUMBER = new ConcurrentHashMap<>();
  private static final AtomicInteger NUMBERS = new AtomicInteger();

  private final int number = NUMBERS.incrementAndGet();
  private final ExecutorService thread;
  private final List<Call<?, ?>> open = new ArrayList<>();
  private final List<CondenseTask> condensed = new ArrayList<>();
  private final List<AskTask> asked = new ArrayList<>();
  private final Set<ChunkKey> hot = new HashSet<>();
  private final Map<ChunkKey, Integer> condensedTimes = new HashMap<>();
  private ModelInfo model = MODEL;
  private EngineStats stats = EngineStats.NONE;
  private List<BatchSize> batches = List.of();
  private int mostOpen;
  private int leases;
  private int leasesEver;
  private int exhausted;
  private boolean keepsHot;
  private int callsUntilLost;
  // lines with this character are read first; 0 for none
  private char mark;
  private boolean settles;
  private OptionalInt grantedGpu = OptionalInt.empty();

  /** A call that hasn't completed. */
  public static final class Call<T, R> {
    /** What the engine was given. */
    public final T task;

    private final CompletableFuture<R> future = new CompletableFuture<>();
    private TokenListener listener = tokens -> {};

    private Call(T task) {
      this.task = task;
    }

    /** What it was completed with, for as long as anybody else holds it. */
    public WeakReference<R> result() {
      return new WeakReference<>(future.join());
    }
  }

  private FakeEngine(Mode mode) {
    thread =
        mode == Mode.MANUAL
            ? null
            : Executors.newSingleThreadExecutor(
                work -> {
                  Thread made = new Thread(work, "fake-engine-" + number);
                  made.setDaemon(true);
                  return made;
                });
    BY_NUMBER.put(number, this);
  }

  /** An engine that the test completes. */
  public static FakeEngine manual() {
    return new FakeEngine(Mode.MANUAL);
  }

  /** An engine that completes on a thread of its own. */
  public static FakeEngine automatic() {
    return new FakeEngine(Mode.AUTOMATIC);
  }

  /** Another model from now on. */
  public synchronized FakeEngine withModel(ModelInfo other) {
    model = other;
    return this;
  }

  /** Leases of this engine; serializable, for operators in the same process. */
  public CondensingEngineProvider provider() {
    int found = number;
    return gpu -> BY_NUMBER.get(found).lease(gpu);
  }

  /** The GPU that the newest lease was asked for with. */
  public synchronized OptionalInt grantedGpu() {
    return grantedGpu;
  }

  private synchronized CondensingEngineProvider.Lease lease(OptionalInt gpu) {
    leases++;
    leasesEver++;
    grantedGpu = gpu;
    return new CondensingEngineProvider.Lease() {
      private boolean given;

      @Override
      public CondensingEngine engine() {
        return FakeEngine.this;
      }

      @Override
      public void close() {
        synchronized (FakeEngine.this) {
          if (!given) {
            given = true;
            leases--;
          }
        }
      }
    };
  }

  @Override
  public synchronized ModelInfo model() {
    return model;
  }

  @Override
  public CompletableFuture<CondensedChunk> condense(CondenseTask task) {
    Call<CondenseTask, CondensedChunk> call = new Call<>(task);
    synchronized (this) {
      condensed.add(task);
      condensedTimes.merge(task.key(), 1, Integer::sum);
      begin(call);
    }
    return call.future;
  }

  @Override
  public CompletableFuture<EngineAnswer> ask(AskTask task) {
    return ask(task, tokens -> {});
  }

  @Override
  public CompletableFuture<EngineAnswer> ask(AskTask task, TokenListener listener) {
    Call<AskTask, EngineAnswer> call = new Call<>(task);
    call.listener = listener;
    synchronized (this) {
      asked.add(task);
      begin(call);
    }
    return call.future;
  }

  private void begin(Call<?, ?> call) {
    open.add(call);
    mostOpen = Math.max(mostOpen, open.size());
    call.future.whenComplete((result, failure) -> drop(call));
    if (thread != null) {
      boolean lost = --callsUntilLost == 0;
      thread.execute(
          () -> {
            if (lost) {
              lose(call);
            } else {
              complete(call);
            }
          });
    }
  }

  /** What nobody waits for any more is open no more. */
  private synchronized void drop(Call<?, ?> call) {
    if (call.future.isCancelled()) {
      open.remove(call);
    }
  }

  /** Takes an open call to complete it; false where it was cancelled. */
  private synchronized boolean take(Call<?, ?> call) {
    boolean taken = open.remove(call);
    if (!taken && !call.future.isCancelled()) {
      throw new IllegalStateException("this call has completed already");
    }
    return taken;
  }

  /**
   * From now on texts with a character are excerpted.
   *
   * @param settling whether they settle what is asked; else the states of all chunks are needed
   */
  public synchronized FakeEngine readsFirst(char marked, boolean settling) {
    mark = marked;
    settles = settling;
    return this;
  }

  @Override
  public synchronized Found find(List<int[]> texts, int[] question) {
    List<Excerpt> found = new ArrayList<>();
    for (int i = 0; i < texts.size() && mark != 0; i++) {
      for (int at = 0; at < texts.get(i).length; at++) {
        if (texts.get(i)[at] == mark) {
          found.add(new Excerpt(i, new int[] {at}));
          break;
        }
      }
    }
    return new Found(found, Naming.HERE);
  }

  @Override
  public synchronized boolean isHot(ChunkKey key) {
    if (exhausted > 0) {
      exhausted--;
      throw new OutOfMemoryError("Java heap space");
    }
    return hot.contains(key);
  }

  /** From now on every chunk's state that it makes stays in the hot tier. */
  public synchronized FakeEngine keepsHot() {
    keepsHot = true;
    return this;
  }

  /**
   * From now on so many calls end well, and the one after them with the loss of the engine; only of
   * one that completes by itself.
   */
  public synchronized FakeEngine losesItsDeviceAfter(int calls) {
    callsUntilLost = calls + 1;
    return this;
  }

  /** The next callers who ask whether a chunk is hot find the heap full. */
  public synchronized void exhaustHeap(int times) {
    exhausted = times;
  }

  /** From now on the chunk's state is in the hot tier. */
  public synchronized void heat(ChunkKey key) {
    hot.add(key);
  }

  /** What it says it has done, until it is told otherwise. */
  public synchronized void says(EngineStats newStats, List<BatchSize> newBatches) {
    stats = newStats;
    batches = List.copyOf(newBatches);
  }

  @Override
  public synchronized EngineStats stats() {
    return stats;
  }

  @Override
  public synchronized List<BatchSize> recentBatches() {
    return batches;
  }

  @Override
  public void close() {
    if (thread != null) {
      thread.shutdownNow();
    }
  }

  /** Calls that haven't completed, oldest first. */
  public synchronized List<Call<?, ?>> open() {
    return List.copyOf(open);
  }

  /** Open calls to condense, oldest first. */
  public synchronized List<Call<?, ?>> openChunks() {
    return open.stream().filter(call -> call.task instanceof CondenseTask).toList();
  }

  /** Open calls to answer, oldest first. */
  public synchronized List<Call<?, ?>> openQuestions() {
    return open.stream().filter(call -> call.task instanceof AskTask).toList();
  }

  /** Everything that it was ever told to condense. */
  public synchronized List<CondenseTask> condensed() {
    return List.copyOf(condensed);
  }

  /** Everything that it was ever asked. */
  public synchronized List<AskTask> asked() {
    return List.copyOf(asked);
  }

  /** How often each chunk was condensed. */
  public synchronized Map<ChunkKey, Integer> condensedTimes() {
    return Map.copyOf(condensedTimes);
  }

  /** The largest number of calls that were open at once. */
  public synchronized int mostOpen() {
    return mostOpen;
  }

  /** Leases that haven't been given back. */
  public synchronized int leases() {
    return leases;
  }

  /** Leases that were ever given. */
  public synchronized int leasesEver() {
    return leasesEver;
  }

  /** Completes one call well; nothing happens where it was cancelled. */
  public void complete(Call<?, ?> call) {
    if (!take(call)) {
      return;
    }
    if (call.task instanceof CondenseTask task) {
      cast(call).complete(condense(task.key(), task.tokens()));
    } else if (call.task instanceof AskTask task && task.someStates() && !settles) {
      EngineAnswer soFar = answer(task);
      cast(call)
          .completeExceptionally(
              new StatesNeededException(soFar.recondensed(), soFar.damagedBlocks()));
    } else if (call.task instanceof AskTask task) {
      whole(task, new ArrayList<>())
          .whenComplete(
              (whole, failure) -> {
                if (failure == null) {
                  cast(call).complete(answer(whole));
                } else {
                  cast(call).completeExceptionally(failure);
                }
              });
    }
  }

  /** The task with the states that come in portions, once all have come. */
  private static CompletableFuture<AskTask> whole(AskTask task, List<List<byte[]>> soFar) {
    int count = task.chunks().size();
    if (task.portions() == null || soFar.size() >= count) {
      List<ChunkInput> chunks = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        ChunkInput chunk = task.chunks().get(i);
        boolean came = task.portions() != null && chunk.blocks().isEmpty();
        List<byte[]> blocks = came ? soFar.get(i) : chunk.blocks();
        chunks.add(new ChunkInput(chunk.key(), chunk.tokens(), blocks));
      }
      return CompletableFuture.completedFuture(
          new AskTask(
              chunks,
              task.tail(),
              task.question(),
              task.maxAnswerTokens(),
              task.found(),
              task.someStates()));
    }
    return task.portions()
        .next()
        .thenCompose(
            portion -> {
              soFar.addAll(portion);
              return whole(task, soFar);
            });
  }

  /** Tells of the first tokens of an open question's answer. */
  public void tell(Call<?, ?> call, int tokens) {
    call.listener.tokens(Arrays.copyOf(answer((AskTask) call.task).tokens(), tokens));
  }

  /** Completes one call with the loss of the engine. */
  public void lose(Call<?, ?> call) {
    fail(call, EngineException.lost("the device is gone", null));
  }

  /** Completes one call with a failure. */
  public void fail(Call<?, ?> call, String message) {
    fail(call, new EngineException(message));
  }

  private void fail(Call<?, ?> call, EngineException reason) {
    if (take(call)) {
      call.future.completeExceptionally(reason);
    }
  }

  @SuppressWarnings("unchecked")
  private static CompletableFuture<Object> cast(Call<?, ?> call) {
    return (CompletableFuture<Object>) call.future;
  }

  /** Forgets open calls, as an engine does that dies. */
  public synchronized void forgetOpenCalls() {
    open.clear();
  }

  private synchronized CondensedChunk condense(ChunkKey key, int[] tokens) {
    if (keepsHot) {
      hot.add(key);
    }
    int half = tokens.length / 2;
    return new CondensedChunk(
        key,
        List.of(
            block(Arrays.copyOf(tokens, half)),
            block(Arrays.copyOfRange(tokens, half, tokens.length))));
  }

  private static byte[] block(int[] tokens) {
    ByteBuffer bytes = ByteBuffer.allocate(8 + 4 * tokens.length);
    bytes.putInt(MAGIC).putInt(Arrays.hashCode(tokens));
    for (int token : tokens) {
      bytes.putInt(token);
    }
    return bytes.array();
  }

  private static boolean isIntact(byte[] block) {
    ByteBuffer bytes = ByteBuffer.wrap(block);
    if (block.length < 8 || bytes.getInt() != MAGIC) {
      return false;
    }
    int checksum = bytes.getInt();
    int[] tokens = new int[bytes.remaining() / 4];
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = bytes.getInt();
    }
    return checksum == Arrays.hashCode(tokens);
  }

  private EngineAnswer answer(AskTask task) {
    StringBuilder text = new StringBuilder();
    List<CondensedChunk> recondensed = new ArrayList<>();
    int damaged = 0;
    float[] weights = new float[task.chunks().size()];
    Arrays.fill(weights, weights.length == 0 ? 0 : 1f / weights.length);
    for (ChunkInput chunk : task.chunks()) {
      if (task.someStates() && chunk.blocks().isEmpty() && !hot.contains(chunk.key())) {
        continue;
      }
      append(text, chunk.tokens()).append('|');
      int bad = (int) chunk.blocks().stream().filter(block -> !isIntact(block)).count();
      damaged += bad;
      if (bad > 0 || (chunk.blocks().isEmpty() && !hot.contains(chunk.key()))) {
        recondensed.add(condense(chunk.key(), chunk.tokens()));
      }
    }
    append(text, task.tail()).append('?');
    append(text, task.question());
    String answer = text.indexOf("missing") >= 0 ? "not found" : text.toString();
    Duration second = Duration.ofSeconds(1);
    return new EngineAnswer(
        answer.chars().toArray(),
        true,
        0.75,
        weights,
        0.25,
        recondensed,
        damaged,
        new EngineAnswer.Timings(
            second, second.multipliedBy(2), second.multipliedBy(3), second.multipliedBy(4)));
  }

  private static StringBuilder append(StringBuilder text, int[] tokens) {
    for (int token : tokens) {
      text.append((char) token);
    }
    return text;
  }
}
