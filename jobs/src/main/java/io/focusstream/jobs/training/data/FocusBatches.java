package io.focusstream.jobs.training.data;

import io.focusstream.operators.text.ByteLevelBpe;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * Makes the added projections' batches: each a function of (seed, index) alone. One thread each.
 */
final class FocusBatches {
  private static final int FULL = 16;
  private static final int OBJECTIVE_TARGETS = 8;
  private static final int MOST_DISTANT = 8192;
  private final ByteLevelBpe tokenizer;
  private final Books books;
  private final Episodes episodes;
  private final BatchOptions options;
  private final int begin;

  FocusBatches(ByteLevelBpe tokenizer, Books books, BatchOptions options) {
    this.tokenizer = tokenizer;
    this.books = books;
    this.options = options;
    this.episodes = new Episodes(books, tokenizer, options.mix());
    this.begin = tokenizer.specialToken("<s>");
  }

  FocusBatch make(long index) {
    Rng rng = Rng.of(options.seed() ^ 0x5EEDF0C05L, index);
    while (true) {
      FocusBatch batch =
          rng.chance(options.mix().objectives()) ? objective(rng, index) : questions(rng, index);
      if (batch != null) {
        return batch;
      }
    }
  }

  /** A chunk's size: 256 is common, else log-uniform. */
  private static int chunkSize(Rng rng) {
    return rng.chance(0.25) ? 256 : rng.chance(0.15) ? 128 : rng.logBetween(32, 288);
  }

  private int chunkCount(Rng rng, long index, int chunkSize) {
    int most =
        Math.max(1, Math.min(options.chunks().at(index), options.memoryTokens() / chunkSize));
    return rng.logBetween(1, most);
  }

  /** One question's row. */
  private record RowOf(
      int[] question, int[] answer, int[] localFront, int[] weight, int evidence) {}

  private FocusBatch questions(Rng rng, long index) {
    int size = chunkSize(rng);
    int count = chunkCount(rng, index, size);
    int tail = rng.chance(0.35) ? 0 : rng.chance(0.4) ? rng.between(64, 256) : rng.between(8, 64);
    Draft whole = episodes.draft(rng, count * size + tail);
    if (whole.lines.isEmpty()) {
      return null;
    }
    ChunkedDraft cut = ChunkedDraft.cut(whole, count, size, tail);
    Draft draft = cut.draft();
    List<int[]> chunks = cut.chunks();
    int[] chunkOf = cut.chunkOf();
    int[] tailIds = cut.tail();
    List<Integer> tailLines =
        IntStream.range(0, chunkOf.length)
            .filter(line -> chunkOf[line] == ChunkedDraft.TAIL)
            .boxed()
            .toList();
    List<List<Integer>> linesOfChunk =
        cut.linesOfChunks().stream().filter(lines -> !lines.isEmpty()).toList();
    List<List<Integer>> withFacts =
        linesOfChunk.stream().map(cut::telling).filter(lines -> !lines.isEmpty()).toList();
    if (linesOfChunk.isEmpty()) {
      return null;
    }
    int wanted = rng.between(8, 64);
    int longestAnswer = rng.pick(9, 9, 20, 40, 40);
    if (tailIds.length > 128) {
      wanted = rng.between(4, 24);
    }
    double notFound = options.mix().drawNotFound(rng);
    QuestionMaker maker = new QuestionMaker(draft, tokenizer);
    List<Integer> lastSet = maker.lastSet();
    int[] distance = distances(rng, chunks.size());
    List<RowOf> rows = new ArrayList<>();
    int longest = 0;
    // Where little can be asked, tries without an answer would be most of what comes of them: a
    // model
    // that learns from that says «not found» to everything. So they are bounded by the others.
    boolean mayBeBarren = rng.chance(0.1);
    int barren = 0;
    for (int tries = 0; rows.size() < wanted && tries < wanted * 12; tries++) {
      Asked asked;
      if (rng.chance(notFound)) {
        double fair = 1.5 * notFound / (1 - notFound) * (rows.size() - barren);
        if (barren >= (mayBeBarren ? 6 : 1) + fair) {
          continue;
        }
        asked = maker.unanswerable(rng);
      } else if (!lastSet.isEmpty() && rng.chance(0.4)) {
        asked = maker.answerable(rng, lastSet);
      } else if (!tailLines.isEmpty() && rng.chance(0.08)) {
        asked = maker.answerable(rng, tailLines);
      } else {
        boolean telling = !withFacts.isEmpty() && rng.chance(0.8);
        asked = maker.answerable(rng, rng.pick(telling ? withFacts : linesOfChunk));
      }
      if (asked == null || !knowable(asked, chunkOf, maker, distance)) {
        continue;
      }
      // A longer answer costs a candidate a token and a chunk, and teaches little more.
      if (asked.answer().length > longestAnswer) {
        continue;
      }
      int length = 1 + asked.prompt().length + asked.answer().length - 1;
      int newLongest = Math.max(longest, length);
      if (!rows.isEmpty()
          && (long) chunks.size() * (rows.size() + 1) * newLongest > options.rowTokens()) {
        if (length <= longest) {
          break;
        }
        continue;
      }
      longest = newLongest;
      int evidence =
          asked.question().line() < 0 ? -1 : Math.max(-1, chunkOf[asked.question().line()]);
      int[] weight = new int[asked.answer().length];
      Arrays.fill(weight, FULL);
      int[] prompt = new int[asked.prompt().length + 1];
      prompt[0] = begin;
      System.arraycopy(asked.prompt(), 0, prompt, 1, asked.prompt().length);
      int[] front = new int[tailIds.length + 1];
      front[0] = begin;
      System.arraycopy(tailIds, 0, front, 1, tailIds.length);
      int[] local = Arrays.copyOf(front, front.length + asked.prompt().length);
      System.arraycopy(asked.prompt(), 0, local, front.length, asked.prompt().length);
      rows.add(new RowOf(prompt, asked.answer(), local, weight, evidence));
      barren += asked.question().line() < 0 ? 1 : 0;
    }
    if (rows.size() < 3) {
      return null;
    }
    return lay(chunks, rows, distance);
  }

  /**
   * How many chunks ago each of a memory's was: of two in five memories one after the other, else
   * as if there were more between them, up to some thousands.
   */
  private static int[] distances(Rng rng, int count) {
    int[] distance = new int[count];
    for (int i = 0; i < count; i++) {
      distance[i] = count - 1 - i;
    }
    if (rng.chance(0.4)) {
      return distance;
    }
    int most = rng.logBetween(count, Math.max(count, MOST_DISTANT));
    TreeSet<Integer> drawn = new TreeSet<>(Comparator.reverseOrder());
    if (rng.chance(0.5)) {
      drawn.add(0);
    }
    boolean logarithmic = rng.chance(0.5);
    for (int tries = 0; drawn.size() < count; tries++) {
      drawn.add(logarithmic && tries < 4 * count ? rng.logBetween(1, most) - 1 : rng.below(most));
    }
    int i = 0;
    for (int d : drawn) {
      distance[i++] = d;
    }
    return distance;
  }

  /**
   * What was set again must be so in one chunk, or last in the tail; where positions tell how long
   * ago a chunk was, by the logarithm of that, the last must be nearer than any other by a quarter.
   */
  private boolean knowable(Asked asked, int[] chunkOf, QuestionMaker maker, int[] distance) {
    Question question = asked.question();
    if (question.line() < 0) {
      return true;
    }
    int home = chunkOf[question.line()];
    if (home == ChunkedDraft.SPLIT) {
      return false;
    }
    for (int line : maker.rivals(question)) {
      int other = chunkOf[line];
      if (other == home || home == -1) {
        continue;
      }
      if (!options.ordered() || other < 0 || 1 + distance[other] < 1.25 * (1 + distance[home])) {
        return false;
      }
    }
    return true;
  }

  /** Continuation or reconstruction (FocusLLM §3.3): plain text, no special tokens. */
  private FocusBatch objective(Rng rng, long index) {
    boolean continuation = rng.chance(0.4);
    int size = Math.max(64, chunkSize(rng));
    int count = chunkCount(rng, index, size);
    int[] all = stream(rng, count * size + 512);
    if (all.length < size) {
      return null;
    }
    count = Math.max(1, Math.min(count, (all.length - 100) / size));
    List<int[]> chunks = new ArrayList<>();
    for (int c = 0; c < count; c++) {
      chunks.add(Arrays.copyOfRange(all, c * size, (c + 1) * size));
    }
    int memory = count * size;
    List<RowOf> rows = new ArrayList<>();
    int wanted = continuation ? 4 : rng.between(8, 48);
    int longest = 0;
    for (int tries = 0; rows.size() < wanted && tries < wanted * 8; tries++) {
      int from;
      int evidence;
      int query;
      if (continuation) {
        query = rng.between(24, 64);
        from = memory;
        evidence = -1;
      } else {
        query = rng.between(16, Math.min(64, size - OBJECTIVE_TARGETS));
        evidence = rng.below(count);
        from = evidence * size + rng.below(size - query - OBJECTIVE_TARGETS + 1);
      }
      if (from + query + OBJECTIVE_TARGETS > all.length) {
        continue;
      }
      if (!continuation && occurrences(all, memory, from + query - 8, 8) > 1) {
        continue;
      }
      int length = query + OBJECTIVE_TARGETS - 1;
      int newLongest = Math.max(longest, length);
      if (!rows.isEmpty() && (long) count * (rows.size() + 1) * newLongest > options.rowTokens()) {
        break;
      }
      longest = newLongest;
      int[] question = Arrays.copyOfRange(all, from, from + query);
      int[] answer = Arrays.copyOfRange(all, from + query, from + query + OBJECTIVE_TARGETS);
      int[] weight = new int[OBJECTIVE_TARGETS];
      Arrays.fill(weight, continuation ? 6 : FULL);
      rows.add(new RowOf(question, answer, question, weight, evidence));
    }
    return rows.isEmpty() ? null : lay(chunks, rows, distances(rng, count));
  }

  private int[] stream(Rng rng, int wanted) {
    List<int[]> lines = new ArrayList<>();
    int total = 0;
    if (books != null && rng.chance(0.5)) {
      int paragraph = rng.below(books.size());
      while (total < wanted) {
        int[] line = Draft.encode(tokenizer, books.paragraph(paragraph++));
        lines.add(line);
        total += line.length;
      }
    } else {
      while (total < wanted) {
        for (int[] line : episodes.draft(rng, Math.min(4000, wanted)).tokens) {
          lines.add(line);
          total += line.length;
        }
      }
    }
    return ChunkedDraft.join(lines);
  }

  private static int occurrences(int[] all, int limit, int from, int length) {
    int found = 0;
    for (int i = 0; i + length <= limit; i++) {
      if (all[i] == all[from] && Arrays.equals(all, i, i + length, all, from, from + length)) {
        found++;
      }
    }
    return found;
  }

  private static FocusBatch lay(List<int[]> chunks, List<RowOf> rows, int[] distance) {
    int c = chunks.size();
    int q = rows.size();
    int tc = 0;
    int[] chunkLength = new int[c];
    for (int i = 0; i < c; i++) {
      chunkLength[i] = chunks.get(i).length;
      tc = Math.max(tc, chunkLength[i]);
    }
    int[] chunkTokens = new int[c * tc];
    for (int i = 0; i < c; i++) {
      System.arraycopy(chunks.get(i), 0, chunkTokens, i * tc, chunkLength[i]);
    }
    int sp = 0;
    int sl = 0;
    int a = 0;
    for (RowOf row : rows) {
      sp = Math.max(sp, row.question().length + row.answer().length - 1);
      sl = Math.max(sl, row.localFront().length + row.answer().length - 1);
      a = Math.max(a, row.answer().length);
    }
    int[] prompt = new int[q * sp];
    int[] promptLast = new int[q];
    int[] local = new int[q * sl];
    int[] localLast = new int[q];
    int[] answerLength = new int[q];
    int[] target = new int[q * a];
    byte[] weight = new byte[q * a];
    int[] evidence = new int[q];
    for (int i = 0; i < q; i++) {
      RowOf row = rows.get(i);
      int n = row.answer().length;
      System.arraycopy(row.question(), 0, prompt, i * sp, row.question().length);
      System.arraycopy(row.answer(), 0, prompt, i * sp + row.question().length, n - 1);
      promptLast[i] = row.question().length - 1;
      System.arraycopy(row.localFront(), 0, local, i * sl, row.localFront().length);
      System.arraycopy(row.answer(), 0, local, i * sl + row.localFront().length, n - 1);
      localLast[i] = row.localFront().length - 1;
      answerLength[i] = n;
      System.arraycopy(row.answer(), 0, target, i * a, n);
      for (int j = 0; j < n; j++) {
        weight[i * a + j] = (byte) row.weight()[j];
      }
      evidence[i] = row.evidence();
    }
    return new FocusBatch(
        c,
        tc,
        q,
        sp,
        sl,
        a,
        chunkTokens,
        chunkLength,
        prompt,
        promptLast,
        local,
        localLast,
        answerLength,
        target,
        weight,
        evidence,
        distance);
  }
}
