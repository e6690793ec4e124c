package io.focusstream.jobs.training.data;

import io.focusstream.operators.text.ByteLevelBpe;
import io.focusstream.operators.text.EventText;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * An episode's lines, tokenized, with what is needed to ask about them: where each text occurs and
 * which facts are said once only.
 */
final class Draft {
  final List<DraftLine> lines;
  final List<int[]> tokens;

  /** Lines that didn't fit: what they say is not in the stream. */
  final List<DraftLine> beyond;

  final String text;
  final String lower;
  private final int[] starts;
  private final Map<String, List<Integer>> linesOfAnchor = new HashMap<>();
  private final Map<String, List<int[]>> factsOf = new HashMap<>();
  final List<int[]> facts = new ArrayList<>();

  Draft(List<DraftLine> lines, List<int[]> tokens, List<DraftLine> beyond) {
    this.lines = lines;
    this.tokens = tokens;
    this.beyond = beyond;
    this.starts = new int[lines.size() + 1];
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < lines.size(); i++) {
      starts[i] = all.length();
      all.append(lines.get(i).text()).append('\n');
      List<Fact> said = lines.get(i).facts();
      for (int f = 0; f < said.size(); f++) {
        Fact fact = said.get(f);
        String anchor = fact.anchor().toLowerCase(Locale.ROOT);
        List<Integer> where = linesOfAnchor.computeIfAbsent(anchor, a -> new ArrayList<>());
        if (where.isEmpty() || where.get(where.size() - 1) != i) {
          where.add(i);
        }
        if (fact.mention()) {
          continue;
        }
        int[] at = {i, f};
        factsOf.computeIfAbsent(anchor + "\n" + fact.field(), a -> new ArrayList<>()).add(at);
        facts.add(at);
      }
    }
    starts[lines.size()] = all.length();
    text = all.toString();
    lower = text.toLowerCase(Locale.ROOT);
  }

  Fact fact(int[] at) {
    return lines.get(at[0]).facts().get(at[1]);
  }

  /** All facts of the anchor and field of this one, in order. */
  List<int[]> sameFacts(Fact fact) {
    return factsOf.get(fact.anchor().toLowerCase(Locale.ROOT) + "\n" + fact.field());
  }

  /** All facts of an anchor and a field, in order; null where there are none. */
  List<int[]> factsOf(String anchor, String field) {
    return factsOf.get(anchor.toLowerCase(Locale.ROOT) + "\n" + field);
  }

  String value(int[] at) {
    return lines.get(at[0]).value(fact(at));
  }

  /** Whether these facts all say the same. */
  boolean agree(List<int[]> same) {
    String first = null;
    for (int[] at : same) {
      String value = lines.get(at[0]).value(fact(at));
      if (first != null && !first.equals(value)) {
        return false;
      }
      first = value;
    }
    return true;
  }

  /** The lines that a scenario wrote about the anchor; empty where there are none. */
  List<Integer> linesOf(String anchor) {
    return linesOfAnchor.getOrDefault(anchor.toLowerCase(Locale.ROOT), List.of());
  }

  /** Whether the anchor stands, as a word, in lines written about it and in no others. */
  boolean anchorIsItsOwn(String anchor) {
    List<Integer> own = linesOf(anchor);
    String sought = anchor.toLowerCase(Locale.ROOT);
    for (int at = lower.indexOf(sought); at >= 0; at = lower.indexOf(sought, at + 1)) {
      if (bounded(at, sought.length()) && !own.contains(lineAt(at))) {
        return false;
      }
    }
    return true;
  }

  /** The one line in which the text stands as a word, ignoring case; -1 for none or several. */
  int onlyLineWith(String word) {
    String sought = word.toLowerCase(Locale.ROOT);
    int line = -1;
    for (int at = lower.indexOf(sought); at >= 0; at = lower.indexOf(sought, at + 1)) {
      if (bounded(at, sought.length())) {
        int found = lineAt(at);
        if (line >= 0 && line != found) {
          return -1;
        }
        line = found;
      }
    }
    return line;
  }

  boolean contains(String anyCase) {
    return lower.contains(anyCase.toLowerCase(Locale.ROOT));
  }

  private boolean bounded(int at, int length) {
    return (at == 0
            || !Character.isLetterOrDigit(lower.charAt(at - 1))
            || !Character.isLetterOrDigit(lower.charAt(at)))
        && (at + length >= lower.length()
            || !Character.isLetterOrDigit(lower.charAt(at + length))
            || !Character.isLetterOrDigit(lower.charAt(at + length - 1)));
  }

  int lineAt(int position) {
    int low = 0;
    int high = lines.size() - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (starts[middle] <= position) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  /** Tokens of one line as an event has them. */
  static int[] encode(ByteLevelBpe tokenizer, String line) {
    return tokenizer.encode(EventText.of(line));
  }
}
