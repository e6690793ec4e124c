package io.focusstream.operators.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;

/** What holds for every sequence of event lengths. */
class ChunkerProperties {
  @Provide
  Arbitrary<List<Integer>> lengths() {
    return Arbitraries.frequencyOf(
            Tuple.of(8, Arbitraries.integers().between(1, 20)),
            Tuple.of(2, Arbitraries.integers().between(1, 64)),
            Tuple.of(1, Arbitraries.integers().between(1, 400)))
        .list()
        .ofMaxSize(80);
  }

  private static int[] array(List<Integer> lengths) {
    return lengths.stream().mapToInt(Integer::intValue).toArray();
  }

  private static int size(List<Chunker.Piece> chunk) {
    return chunk.stream().mapToInt(piece -> piece.to() - piece.from()).sum();
  }

  @Property
  void chunksAndRestTogetherAreTheInputAndNoneIsTooLong(
      @ForAll("lengths") List<Integer> lengths,
      @ForAll @IntRange(min = 1, max = 64) int chunkTokens,
      @ForAll @IntRange(min = 0, max = 64) int more) {
    Chunker chunker = new Chunker(chunkTokens, chunkTokens + more);
    int[] events = array(lengths);
    Chunker.Plan plan = chunker.plan(events);
    int event = 0;
    int token = 0;
    for (List<Chunker.Piece> chunk : plan.chunks()) {
      assertTrue(size(chunk) >= 1 && size(chunk) <= chunkTokens);
      for (Chunker.Piece piece : chunk) {
        assertEquals(event, piece.event());
        assertEquals(token, piece.from());
        assertEquals(piece.to() == events[event], piece.endsEvent());
        token = piece.to();
        if (piece.endsEvent()) {
          event++;
          token = 0;
        }
      }
    }
    assertEquals(plan.firstEvent(), event);
    assertEquals(plan.firstToken(), token);
    long rest = -plan.firstToken();
    for (int i = plan.firstEvent(); i < events.length; i++) {
      rest += events[i];
    }
    assertTrue(rest <= chunkTokens + more, "the rest fits the window");
  }

  @Property
  void noEventThatFitsAChunkIsSplit(
      @ForAll("lengths") List<Integer> lengths,
      @ForAll @IntRange(min = 1, max = 64) int chunkTokens) {
    int[] events = array(lengths);
    for (List<Chunker.Piece> chunk : new Chunker(chunkTokens, chunkTokens).plan(events).chunks()) {
      for (Chunker.Piece piece : chunk) {
        if (events[piece.event()] <= chunkTokens) {
          assertEquals(events[piece.event()], piece.to() - piece.from());
        }
      }
    }
  }

  /** The tail of the operator, with events that are named by their index. */
  private static final class Tail {
    private final List<int[]> rest = new ArrayList<>();
    private final List<List<Integer>> sealed = new ArrayList<>();
    private final Chunker chunker;

    Tail(Chunker chunker) {
      this.chunker = chunker;
    }

    void add(List<int[]> arrived) {
      rest.addAll(arrived);
      Chunker.Plan plan = chunker.plan(rest.stream().mapToInt(event -> event.length).toArray());
      for (List<Chunker.Piece> chunk : plan.chunks()) {
        List<Integer> tokens = new ArrayList<>();
        for (Chunker.Piece piece : chunk) {
          for (int i = piece.from(); i < piece.to(); i++) {
            tokens.add(rest.get(piece.event())[i]);
          }
        }
        sealed.add(tokens);
      }
      if (plan.firstToken() > 0) {
        int[] cut = rest.get(plan.firstEvent());
        rest.set(plan.firstEvent(), Arrays.copyOfRange(cut, plan.firstToken(), cut.length));
      }
      rest.subList(0, plan.firstEvent()).clear();
    }
  }

  @Property
  void chunksDoNotDependOnHowArrivalsAreBatched(
      @ForAll("lengths") List<Integer> lengths,
      @ForAll @IntRange(min = 1, max = 64) int chunkTokens,
      @ForAll @IntRange(min = 0, max = 64) int more,
      @ForAll @IntRange(min = 1, max = 10) int batch) {
    List<int[]> events = new ArrayList<>();
    int next = 0;
    for (int length : lengths) {
      int[] event = new int[length];
      for (int i = 0; i < length; i++) {
        event[i] = next++;
      }
      events.add(event);
    }
    Tail oneByOne = new Tail(new Chunker(chunkTokens, chunkTokens + more));
    events.forEach(event -> oneByOne.add(List.of(event)));
    Tail batched = new Tail(new Chunker(chunkTokens, chunkTokens + more));
    for (int from = 0; from < events.size(); from += batch) {
      batched.add(events.subList(from, Math.min(events.size(), from + batch)));
    }
    assertEquals(oneByOne.sealed, batched.sealed);
  }
}
