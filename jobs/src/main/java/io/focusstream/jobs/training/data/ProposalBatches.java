package io.focusstream.jobs.training.data;

import io.focusstream.jobs.training.data.Asked.Part;
import io.focusstream.operators.text.ByteLevelBpe;
import io.focusstream.operators.text.LineMatcher;
import io.focusstream.operators.text.PromptTemplate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;

/**
 * Makes batches for the readout by proposals: each a function of (seed, index) alone. One thread
 * each.
 */
final class ProposalBatches {
  private static final int LONGEST_ROW_OF_QUESTIONS = 640;
  private static final double ASKED_WITHOUT_CHUNK = 0.12;

  // Chances of the one that is most alike, and of the one after it.
  private static final double[] ALIKE_WITHOUT_ANSWER = {1, 0.5};
  private static final double[] ALIKE_BESIDE_ANSWER = {0.8, 0.3};

  // Of the chunks that have nothing to say, most are asked only whether they begin.
  private static final double ONLY_AT_FIRST = 0.7;

  private static final int CHUNK_OF_EXCERPTS = 240;
  private static final double[] CHUNKS_OF_EXCERPTS = {35, 30, 20, 10, 5};
  private static final int QUESTIONS_A_DRAFT = 20;

  // What lines of unknown kinds say is the hard part.
  private static final double EXCERPTS_OF_KINDS = 0.6;

  // The chunk's own text is learnt too, in sixteenths: it has been read in any case.
  private static final byte OF_TEXT = 2;

  // Of the chunks of excerpts, only some are learnt: what is asked of a few lines is what counts.
  private static final double TEXT_OF_EXCERPTS = 0.3;

  private final ByteLevelBpe tokenizer;
  private final Episodes episodes;
  private final BatchOptions options;
  private final LineMatcher matcher;
  private final int begin;
  private final Proposals.Marks marks;

  ProposalBatches(ByteLevelBpe tokenizer, Books books, BatchOptions options) {
    this.tokenizer = tokenizer;
    this.options = options;
    this.episodes = new Episodes(books, tokenizer, options.mix());
    this.matcher = new LineMatcher(tokenizer);
    this.begin = tokenizer.specialToken("<s>");
    int end = tokenizer.specialToken("</s>");
    int[] words = tokenizer.encode(Question.NOT_FOUND);
    int[] notFound = Arrays.copyOf(words, words.length + 1);
    notFound[words.length] = end;
    this.marks =
        new Proposals.Marks(
            tokenizer.specialToken(PromptTemplate.ABSTAIN),
            tokenizer.encode(",")[0],
            tokenizer.encode(" ")[0],
            end,
            notFound);
  }

  ProposalBatch make(long index) {
    Rng rng = Rng.of(options.seed() ^ 0x9809054115L, index);
    while (true) {
      ProposalBatch batch =
          rng.chance(options.excerpts()) ? ofExcerpts(rng) : ofWholeChunks(rng, index);
      if (batch != null) {
        return batch;
      }
    }
  }

  /**
   * A question behind a chunk: what is read, and what is to be proposed after the question.
   *
   * @param columns places of the chunk's tokens that it sees; null for all of them
   */
  private record Segment(int[] prompt, Proposals proposals, int[] columns) {
    int length() {
      return prompt.length + proposals.said().length - 1;
    }
  }

  /** A chunk and the questions behind it. */
  private static final class Row {
    final int[] chunk;
    final boolean learnt;
    final Set<Integer> pairs = new HashSet<>();
    final List<Segment> segments = new ArrayList<>();
    int length;

    /**
     * @param learnt whether the chunk's own text is learnt too
     */
    Row(int[] chunk, boolean learnt) {
      this.chunk = chunk;
      this.learnt = learnt;
      this.length = chunk.length;
      for (int i = 1; i < chunk.length; i++) {
        pairs.add(chunk[i - 1] << 16 | chunk[i]);
      }
    }

    /** The tokens that took: none where there was no room. */
    int add(Segment segment) {
      if (length - chunk.length + segment.length() > LONGEST_ROW_OF_QUESTIONS) {
        return 0;
      }
      segments.add(segment);
      length += segment.length();
      return segment.length();
    }

    boolean full() {
      return length - chunk.length > LONGEST_ROW_OF_QUESTIONS - 96;
    }

    /** How many pairs of tokens of a text it holds. */
    int shared(int[] text) {
      int count = 0;
      for (int i = 1; i < text.length; i++) {
        count += pairs.contains(text[i - 1] << 16 | text[i]) ? 1 : 0;
      }
      return count;
    }
  }

  private ProposalBatch ofWholeChunks(Rng rng, long index) {
    int size = rng.chance(0.55) ? 256 : rng.chance(0.2) ? 128 : rng.logBetween(32, 288);
    int most = Math.max(1, Math.min(options.chunks().at(index), options.memoryTokens() / size));
    int count = rng.between(Math.max(1, most / 2), most);
    Draft whole = episodes.draft(rng, count * size);
    if (whole.lines.isEmpty()) {
      return null;
    }
    ChunkedDraft cut = ChunkedDraft.cut(whole, count, size, 0);
    List<Row> rows = cut.chunks().stream().map(chunk -> new Row(chunk, true)).toList();
    Row nothing = new Row(new int[0], false);
    List<List<Integer>> lines =
        cut.linesOfChunks().stream().filter(some -> !some.isEmpty()).toList();
    if (lines.isEmpty()) {
      return null;
    }
    Asking asking = new Asking(rng, cut, lines);
    int used = 0;
    for (int tries = 0; used < options.rowTokens() && tries < 400; tries++) {
      Asked one = asking.next(rng);
      if (one == null) {
        continue;
      }
      int added = ask(rng, one, cut, rows, nothing);
      if (added > 0) {
        used += added;
        asking.took(one);
      }
      if (rows.stream().allMatch(Row::full)) {
        break;
      }
    }
    return asking.asked < 3 ? null : lay(rows, nothing);
  }

  /** Chooses questions about a draft. */
  private final class Asking {
    private final QuestionMaker maker;
    private final List<List<Integer>> lines;
    private final List<List<Integer>> telling;
    private final List<Integer> lastSet;
    private final double notFound;
    private int asked;
    private int barren;

    /**
     * @param lines of each chunk that has some
     */
    Asking(Rng rng, ChunkedDraft cut, List<List<Integer>> lines) {
      this.lines = lines;
      telling = lines.stream().map(cut::telling).filter(some -> !some.isEmpty()).toList();
      notFound = options.mix().drawNotFound(rng);
      maker = new QuestionMaker(cut.draft(), tokenizer);
      lastSet = maker.lastSet();
    }

    /** Null where a try came to nothing. */
    Asked next(Rng rng) {
      if (rng.chance(notFound)) {
        double fair = 1 + 1.5 * notFound / (1 - notFound) * (asked - barren);
        return barren >= fair ? null : maker.unanswerable(rng);
      }
      if (!lastSet.isEmpty() && rng.chance(0.4)) {
        return maker.answerable(rng, lastSet);
      }
      boolean facts = !telling.isEmpty() && rng.chance(0.8);
      return maker.answerable(rng, rng.pick(facts ? telling : lines));
    }

    void took(Asked one) {
      asked++;
      barren += one.parts().isEmpty() ? 1 : 0;
    }
  }

  /**
   * Questions about several drafts, each behind the lines that the engine would choose: their
   * columns of the whole chunk's states, as the engine takes them.
   */
  private ProposalBatch ofExcerpts(Rng rng) {
    List<Row> rows = new ArrayList<>();
    Row nothing = new Row(new int[0], false);
    int used = 0;
    for (int drafts = 0; used < options.rowTokens() && drafts < 24; drafts++) {
      int count = rng.weighted(CHUNKS_OF_EXCERPTS) + 1;
      Draft whole =
          rng.chance(EXCERPTS_OF_KINDS)
              ? episodes.ofKinds(rng, count * CHUNK_OF_EXCERPTS)
              : episodes.draft(rng, count * CHUNK_OF_EXCERPTS);
      if (!whole.lines.isEmpty()) {
        ChunkedDraft cut = ChunkedDraft.cut(whole, count, CHUNK_OF_EXCERPTS, 0);
        used += excerptsOf(rng, cut, options.rowTokens() - used, rows, nothing);
      }
    }
    return rows.isEmpty() ? null : lay(rows, nothing);
  }

  private int excerptsOf(Rng rng, ChunkedDraft cut, int most, List<Row> rows, Row nothing) {
    List<List<Integer>> lines = cut.linesOfChunks();
    List<List<Integer>> some = lines.stream().filter(one -> !one.isEmpty()).toList();
    if (some.isEmpty()) {
      return 0;
    }
    // where each line begins in its chunk
    int[] starts = new int[cut.draft().lines.size()];
    for (List<Integer> chunk : lines) {
      int at = 0;
      for (int line : chunk) {
        starts[line] = at;
        at += cut.draft().tokens.get(line).length;
      }
    }
    Asking asking = new Asking(rng, cut, some);
    Row[] known = new Row[cut.chunks().size()];
    int used = 0;
    for (int tries = 0; tries < 40 && asking.asked < QUESTIONS_A_DRAFT && used < most; tries++) {
      Asked one = asking.next(rng);
      Told told = one == null ? null : told(rng, one, cut);
      if (told == null) {
        continue;
      }
      List<LineMatcher.Excerpt> found =
          new ArrayList<>(matcher.find(cut.chunks(), one.prompt(), cut.chunks().size()).excerpts());
      rng.shuffle(found);
      int silent = 0;
      boolean any = false;
      for (LineMatcher.Excerpt excerpt : found) {
        IntPredicate holds =
            line ->
                cut.chunkOf()[line] == excerpt.text()
                    && Arrays.binarySearch(excerpt.tokens(), starts[line]) >= 0;
        boolean tells =
            told.spoken().stream().anyMatch(part -> holds.test(part.line()))
                || one.earlier().stream().anyMatch(part -> holds.test(part.line()));
        if (!tells && ++silent > 2) {
          continue;
        }
        Row row = known[excerpt.text()];
        if (row == null) {
          row = new Row(cut.chunks().get(excerpt.text()), rng.chance(TEXT_OF_EXCERPTS));
          known[excerpt.text()] = row;
          rows.add(row);
          used += row.chunk.length;
        }
        int took = put(rng, told, holds, row, excerpt.tokens());
        used += took;
        any |= took > 0;
      }
      if (any) {
        asking.took(one);
        putWithoutChunk(rng, told, nothing);
      }
    }
    return used;
  }

  /** Puts a question behind the chunks that answer it and some that don't; the tokens that took. */
  private int ask(Rng rng, Asked asked, ChunkedDraft cut, List<Row> rows, Row nothing) {
    Told told = told(rng, asked, cut);
    if (told == null) {
      return 0;
    }
    Set<Integer> chosen = new HashSet<>();
    told.spoken().forEach(part -> chosen.add(cut.chunkOf()[part.line()]));
    if (!asked.earlier().isEmpty()) {
      for (int i = 0; i < 2; i++) {
        chosen.add(cut.chunkOf()[rng.pick(asked.earlier()).line()]);
      }
    }
    boolean barren = told.spoken().isEmpty();
    // those that hold what looks like it most, and now and then any
    for (double chance : barren ? ALIKE_WITHOUT_ANSWER : ALIKE_BESIDE_ANSWER) {
      int alike = rng.chance(chance) ? mostAlike(asked.prompt(), rows, chosen) : -1;
      if (alike >= 0) {
        chosen.add(alike);
      }
    }
    if (rng.chance(barren ? 0.5 : 0.25)) {
      chosen.add(rng.below(rows.size()));
    }
    int tokens = 0;
    for (int chunk : chosen) {
      tokens += put(rng, told, line -> cut.chunkOf()[line] == chunk, rows.get(chunk), null);
    }
    putWithoutChunk(rng, told, nothing);
    return tokens;
  }

  /**
   * Puts a question behind a chunk, or those columns of it, that hold some lines; the tokens that
   * took.
   */
  private int put(Rng rng, Told told, IntPredicate holds, Row row, int[] columns) {
    Proposals proposals = proposals(rng, told, holds);
    if (proposals.silent(marks.abstain()) && rng.chance(ONLY_AT_FIRST)) {
      proposals = proposals.first();
    }
    return row.add(new Segment(told.prompt(), proposals, columns));
  }

  private void putWithoutChunk(Rng rng, Told told, Row nothing) {
    if (rng.chance(told.several() ? 0.6 : ASKED_WITHOUT_CHUNK)) {
      nothing.add(
          new Segment(
              told.prompt(),
              Proposals.ofNothing(told.spoken(), told.several(), told.blanks(), marks),
              null));
    }
  }

  /**
   * A question as it is told.
   *
   * @param prompt with its begin token
   * @param spoken the answer's parts, in the order in which they are said
   * @param blanks which of them begin with a blank of their own
   */
  private record Told(
      Asked asked, int[] prompt, List<Part> spoken, List<Boolean> blanks, boolean several) {}

  /** Null where a line of the answer is in no chunk. */
  private Told told(Rng rng, Asked asked, ChunkedDraft cut) {
    List<Part> spoken = new ArrayList<>(asked.parts());
    if (spoken.stream().anyMatch(part -> cut.chunkOf()[part.line()] < 0)
        || asked.earlier().stream().anyMatch(part -> cut.chunkOf()[part.line()] < 0)) {
      return null;
    }
    boolean several = asked.severalParts();
    if (several && spoken.stream().allMatch(part -> part.after() < 0)) {
      rng.shuffle(spoken);
    }
    spoken = byLine(asked.parts(), spoken);
    int[] prompt = new int[asked.prompt().length + 1];
    prompt[0] = begin;
    System.arraycopy(asked.prompt(), 0, prompt, 1, asked.prompt().length);
    List<Boolean> blanks =
        spoken.stream()
            .map(part -> !tokenizer.decode(part.tokens(), 0, 1).startsWith(" "))
            .toList();
    return new Told(asked, prompt, spoken, blanks, several);
  }

  /** {@code after} counts parts; where parts are said, lines tell them apart. */
  private static List<Part> byLine(List<Part> all, List<Part> spoken) {
    return spoken.stream()
        .map(
            part ->
                new Part(
                    part.line(),
                    part.tokens(),
                    part.after() < 0 ? -1 : all.get(part.after()).line()))
        .toList();
  }

  private Proposals proposals(Rng rng, Told told, IntPredicate holds) {
    if (told.spoken().isEmpty()) {
      return Proposals.abstaining(marks);
    }
    List<Part> own = told.spoken().stream().filter(part -> holds.test(part.line())).toList();
    if (own.isEmpty()) {
      // what it holds was the last word on the matter, as far as it goes
      List<Part> earlier =
          told.asked().earlier().stream().filter(part -> holds.test(part.line())).toList();
      if (!earlier.isEmpty()) {
        own = earlier.subList(earlier.size() - 1, earlier.size());
        if (rng.chance(0.6)) {
          return Proposals.ofChunk(own, own, false, told.blanks(), marks);
        }
      }
    }
    return Proposals.ofChunk(told.spoken(), own, told.several(), told.blanks(), marks);
  }

  private static int mostAlike(int[] prompt, List<Row> rows, Set<Integer> not) {
    int best = -1;
    int most = -1;
    for (int i = 0; i < rows.size(); i++) {
      if (!not.contains(i) && !rows.get(i).full()) {
        int shared = rows.get(i).shared(prompt);
        if (shared > most) {
          most = shared;
          best = i;
        }
      }
    }
    return best;
  }

  private ProposalBatch lay(List<Row> asked, Row nothing) {
    List<Row> rows = new ArrayList<>(asked);
    rows.add(nothing);
    rows.removeIf(row -> row.segments.isEmpty());
    int b = rows.size();
    int s = rows.stream().mapToInt(row -> row.length).max().orElseThrow();
    int[] tokens = new int[b * s];
    int[] positions = new int[b * s];
    int[] segments = new int[b * s];
    int[] targets = new int[b * s];
    byte[] weights = new byte[b * s];
    int[][][] columns = new int[b][][];
    for (int r = 0; r < b; r++) {
      Row row = rows.get(r);
      columns[r] = row.segments.stream().map(Segment::columns).toArray(int[][]::new);
      int at = r * s;
      for (int i = 0; i < row.chunk.length; i++) {
        tokens[at] = row.chunk[i];
        positions[at] = i;
        if (row.learnt && i + 1 < row.chunk.length) {
          targets[at] = row.chunk[i + 1];
          weights[at] = OF_TEXT;
        }
        at++;
      }
      int number = 0;
      for (Segment segment : row.segments) {
        number++;
        Proposals proposals = segment.proposals();
        int seen = segment.columns() == null ? row.chunk.length : segment.columns().length;
        for (int i = 0; i < segment.length(); i++) {
          int answered = i - segment.prompt().length;
          tokens[at] = answered < 0 ? segment.prompt()[i] : proposals.said()[answered];
          positions[at] = seen + i;
          segments[at] = number;
          if (answered >= -1) {
            targets[at] = proposals.proposed()[answered + 1];
            weights[at] = proposals.weights()[answered + 1];
          }
          at++;
        }
      }
      Arrays.fill(segments, at, (r + 1) * s, number + 1);
    }
    return new ProposalBatch(b, s, tokens, positions, segments, targets, weights, columns);
  }
}
