package io.focusstream.operators.engine.djl;

import io.focusstream.operators.engine.AskTask;
import io.focusstream.operators.engine.ChunkInput;
import io.focusstream.operators.engine.CondensingEngine;
import io.focusstream.operators.engine.EngineAnswer;
import io.focusstream.operators.engine.EngineException;
import io.focusstream.operators.engine.StatesNeededException;
import io.focusstream.operators.model.AnswerDecoder;
import io.focusstream.operators.model.FocusModel;
import io.focusstream.operators.model.ParallelDecoder;
import io.focusstream.operators.model.ProposalDecoder;
import io.focusstream.operators.model.Stage;
import io.focusstream.operators.model.StreamScorer;
import io.focusstream.operators.model.checkpoint.FocusSettings.LocalMode;
import io.focusstream.operators.model.checkpoint.FocusSettings.Readout;
import io.focusstream.operators.text.LineMatcher;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** A question between its acceptance and its last token. Used by the engine's thread only. */
final class RunningQuestion {
  /** Below that many there is nothing to gain from leaving chunks out. */
  private static final int FEW_CHUNKS = 16;

  private final DjlCondensingEngine engine;
  private final FocusModel model;
  private final AskTask task;
  private final CompletableFuture<EngineAnswer> result;
  private final LocalMode mode;
  private final Readout readout;
  private final double focusShare;
  private final long acceptedNanos;
  // the answer to be scored; null where the model chooses it
  private final int[] forced;
  private final CondensingEngine.TokenListener listener;
  private final List<Integer> tokens = new ArrayList<>();
  private final double[] chunkAttention;
  private final ChunkLoader chunkLoader;
  private double tailAttention;
  private double logProbability;
  private int steps;
  private long beganNanos;
  private long loadedNanos;
  private long firstTokenNanos;
  private AnswerDecoder decoder;
  private AnswerDecoder.Step last;
  private boolean ended;
  // what comes in portions and isn't all there; null where nothing does
  private PortionLoader loader;

  RunningQuestion(
      DjlCondensingEngine engine,
      ChunkCondenser condenser,
      FocusModel model,
      DjlEngineSettings settings,
      AskTask task,
      int[] forced,
      CondensingEngine.TokenListener listener,
      CompletableFuture<EngineAnswer> result,
      long acceptedNanos) {
    this.engine = engine;
    this.model = model;
    this.task = task;
    this.forced = forced;
    this.listener = listener;
    this.result = result;
    this.mode = settings.local() != null ? settings.local() : model.config().focus().local();
    this.readout = engine.readout();
    this.focusShare = settings.focusShare();
    this.acceptedNanos = acceptedNanos;
    this.chunkAttention = new double[task.chunks().size()];
    this.chunkLoader = new ChunkLoader(condenser, model, task.chunks());
  }

  /** Loads what its first step reads; that step, or none where the question has ended. */
  Optional<Stage<AnswerDecoder.Step>> begin() {
    try {
      beganNanos = System.nanoTime();
      if (forced != null && readout == Readout.PROPOSALS) {
        score();
        return Optional.empty();
      }
      int[] begin = {model.config().beginToken()};
      int[] prompt = DjlCondensingEngine.concat(begin, task.question());
      int longest = task.maxAnswerTokens() + 1;
      if (readout == Readout.PROPOSALS) {
        ProposalDecoder proposals = model.propose(prompt, task.tail(), longest);
        // from now on it is closed with the question
        decoder = proposals;
        engine
            .copyRule(task.question())
            .ifPresent(
                rule ->
                    proposals.copying(
                        rule, task.chunks().stream().map(ChunkInput::tokens).toList()));
        prepare(proposals);
      } else {
        int[] local = DjlCondensingEngine.concat(begin, task.tail(), task.question());
        decoder =
            model.ask(
                prompt, new ParallelDecoder.Local(local, 1, 1 + task.tail().length), longest, mode);
        loadWhole(decoder::add);
      }
      return firstStep();
    } catch (RuntimeException | OutOfMemoryError e) {
      failed(e);
      return Optional.empty();
    }
  }

  private Optional<Stage<AnswerDecoder.Step>> firstStep() {
    if (loader != null && !loader.load()) {
      return Optional.empty();
    }
    loader = null;
    loadedNanos = System.nanoTime();
    return Optional.of(decoder.toFirst());
  }

  /** Whether it can't go on before more of the stored states have come. */
  boolean isWaiting() {
    return !ended && loader != null && !loader.hasMore();
  }

  private void failed(Throwable failure) {
    if (failure instanceof StatesNeededException) {
      end();
      result.completeExceptionally(failure);
    } else {
      fail(engine.failed("answering", failure));
    }
  }

  /** Whether it has its answer, or failed. */
  boolean hasEnded() {
    return ended;
  }

  /** Where lines name what is asked about, they are read first, and all chunks if need be. */
  private void prepare(ProposalDecoder proposals) {
    List<ChunkInput> chunks = task.chunks();
    List<LineMatcher.Excerpt> excerpts = task.found().excerpts();
    if (task.found().naming() == LineMatcher.Naming.NOWHERE) {
      proposals.doubt();
    }
    if (excerpts.isEmpty()) {
      proposals.expect(chunks.size());
      loadWhole(proposals::add);
      return;
    }
    Iterator<LineMatcher.Excerpt> each = excerpts.iterator();
    List<ChunkInput> excerpted =
        excerpts.stream()
            .filter(excerpt -> excerpt.text() < chunks.size())
            .map(excerpt -> chunks.get(excerpt.text()))
            .toList();
    chunkLoader.load(
        excerpted,
        some -> {
          for (FocusModel.States states : some) {
            LineMatcher.Excerpt excerpt = each.next();
            proposals.excerpt(excerpt.text(), states, excerpt.tokens());
          }
        });
    if (each.hasNext()) {
      proposals.excerptOfTail(each.next().tokens());
    }
    boolean naming = task.found().naming() == LineMatcher.Naming.HERE;
    if (task.portions() != null) {
      // all will be needed: so the operator has found before
      proposals.askLater(chunks.size(), naming, () -> {});
      loadWhole(proposals::add);
    } else {
      proposals.askLater(chunks.size(), naming, () -> loadAll(proposals));
    }
  }

  /** Loads all chunks, or begins to where their states come in portions. */
  private void loadWhole(Consumer<List<FocusModel.States>> into) {
    List<ChunkInput> chunks = task.chunks();
    if (task.portions() == null || chunks.isEmpty()) {
      chunkLoader.load(chunks, into);
      return;
    }
    int together = model.chunksABatch(chunks.size());
    loader = new PortionLoader(task.portions(), chunks, together, chunkLoader, into, engine::wake);
  }

  private void loadAll(ProposalDecoder proposals) {
    List<ChunkInput> chunks = task.chunks();
    if (task.someStates() && chunkLoader.isAnyMissing(chunks)) {
      throw new StatesNeededException(chunkLoader.recondensed(), chunkLoader.damagedBlocks());
    }
    chunkLoader.load(chunks, proposals::add);
  }

  /** The step to one more token, or none where the question has ended or waits for states. */
  Optional<Stage<AnswerDecoder.Step>> next() {
    try {
      if (loader != null) {
        return firstStep();
      }
      return Optional.of(decoder.toNext(tokens.get(tokens.size() - 1)));
    } catch (RuntimeException | OutOfMemoryError e) {
      failed(e);
      return Optional.empty();
    }
  }

  /**
   * Takes what a step gave.
   *
   * @param failure why it gave nothing, or null
   */
  void take(AnswerDecoder.Step step, Throwable failure) {
    if (failure != null) {
      failed(failure);
      return;
    }
    try {
      boolean first = last == null;
      last = step;
      if (first) {
        firstTokenNanos = System.nanoTime();
      }
      takeToken();
      if (first
          && !ended
          && focusShare < 1
          && chunkAttention.length > FEW_CHUNKS
          && decoder.hasAskedAll()) {
        focus();
      }
    } catch (RuntimeException | OutOfMemoryError e) {
      failed(e);
    }
  }

  AskTask task() {
    return task;
  }

  /** Whether nobody waits for the answer any more. */
  boolean isDropped() {
    return result.isDone();
  }

  // The stream goes on with the question's tokens and those that are scored.
  private void score() {
    try (StreamScorer scorer = model.score(task.tail(), task.question(), forced)) {
      chunkLoader.load(task.chunks(), scorer::add);
      loadedNanos = System.nanoTime();
      logProbability = Arrays.stream(scorer.score()).sum();
      steps = forced.length;
      firstTokenNanos = System.nanoTime();
    }
    complete(false);
  }

  // Takes the last step's token.
  private void takeToken() {
    float[] logits = last.logits();
    int likeliest = 0;
    for (int i = 1; i < logits.length; i++) {
      if (logits[i] > logits[likeliest]) {
        likeliest = i;
      }
    }
    int token = forced == null ? likeliest : forced[steps];
    if (!Float.isFinite(logits[likeliest])) {
      fail(new EngineException("the model gave no finite logits; is the checkpoint damaged?"));
      return;
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - logits[likeliest]);
    }
    logProbability += logits[token] - logits[likeliest] - Math.log(sum);
    steps++;
    boolean endsIt = forced == null && model.config().endTokens().contains(token);
    if (!endsIt || tokens.isEmpty()) {
      gatherAttention();
    }
    if (!endsIt) {
      tokens.add(token);
    }
    if (endsIt || tokens.size() >= task.maxAnswerTokens()) {
      complete(endsIt);
    } else {
      listener.tokens(answered());
    }
  }

  // Keeps the chunks that hold nearly all of what may matter further on; few are always kept.
  private void focus() {
    double[] matters = chunkAttention.clone();
    if (last.relevance() != null) {
      Arrays.setAll(matters, i -> last.relevance()[i]);
    }
    Integer[] byRelevance = new Integer[matters.length];
    Arrays.setAll(byRelevance, i -> i);
    Arrays.sort(byRelevance, Comparator.comparingDouble(i -> -matters[i]));
    double all = Arrays.stream(matters).sum();
    double held = 0;
    int count = 0;
    while (count < byRelevance.length && (count < FEW_CHUNKS || held < focusShare * all)) {
      held += matters[byRelevance[count++]];
    }
    if (count < byRelevance.length) {
      decoder.keep(Arrays.stream(byRelevance, 0, count).mapToInt(i -> i).sorted().toArray());
    }
  }

  private void gatherAttention() {
    int columns = chunkAttention.length + 1;
    float[] attention = last.attention();
    for (int at = 0; at < attention.length; at += columns) {
      for (int chunk = 0; chunk < chunkAttention.length; chunk++) {
        chunkAttention[chunk] += attention[at + chunk];
      }
      tailAttention += attention[at + columns - 1];
    }
  }

  private int[] answered() {
    return tokens.stream().mapToInt(Integer::intValue).toArray();
  }

  private void complete(boolean byItself) {
    long now = System.nanoTime();
    double chunks = 0;
    for (double one : chunkAttention) {
      chunks += one;
    }
    float[] weights = new float[chunkAttention.length];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = chunks > 0 ? (float) (chunkAttention[i] / chunks) : 0;
    }
    double all = chunks + tailAttention;
    EngineAnswer answer =
        new EngineAnswer(
            answered(),
            byItself,
            Math.exp(logProbability / steps),
            weights,
            all > 0 ? tailAttention / all : 0,
            chunkLoader.recondensed(),
            chunkLoader.damagedBlocks(),
            new EngineAnswer.Timings(
                Duration.ofNanos(beganNanos - acceptedNanos),
                Duration.ofNanos(loadedNanos - beganNanos),
                Duration.ofNanos(firstTokenNanos - acceptedNanos),
                Duration.ofNanos(now - acceptedNanos)));
    end();
    result.complete(answer);
  }

  void fail(EngineException reason) {
    end();
    result.completeExceptionally(reason);
  }

  private void end() {
    ended = true;
    loader = null;
    chunkLoader.close();
    if (decoder != null) {
      decoder.close();
    }
  }
}
