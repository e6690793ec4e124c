package io.focusstream.operators.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.stream.IntStream;

/**
 * One question being answered by proposals. As in FocusLLM (§3.2) every chunk is continued with the
 * question and the answer so far, all in parallel; but where there the frozen decoder reads one
 * candidate token a chunk (§3.3), here each chunk, and the tail as the newest of them, says in one
 * token what it would say next, or that it has nothing to say. {@link ProposalWeights} says how
 * much each counts; where none has anything to say, the model speaks that saw no chunk at all.
 *
 * <p>What it costs: one row a chunk for a further token where candidates need two, and a product
 * with the head for each chunk. What it gives up: two chunks never meet in a layer; what one knows
 * reaches another only by what was said.
 *
 * <p><b>Ahead.</b> Who spoke mostly goes on. So the source that spoke is run ahead alone, some
 * tokens ({@link Draft}), and then all sources are continued with those at once, which reads their
 * states once instead of once a token; of what comes out, as much is used as would have been said
 * one token after the other: the answer is the same.
 *
 * <p><b>Copies.</b> An answer is copied out of what sources were read from. Where the one that
 * speaks would go on with a word in another way than its text does, the text is right; and what the
 * question names is less likely its answer: {@link #copying}.
 *
 * <p><b>Excerpts.</b> Some tokens of a chunk, its lines that name what is asked about, can be a
 * source of their own: {@link #excerpt}. They count as newer than all chunks and the tail. Where
 * they, and the tail, are sure of how the answer begins, what whole chunks would say has no weight
 * ({@link ProposalWeights#first}); so these are asked only when they aren't, or when later on none
 * of them has more to say: {@link #askLater}.
 */
public final class ProposalDecoder implements AnswerDecoder {
  // What a chunk weighs less than that of the heaviest one changes no answer.
  private static final double NEGLIGIBLE = 1e-5;

  // one batch has room for them, the tail's and a source that holds nothing
  private static final int MOST_EXCERPTS = 62;

  /** What the newest sources may leave to whole chunks that then aren't asked. */
  static final double LEFT_TO_CHUNKS = 1e-3;

  /** The same where excerpts are of lines that have what the question names. */
  static final double LEFT_BY_NAMING = 0.9;

  private final FocusModel model;
  private final NDManager manager;
  private final int[] tail;
  private final int maxTokens;
  private double leftToChunks;
  // whole chunks, once they are asked; then the tail; then excerpts and a source that holds
  // nothing. The tail and that source may lie in the batch of the last chunks
  private final List<ChunkBatch> batches = new ArrayList<>();
  private final List<ChunkBatch> whole = new ArrayList<>();
  private final int[] prompt;
  // of each excerpt: its chunk, or the number of chunks for the tail's; its states
  private final List<Integer> excerptOf = new ArrayList<>();
  private final List<FocusModel.States> excerpts = new ArrayList<>();
  private int[] excerptOfTail = {};
  private int chunkCount;
  // chunks that are going to be added at once, where that is known
  private int expected = -1;
  private int added;
  // whether the tail and the source that holds nothing lie in a batch
  private boolean hasNewest;
  // adds the whole chunks; null where they were added at once, or have been
  private Runnable later;
  private boolean asked;
  private boolean doubtful;
  private boolean begun;
  // the chunks that still take part, ascending; null for all
  private int[] kept;
  // of each source that takes part: its part in the last step's likeliest token; null before
  private double[] spoke;
  private int likeliest;

  // tokens that were said, and those of them that all sources have seen
  private final List<Integer> said = new ArrayList<>();
  private int seen;
  // steps that were made ahead: what each is the step after
  private final Deque<Ahead> made = new ArrayDeque<>();
  private final Draft draft;
  private final DraftLength draftLength = new DraftLength();

  // what answers are copied from; null where they needn't be copies
  private TokenChoice copying;
  private List<int[]> texts = List.of();
  // of each excerpt: its tokens
  private final List<int[]> excerptTexts = new ArrayList<>();

  private record Ahead(
      int token,
      List<NDArray> proposals,
      List<NDArray> sums,
      List<float[]> odds,
      int position,
      int positions) {
    Ahead at(int further, int other) {
      return new Ahead(further, proposals, sums, odds, other, positions);
    }
  }

  private NDManager scratch;

  /**
   * @param leftToChunks see {@link #LEFT_TO_CHUNKS}
   */
  ProposalDecoder(FocusModel model, int[] prompt, int[] tail, int maxTokens, double leftToChunks) {
    if (prompt.length == 0) {
      throw new IllegalArgumentException("the prompt must not be empty");
    }
    this.model = model;
    this.manager = model.newManager();
    this.tail = tail.clone();
    this.maxTokens = maxTokens;
    this.leftToChunks = leftToChunks;
    this.prompt = prompt.clone();
    draft = new Draft(manager, prompt.length, draftLength);
  }

  /**
   * Holds answers to what they are copied from.
   *
   * @param rule how a copy goes on
   * @param chunks the chunks' tokens, oldest first; of all, whether asked at once or later
   */
  public void copying(CopyRule rule, List<int[]> chunks) {
    if (begun || !excerptOf.isEmpty()) {
      throw new IllegalStateException("what is copied from is said before excerpts and steps");
    }
    copying = new TokenChoice(rule);
    texts = List.copyOf(chunks);
  }

  @Override
  public void add(List<FocusModel.States> states) {
    if (asked || hasNewest && later == null) {
      throw new IllegalStateException(
          "chunks can't be added after they were asked, or all that were expected have come");
    }
    added += states.size();
    if (later == null) {
      chunkCount = added;
    }
    if (added == expected && !hasNewest && fitsBeside(states)) {
      newest(states);
    } else {
      whole.add(new ChunkBatch(model, manager, states, room()));
    }
  }

  /**
   * Says how many chunks are going to be added at once. The tail is then read beside the last ones,
   * which saves a batch of two sources in each step.
   */
  public void expect(int chunks) {
    if (begun || chunkCount > 0 || later != null) {
      throw new IllegalStateException("what is to be expected is said before chunks are added");
    }
    expected = chunks;
  }

  /** Whether the tail makes a batch of these neither wider nor of another type. */
  private boolean fitsBeside(List<FocusModel.States> states) {
    return excerptOf.isEmpty()
        && excerptOfTail.length == 0
        && states.stream().noneMatch(FocusModel.States::int8)
        && states.stream().mapToInt(FocusModel.States::tokens).max().orElse(0) >= tail.length;
  }

  /**
   * What the question names stands nowhere: each source is less sure that it can begin an answer.
   */
  public void doubt() {
    if (begun) {
      throw new IllegalStateException("what a question names is known before its first step");
    }
    doubtful = true;
  }

  /**
   * Instead of adding chunks at once: they are added when it is clear that they are needed, which
   * may be never.
   *
   * @param chunks how many there are
   * @param naming whether excerpts are of lines that have what the question names: then they
   *     needn't be as sure
   * @param adds calls {@link #add} until all are there; an exception of it is that of the step
   */
  public void askLater(int chunks, boolean naming, Runnable adds) {
    if (begun || chunkCount > 0) {
      throw new IllegalStateException("either chunks are added at once or later");
    }
    if (naming) {
      leftToChunks = Math.max(leftToChunks, LEFT_BY_NAMING);
    }
    expected = -1;
    chunkCount = chunks;
    later = adds;
  }

  /**
   * Lets some tokens of a chunk be a source of their own, beside the chunk; oldest chunk first.
   *
   * @param chunk its index
   * @param states of that chunk; copied
   * @param tokens which of its tokens, ascending, at least one
   */
  public void excerpt(int chunk, FocusModel.States states, int[] tokens) {
    requireRoomForExcerpts();
    excerptOf.add(chunk);
    excerpts.add(model.excerpt(manager, states, tokens));
    if (copying != null) {
      excerptTexts.add(some(texts.get(chunk), tokens));
    }
  }

  private static int[] some(int[] text, int[] places) {
    return Arrays.stream(places).map(i -> text[i]).toArray();
  }

  /** The same for the tail, the last of all. */
  public void excerptOfTail(int[] tokens) {
    requireRoomForExcerpts();
    excerptOfTail = tokens.clone();
    excerptTexts.add(some(tail, tokens));
  }

  private void requireRoomForExcerpts() {
    if (begun || hasNewest || excerpts.size() >= MOST_EXCERPTS || excerptOfTail.length > 0) {
      throw new IllegalStateException(
          "at most " + MOST_EXCERPTS + " excerpts and the tail's, before the first step");
    }
  }

  private int room() {
    return prompt.length + said.size() + Math.min(maxTokens, ChunkBatch.ROOM_STEP);
  }

  @Override
  public Step first() {
    return model.finish(toFirst());
  }

  @Override
  public Stage<Step> toFirst() {
    begun = true;
    if (!hasNewest) {
      newest(List.of());
    }
    if (later == null || excerptOf.isEmpty()) {
      bringIn();
    }
    fresh();
    return propose(-1, prompt, false)
        .then(step -> asked || areSure(step) ? agree(step) : withWholeChunks().then(this::agree));
  }

  /** Whether the sources so far leave nothing to older ones. */
  private boolean areSure(Ahead step) {
    return ProposalWeights.left(begin(logOdds(step))) < leftToChunks;
  }

  /**
   * The tail; the excerpts and a source that holds nothing.
   *
   * @param chunks the last of the chunks, where all lie in one batch
   */
  private void newest(List<FocusModel.States> chunks) {
    hasNewest = true;
    try (NDManager own = manager.newSubManager()) {
      List<FocusModel.States> newest = new ArrayList<>(chunks);
      if (tail.length > 0) {
        FocusModel.States states =
            model.take(own, model.prefill(own, List.of(tail)), 0, tail.length);
        if (excerptOfTail.length > 0) {
          excerptOf.add(chunkCount);
          excerpts.add(model.excerpt(manager, states, excerptOfTail));
        }
        if (excerptOf.isEmpty()) {
          newest.add(states);
        } else {
          // apart: excerpts are short, and a batch is as wide as its longest source
          batches.add(new ChunkBatch(model, manager, List.of(states), room()));
        }
      }
      newest.addAll(excerpts);
      newest.add(model.nothing(own));
      long[] lengths = newest.stream().mapToLong(FocusModel.States::tokens).toArray();
      lengths[lengths.length - 1] = 0;
      batches.add(new ChunkBatch(model, manager, newest, lengths, room()));
    }
    excerpts.forEach(FocusModel.States::close);
    excerpts.clear();
  }

  /** From now on the whole chunks take part, the oldest sources. */
  private void bringIn() {
    if (later != null) {
      later.run();
    }
    if (added != chunkCount) {
      throw new IllegalStateException(chunkCount + " chunks were to be added; got " + added);
    }
    asked = true;
    batches.addAll(0, whole);
    whole.clear();
    draft.forget();
    if (spoke != null) {
      double[] all = new double[chunkCount + spoke.length];
      System.arraycopy(spoke, 0, all, chunkCount, spoke.length);
      spoke = all;
    }
  }

  /** The step after what was said, once more, now with the whole chunks. */
  private Stage<Ahead> withWholeChunks() {
    int[] all = Arrays.copyOf(prompt, prompt.length + said.size());
    for (int i = 0; i < said.size(); i++) {
      all[prompt.length + i] = said.get(i);
    }
    made.clear();
    batches.forEach(batch -> batch.rewind(all.length - 1));
    int others = batches.size();
    bringIn();
    fresh();
    // all sources end with the same token; the others have those before it
    List<ChunkBatch> chunks = batches.subList(0, batches.size() - others);
    seen = said.size();
    int token = said.isEmpty() ? -1 : said.get(said.size() - 1);
    if (all.length == 1 || chunks.isEmpty()) {
      return propose(token, last(all), false);
    }
    // for what it leaves in the chunks' columns alone
    NDManager unwanted = manager.newSubManager();
    return run(unwanted, chunks, Arrays.copyOf(all, all.length - 1), false)
        .then(
            outputs -> {
              unwanted.close();
              return propose(token, last(all), false);
            });
  }

  private static int[] last(int[] tokens) {
    return new int[] {tokens[tokens.length - 1]};
  }

  @Override
  public Step next(int token) {
    return model.finish(toNext(token));
  }

  @Override
  public Stage<Step> toNext(int token) {
    said.add(token);
    if (!made.isEmpty() && made.peek().token() == token) {
      draftLength.used();
      return agree(made.poll());
    }
    // what was made ahead of another token is forgotten, in the sources too
    int behind = seen - (said.size() - 1);
    if (behind > 0) {
      seen -= behind;
      int length = prompt.length + seen;
      batches.forEach(batch -> batch.rewind(length));
    }
    made.clear();
    return runAhead(token).then(tokens -> together(token, tokens));
  }

  /** All sources are continued with what was said, and what may follow it. */
  private Stage<Step> together(int token, int[] tokens) {
    fresh();
    return propose(token, tokens, true)
        .then(
            step -> {
              seen += tokens.length;
              for (int i = 1; i < tokens.length; i++) {
                made.add(step.at(tokens[i], i));
              }
              return agree(step);
            });
  }

  // The last steps' tensors are needed no more.
  private void fresh() {
    if (scratch != null) {
      scratch.close();
    }
    scratch = manager.newSubManager();
  }

  /** The token, and what the source that spoke would say after it. */
  private Stage<int[]> runAhead(int token) {
    if (token != likeliest) {
      return Stage.of(new int[] {token});
    }
    long bytesAToken = (long) Float.BYTES * model.config().hiddenSize() * (sources() + 1);
    int speaker = speaker();
    double part = alone(speaker) ? 1 - Arrays.stream(spoke).sum() : spoke[speaker];
    int length = Math.min(draftLength.next(speaker, part, bytesAToken), maxTokens - said.size());
    return draft.run(
        speaker,
        said,
        length,
        this::copyOf,
        (proposed, logOdds, soFar) -> {
          int next = said(speaker, soFar, proposed);
          boolean silent = logOdds < 0 && !alone(speaker);
          return silent || model.config().endTokens().contains(next) ? -1 : next;
        });
  }

  private ChunkBatch copyOf(int source) {
    int first = 0;
    for (ChunkBatch batch : batches) {
      if (source < first + batch.size()) {
        return batch.copyOf(source - first);
      }
      first += batch.size();
    }
    throw new IllegalArgumentException("no source " + source);
  }

  /** The token that a source, or the model without any, says. */
  private int said(int source, List<Integer> soFar, float[] scores) {
    return copying == null || alone(source)
        ? TokenChoice.likeliest(scores)
        : copying.token(text(source), soFar, scores);
  }

  // What a source that takes part was read from.
  private int[] text(int source) {
    int excerpt = source - chunksAsked() - (tail.length > 0 ? 1 : 0);
    if (excerpt >= 0) {
      return excerptTexts.get(excerpt);
    }
    int chunk = column(source);
    return chunk == chunkCount ? tail : texts.get(chunk);
  }

  /** The source that had the largest part in the last token: its place in the batches. */
  private int speaker() {
    int sources = sources();
    int best = sources;
    double most = 1 - Arrays.stream(spoke).sum();
    for (int i = 0; i < sources; i++) {
      if (spoke[i] > most) {
        most = spoke[i];
        best = i;
      }
    }
    return best;
  }

  private boolean alone(int source) {
    return source == sources();
  }

  // chunks that take part, the tail, excerpts
  private int sources() {
    return chunksAsked() + beside();
  }

  private int chunksAsked() {
    return kept != null ? kept.length : asked ? chunkCount : 0;
  }

  private int beside() {
    return (tail.length > 0 ? 1 : 0) + excerptOf.size();
  }

  @Override
  public void keep(int[] chunks) {
    if (kept != null || !asked || seen > 0 || chunks.length == 0) {
      throw new IllegalStateException("chunks are chosen once, after the first step, at least one");
    }
    int newest = beside() + 1;
    int[] sources = Arrays.copyOf(chunks, chunks.length + newest);
    for (int i = 0; i < newest; i++) {
      sources[chunks.length + i] = chunkCount + i;
    }
    List<ChunkBatch> left = ChunkBatch.keep(batches, sources);
    batches.clear();
    batches.addAll(left);
    kept = chunks.clone();
    spoke =
        Arrays.stream(sources, 0, chunks.length + newest - 1).mapToDouble(i -> spoke[i]).toArray();
  }

  /** Continues all sources with the same tokens. */
  private Stage<Ahead> propose(int token, int[] tokens, boolean every) {
    return run(scratch, batches, tokens, every)
        .then(
            outputs -> {
              List<NDArray> proposals = new ArrayList<>();
              List<NDArray> sums = new ArrayList<>();
              List<float[]> odds = new ArrayList<>();
              for (NDArray[] proposed : outputs) {
                proposals.add(proposed[0]);
                odds.add(proposed[1].toFloatArray());
                sums.add(proposed[2]);
              }
              int positions = every ? tokens.length : 1;
              return Stage.of(new Ahead(token, proposals, sums, odds, 0, positions));
            });
  }

  private static Stage<List<NDArray[]>> run(
      NDManager owner, List<ChunkBatch> some, int[] tokens, boolean every) {
    return Stage.running(
        some.stream().map(batch -> new ProposalRun(batch, owner, tokens, every)).toList());
  }

  private Stage<Step> agree(Ahead step) {
    float[] logOdds = logOdds(step);
    ProposalWeights weights =
        spoke == null
            ? ProposalWeights.first(begin(logOdds))
            : ProposalWeights.further(logOdds, spoke);
    if (!asked && spoke != null && weights.none() > leftToChunks) {
      // what was asked so far has nothing more to say
      return withWholeChunks().then(this::agree);
    }
    double heaviest = Arrays.stream(weights.parts()).max().orElse(0);
    int[] counting =
        IntStream.range(0, logOdds.length)
            .filter(i -> weights.parts()[i] > heaviest * NEGLIGIBLE)
            .toArray();
    float[] parts = new float[counting.length];
    for (int i = 0; i < parts.length; i++) {
      parts[i] = (float) weights.parts()[counting[i]];
    }
    float[] mixed;
    float[] shares = {};
    try (NDManager own = manager.newSubManager()) {
      NDArray[] out =
          model.agree(
              own,
              step.proposals(),
              step.sums(),
              own.create(
                  new long[] {
                    step.position(), step.positions(), model.config().focus().abstainToken()
                  }),
              own.create(Arrays.stream(counting).asLongStream().toArray()),
              own.create(parts),
              own.create(new double[] {Math.log(Math.max(weights.none(), 1e-30))}));
      mixed = out[0].toFloatArray();
      if (counting.length > 0) {
        shares = out[1].toFloatArray();
      }
    }
    float[] attention = new float[chunkCount + 1];
    spoke = new double[logOdds.length];
    for (int i = 0; i < counting.length; i++) {
      attention[column(counting[i])] += shares[i];
      spoke[counting[i]] = shares[i];
    }
    likeliest = said(speaker(), said, mixed);
    if (!made.isEmpty() && made.peek().token() != likeliest) {
      draftLength.missed();
    }
    float[] relevance = new float[chunkCount];
    for (int i = 0; i < logOdds.length; i++) {
      int chunk = column(i);
      if (chunk < chunkCount) {
        relevance[chunk] = (float) Math.max(relevance[chunk], 1 / (1 + Math.exp(-logOdds[i])));
      }
    }
    return Stage.of(new Step(mixed, attention, relevance));
  }

  /** The odds with which each source begins an answer. */
  private float[] begin(float[] logOdds) {
    return doubtful ? ProposalWeights.doubted(logOdds) : logOdds;
  }

  // Of all sources but the one that holds nothing, which is the last of the last batch.
  private float[] logOdds(Ahead step) {
    float[] all = new float[sources()];
    int at = 0;
    for (int i = 0; i < batches.size(); i++) {
      int size = batches.get(i).size();
      int wanted = i == batches.size() - 1 ? size - 1 : size;
      System.arraycopy(step.odds().get(i), step.position() * size, all, at, wanted);
      at += wanted;
    }
    return all;
  }

  // Of a source that takes part: its chunk's index, or the tail's, which is behind all chunks.
  private int column(int source) {
    int chunks = chunksAsked();
    if (source < chunks) {
      return kept == null ? source : kept[source];
    }
    int excerpt = source - chunks - (tail.length > 0 ? 1 : 0);
    return excerpt < 0 ? chunkCount : excerptOf.get(excerpt);
  }

  @Override
  public boolean hasAskedAll() {
    return asked;
  }

  @Override
  public int chunks() {
    return chunkCount;
  }

  @Override
  public void close() {
    batches.forEach(ChunkBatch::release);
    whole.forEach(ChunkBatch::release);
    manager.close();
  }
}
