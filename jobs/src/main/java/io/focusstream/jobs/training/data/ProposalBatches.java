package io.focusstream.jobs.training.data;

import io.focusstream.jobs.training.data.Asked.Part;
import io.focusstream.operators.text.ByteLevelBpe;
import io.focusstream.operators.text.PromptTemplate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

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

  // The chunk's own text is learnt too, in sixteenths: it has been read in any case.
  private static final byte OF_TEXT = 2;

  private final ByteLevelBpe tokenizer;
  private final Episodes episodes;
  private final BatchOptions options;
  private final int begin;
  private final Proposals.Marks marks;

  ProposalBatches(ByteLevelBpe tokenizer, Books books, BatchOptions options) {
    this.tokenizer = tokenizer;
    this.options = options;
    this.episodes = new Episodes(books, tokenizer, options.mix());
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
      ProposalBatch batch = tryToMake(rng, index);
      if (batch != null) {
        return batch;
      }
    }
  }

  /** A question behind a chunk: what is read, and what is to be proposed after the question. */
  private record Segment(int[] prompt, Proposals proposals) {
    int length() {
      return prompt.length + proposals.said().length - 1;
    }
  }

  /** A chunk and the questions behind it. */
  private static final class Row {
    final int[] chunk;
    final Set<Integer> pairs = new HashSet<>();
    final List<Segment> segments = new ArrayList<>();
    int length;

    Row(int[] chunk) {
      this.chunk = chunk;
      this.length = chunk.length;
      for (int i = 1; i < chunk.length; i++) {
        pairs.add(chunk[i - 1] << 16 | chunk[i]);
      }
    }

    void add(Segment segment) {
      if (length - chunk.length + segment.length() <= LONGEST_ROW_OF_QUESTIONS) {
        segments.add(segment);
        length += segment.length();
      }
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

  private ProposalBatch tryToMake(Rng rng, long index) {
    int size = rng.chance(0.55) ? 256 : rng.chance(0.2) ? 128 : rng.logBetween(32, 288);
    int most = Math.max(1, Math.min(options.chunks().at(index), options.memoryTokens() / size));
    int count = rng.between(Math.max(1, most / 2), most);
    Draft whole = episodes.draft(rng, count * size);
    if (whole.lines.isEmpty()) {
      return null;
    }
    ChunkedDraft cut = ChunkedDraft.cut(whole, count, size, 0);
    List<Row> rows = cut.chunks().stream().map(Row::new).toList();
    Row nothing = new Row(new int[0]);
    List<List<Integer>> lines =
        cut.linesOfChunks().stream().filter(some -> !some.isEmpty()).toList();
    if (lines.isEmpty()) {
      return null;
    }
    List<List<Integer>> telling =
        lines.stream().map(cut::telling).filter(some -> !some.isEmpty()).toList();
    double notFound = options.mix().drawNotFound(rng);
    QuestionMaker maker = new QuestionMaker(cut.draft(), tokenizer);
    List<Integer> lastSet = maker.lastSet();
    int asked = 0;
    int barren = 0;
    int used = 0;
    for (int tries = 0; used < options.rowTokens() && tries < 400; tries++) {
      Asked one;
      if (rng.chance(notFound)) {
        double fair = 1 + 1.5 * notFound / (1 - notFound) * (asked - barren);
        one = barren >= fair ? null : maker.unanswerable(rng);
      } else if (!lastSet.isEmpty() && rng.chance(0.4)) {
        one = maker.answerable(rng, lastSet);
      } else {
        boolean facts = !telling.isEmpty() && rng.chance(0.8);
        one = maker.answerable(rng, rng.pick(facts ? telling : lines));
      }
      if (one == null) {
        continue;
      }
      int added = ask(rng, one, maker, cut, rows, nothing);
      if (added > 0) {
        used += added;
        asked++;
        barren += one.parts().isEmpty() ? 1 : 0;
      }
      if (rows.stream().allMatch(Row::full)) {
        break;
      }
    }
    return asked < 3 ? null : lay(rows, nothing);
  }

  /** Puts a question behind the chunks that answer it and some that don't; the tokens that took. */
  private int ask(
      Rng rng, Asked asked, QuestionMaker maker, ChunkedDraft cut, List<Row> rows, Row nothing) {
    List<Part> spoken = new ArrayList<>(asked.parts());
    if (spoken.stream().anyMatch(part -> cut.chunkOf()[part.line()] < 0)
        || asked.earlier().stream().anyMatch(part -> cut.chunkOf()[part.line()] < 0)) {
      return 0;
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
    Set<Integer> chosen = new HashSet<>();
    spoken.forEach(part -> chosen.add(cut.chunkOf()[part.line()]));
    if (!asked.earlier().isEmpty()) {
      for (int i = 0; i < 2; i++) {
        chosen.add(cut.chunkOf()[rng.pick(asked.earlier()).line()]);
      }
    }
    // those that hold what looks like it most, and now and then any
    for (double chance : spoken.isEmpty() ? ALIKE_WITHOUT_ANSWER : ALIKE_BESIDE_ANSWER) {
      int alike = rng.chance(chance) ? mostAlike(asked.prompt(), rows, chosen) : -1;
      if (alike >= 0) {
        chosen.add(alike);
      }
    }
    if (rng.chance(spoken.isEmpty() ? 0.5 : 0.25)) {
      chosen.add(rng.below(rows.size()));
    }
    int tokens = 0;
    for (int chunk : chosen) {
      Row row = rows.get(chunk);
      Proposals proposals = proposals(rng, asked, spoken, blanks, several, cut, chunk);
      if (proposals.silent(marks.abstain()) && rng.chance(ONLY_AT_FIRST)) {
        proposals = proposals.first();
      }
      Segment segment = new Segment(prompt, proposals);
      row.add(segment);
      tokens += segment.length();
    }
    if (rng.chance(several ? 0.6 : ASKED_WITHOUT_CHUNK)) {
      nothing.add(new Segment(prompt, Proposals.ofNothing(spoken, several, blanks, marks)));
    }
    return tokens;
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

  private Proposals proposals(
      Rng rng,
      Asked asked,
      List<Part> spoken,
      List<Boolean> blanks,
      boolean several,
      ChunkedDraft cut,
      int chunk) {
    if (spoken.isEmpty()) {
      return Proposals.abstaining(marks);
    }
    List<Part> own = spoken.stream().filter(part -> cut.chunkOf()[part.line()] == chunk).toList();
    if (own.isEmpty()) {
      // what it holds was the last word on the matter, as far as it goes
      List<Part> earlier =
          asked.earlier().stream().filter(part -> cut.chunkOf()[part.line()] == chunk).toList();
      if (!earlier.isEmpty()) {
        own = earlier.subList(earlier.size() - 1, earlier.size());
        if (rng.chance(0.6)) {
          return Proposals.ofChunk(own, own, false, blanks, marks);
        }
      }
    }
    return Proposals.ofChunk(spoken, own, several, blanks, marks);
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
    for (int r = 0; r < b; r++) {
      Row row = rows.get(r);
      int at = r * s;
      for (int i = 0; i < row.chunk.length; i++) {
        tokens[at] = row.chunk[i];
        positions[at] = i;
        if (i + 1 < row.chunk.length) {
          targets[at] = row.chunk[i + 1];
          weights[at] = OF_TEXT;
        }
        at++;
      }
      int number = 0;
      for (Segment segment : row.segments) {
        number++;
        Proposals proposals = segment.proposals();
        for (int i = 0; i < segment.length(); i++) {
          int answered = i - segment.prompt().length;
          tokens[at] = answered < 0 ? segment.prompt()[i] : proposals.said()[answered];
          positions[at] = row.chunk.length + i;
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
    return new ProposalBatch(b, s, tokens, positions, segments, targets, weights);
  }
}
