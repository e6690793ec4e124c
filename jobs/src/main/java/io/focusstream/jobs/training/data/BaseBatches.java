package io.focusstream.jobs.training.data;

import io.focusstream.operators.text.ByteLevelBpe;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Makes the base model's batches: each a function of (seed, index) alone. One thread each. */
final class BaseBatches {
  /** Of an answer's first token: to find the place is the hard part, to copy on is not. */
  private static final int FULL = 16;

  private static final int LATER = 5;
  private static final int COPIED = 6;
  private static final int PLAIN = 2;
  private final ByteLevelBpe tokenizer;
  private final Books books;
  private final Episodes episodes;
  private final BatchOptions options;
  private final int begin;

  BaseBatches(ByteLevelBpe tokenizer, Books books, BatchOptions options) {
    this.tokenizer = tokenizer;
    this.books = books;
    this.options = options;
    this.episodes = new Episodes(books, tokenizer, options.mix());
    this.begin = tokenizer.specialToken("<s>");
  }

  BaseBatch make(long index) {
    return make(index, true);
  }

  /**
   * Batch {@code index}.
   *
   * @param asked whether most rows are questions; else books, logs and copies only
   */
  private BaseBatch make(long index, boolean asked) {
    Rng rng = Rng.of(options.seed(), index);
    int longest = options.lengths().at(index);
    int length = longest;
    switch (rng.weighted(75, 15, 10)) {
      case 1 -> length = Math.max(64, longest / 2);
      case 2 -> length = Math.max(64, longest / 4);
      default -> {}
    }
    int rows = Math.max(1, options.batchTokens() / length);
    int[] tokens = new int[rows * length];
    byte[] weights = new byte[rows * length];
    for (int row = 0; row < rows; row++) {
      Row out = new Row(length);
      // Copying comes first: look-ups are built on it, and plain text would unlearn it before they
      // are.
      switch (!asked
          ? rng.weighted(40, 30, 30)
          : longest <= 64 ? rng.weighted(0, 0, 60, 40) : rng.weighted(3, 3, 6, 88)) {
        case 0 -> book(rng, out);
        case 1 -> log(rng, out);
        case 2 -> copies(rng, out);
        default -> questions(rng, out);
      }
      out.weights[0] = 0;
      System.arraycopy(out.tokens, 0, tokens, row * length, length);
      System.arraycopy(out.weights, 0, weights, row * length, length);
    }
    return new BaseBatch(rows, length, tokens, weights);
  }

  /** Without questions: books, logs, copies. */
  BaseBatch makePlain(long index) {
    return make(index, false);
  }

  private void book(Rng rng, Row row) {
    if (books == null) {
      log(rng, row);
      return;
    }
    int paragraph = rng.below(books.size());
    if (rng.chance(0.3)) {
      row.add(begin, 0);
    }
    boolean first = true;
    while (!row.full()) {
      int[] text = Draft.encode(tokenizer, books.paragraph(paragraph++));
      int from =
          first && text.length > row.size() && rng.chance(0.5) ? rng.below(text.length / 2) : 0;
      for (int i = from; i < text.length; i++) {
        row.add(text[i], PLAIN);
      }
      first = false;
    }
  }

  private void log(Rng rng, Row row) {
    if (rng.chance(0.3)) {
      row.add(begin, 0);
    }
    Draft draft = episodes.draft(rng, row.size() + 32);
    for (int[] line : draft.tokens) {
      for (int token : line) {
        row.add(token, PLAIN);
      }
    }
  }

  /** Random tokens that come again: only what repeats can be known. */
  private void copies(Rng rng, Row row) {
    int vocabulary = tokenizer.vocabularySize();
    int copied = row.size() <= 64 ? FULL : COPIED;
    if (rng.chance(0.5)) {
      fewSymbols(rng, row);
      return;
    }
    if (rng.chance(0.5)) {
      int period = rng.between(4, Math.max(5, row.size() / 2));
      int[] piece = randomTokens(rng, period, vocabulary);
      for (int i = 0; !row.full(); i++) {
        row.add(piece[i % period], i < period ? 0 : copied);
      }
      return;
    }
    List<int[]> pieces = new ArrayList<>();
    while (!row.full()) {
      if (!pieces.isEmpty() && rng.chance(0.5)) {
        int[] piece = rng.pick(pieces);
        for (int i = 0; i < piece.length; i++) {
          row.add(piece[i], i < 2 ? 0 : copied);
        }
      } else {
        int[] piece = randomTokens(rng, rng.between(5, 24), vocabulary);
        pieces.add(piece);
        for (int token : piece) {
          row.add(token, 0);
        }
      }
    }
  }

  /** Out of a small alphabet: where one token went on in many ways, only several before it tell. */
  private void fewSymbols(Rng rng, Row row) {
    int[] alphabet = symbols(rng);
    List<int[]> pieces = new ArrayList<>();
    while (!row.full()) {
      if (!pieces.isEmpty() && rng.chance(0.6)) {
        int[] piece = rng.pick(pieces);
        int from = rng.chance(0.5) ? 0 : rng.below(Math.max(1, piece.length - 8));
        for (int i = from; i < piece.length; i++) {
          row.add(piece[i], i < from + 4 ? 0 : COPIED);
        }
      } else {
        int[] piece = new int[rng.between(8, 36)];
        for (int i = 0; i < piece.length; i++) {
          piece[i] = alphabet[rng.below(alphabet.length)];
        }
        pieces.add(piece);
        for (int token : piece) {
          row.add(token, 0);
        }
      }
    }
  }

  private int[] symbols(Rng rng) {
    if (rng.chance(0.3)) {
      return randomTokens(rng, rng.between(8, 24), tokenizer.vocabularySize());
    }
    String characters = rng.pick("0123456789", "0123456789abcdef", "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    return characters.chars().map(c -> tokenizer.encode("" + (char) c)[0]).toArray();
  }

  private static int[] randomTokens(Rng rng, int count, int vocabulary) {
    int[] piece = new int[count];
    for (int i = 0; i < count; i++) {
      piece[i] = rng.between(8, vocabulary - 1);
    }
    return piece;
  }

  private void questions(Rng rng, Row row) {
    int size = row.size();
    boolean beginFirst = rng.chance(0.25);
    int contextWeight = rng.chance(0.8) ? 0 : 1;
    double share = size <= 64 ? 0.4 + 0.25 * rng.unit() : 0.3 + 0.4 * rng.unit();
    boolean tailOrder = rng.chance(0.2);
    double notFound = options.mix().drawNotFound(rng);
    for (int tries = 0; tries < 8; tries++) {
      Draft draft = episodes.draft(rng, Math.max(16, (int) (size * share)));
      if (draft.lines.isEmpty()) {
        continue;
      }
      QuestionMaker maker = new QuestionMaker(draft, tokenizer);
      Row trial = new Row(size);
      if (beginFirst || tailOrder) {
        trial.add(begin, 0);
      }
      for (int[] line : draft.tokens) {
        for (int token : line) {
          trial.add(token, contextWeight);
        }
      }
      List<Integer> all = new ArrayList<>();
      List<Integer> telling = new ArrayList<>();
      for (int i = 0; i < draft.lines.size(); i++) {
        all.add(i);
        if (!draft.lines.get(i).facts().isEmpty()) {
          telling.add(i);
        }
      }
      boolean any = false;
      int count = 0;
      int barren = 0;
      int misses = 0;
      boolean tooLong = false;
      while (misses < 16) {
        boolean none = rng.chance(notFound);
        // as in FocusBatches: bounded by the questions that have an answer
        boolean fair = barren < 1 + 1.5 * notFound / (1 - notFound) * (count - barren);
        boolean fromTelling = !telling.isEmpty() && rng.chance(0.8);
        Asked asked =
            !none
                ? maker.answerable(rng, fromTelling ? telling : all)
                : fair ? maker.unanswerable(rng) : null;
        if (asked == null) {
          misses++;
          continue;
        }
        int needed = asked.prompt().length + asked.answer().length + (tailOrder && !any ? 0 : 1);
        if (needed > trial.left()) {
          tooLong |= needed > size / 6;
          misses += 5;
          continue;
        }
        if (!(tailOrder && !any)) {
          trial.add(begin, 0);
        }
        for (int token : asked.prompt()) {
          trial.add(token, 0);
        }
        for (int i = 0; i < asked.answer().length; i++) {
          trial.add(asked.answer()[i], i == 0 ? FULL : LATER);
        }
        any = true;
        count++;
        barren += asked.question().line() < 0 ? 1 : 0;
      }
      if (count >= Math.min(4, size / 64) || any && (tooLong || tries == 7)) {
        row.take(trial);
        return;
      }
    }
    log(rng, row);
  }

  /** A row being filled. */
  private static final class Row {
    private int[] tokens;
    private byte[] weights;
    private int used;

    Row(int length) {
      tokens = new int[length];
      weights = new byte[length];
    }

    int size() {
      return tokens.length;
    }

    int left() {
      return tokens.length - used;
    }

    boolean full() {
      return used == tokens.length;
    }

    void add(int token, int weight) {
      if (used < tokens.length) {
        tokens[used] = token;
        weights[used++] = (byte) weight;
      }
    }

    void take(Row other) {
      tokens = Arrays.copyOf(other.tokens, other.tokens.length);
      weights = Arrays.copyOf(other.weights, other.weights.length);
      used = other.used;
    }
  }
}
