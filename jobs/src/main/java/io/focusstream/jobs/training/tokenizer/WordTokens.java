package io.focusstream.jobs.training.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.focusstream.operators.text.ByteLevelBpe;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Gives a tokenizer whole words. Byte-level BPE learns {@code "·duration"} from prose and has no
 * token {@code "duration"} for a line's {@code duration=}: two spellings of one word then share
 * nothing, and a small model has to learn of each word by itself that they are one. Here every
 * frequent word gets a token with a blank before it and one without, and capitalised ones where
 * they are frequent too.
 *
 * <p>New tokens stand behind the old ones and new merges behind the old merges, so that old ids
 * keep their meaning; texts in which no new word stands are tokenized as before.
 */
public final class WordTokens {
  private static final Pattern FORM = Pattern.compile(" ?[A-Za-z]+");
  private static final Pattern WORD = Pattern.compile("[A-Za-z]+");
  private static final int SHORTEST = 3;
  private static final int ASKED_OFTEN = 3;
  private static final int SEEN_OFTEN = 3;

  private final byte[] file;
  private final ByteLevelBpe tokenizer;
  private final Map<String, Integer> forms = new LinkedHashMap<>();
  private final Map<String, Integer> asked = new LinkedHashMap<>();

  /**
   * @param file a {@code tokenizer.json}
   */
  public WordTokens(byte[] file) throws IOException {
    this.file = file.clone();
    this.tokenizer = ByteLevelBpe.load(new ByteArrayInputStream(file));
  }

  /** Counts the words of a text. */
  public void add(String text) {
    count(FORM, text, forms);
  }

  /** Counts the words that questions are asked with: their plain forms are wanted sooner. */
  public void addAsked(String text) {
    count(WORD, text.toLowerCase(Locale.ROOT), asked);
  }

  private static void count(Pattern pattern, String text, Map<String, Integer> counts) {
    Matcher matcher = pattern.matcher(text);
    while (matcher.find()) {
      counts.merge(matcher.group(), 1, Integer::sum);
    }
  }

  /**
   * A tokenizer with more words.
   *
   * @param json the file; new ids follow the old ones
   * @param words forms that are one token now
   * @param added pieces of the new ids, in their order, as the file writes them
   */
  public record Result(ObjectNode json, List<String> words, List<String> added) {}

  /**
   * Adds words.
   *
   * @param least how often a form occurs at least in the texts that were counted
   */
  public Result extend(int least) throws IOException {
    ObjectNode json = (ObjectNode) JsonMapper.builder().build().readTree(file);
    ObjectNode vocabulary = (ObjectNode) json.get("model").get("vocab");
    ArrayNode merges = (ArrayNode) json.get("model").get("merges");
    Set<String> known = new HashSet<>();
    for (JsonNode merge : merges) {
      known.add(
          merge.isTextual()
              ? merge.textValue()
              : merge.get(0).textValue() + " " + merge.get(1).textValue());
    }
    List<String> words = wanted(least, vocabulary);
    List<String> added = new ArrayList<>();
    for (String word : words) {
      List<String> pieces = pieces(word);
      String left = pieces.get(0);
      for (String right : pieces.subList(1, pieces.size())) {
        if (known.add(left + " " + right)) {
          merges.addArray().add(left).add(right);
          if (!vocabulary.has(left + right)) {
            vocabulary.put(left + right, vocabulary.size());
            added.add(left + right);
          }
        }
        left += right;
      }
    }
    return new Result(json, words, added);
  }

  private List<String> wanted(int least, ObjectNode vocabulary) {
    Map<String, Integer> counts = new LinkedHashMap<>();
    forms.forEach(
        (form, n) -> counts.merge(form.strip().toLowerCase(Locale.ROOT), n, Integer::sum));
    List<String> wanted = new ArrayList<>();
    counts.entrySet().stream()
        .sorted(Map.Entry.<String, Integer>comparingByValue().reversed())
        .filter(word -> word.getKey().length() >= SHORTEST && word.getValue() >= least)
        .map(Map.Entry::getKey)
        .forEach(
            word -> {
              boolean oftenAsked = asked.getOrDefault(word, 0) >= ASKED_OFTEN;
              String capital = word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1);
              for (String form : List.of(word, " " + word, capital, " " + capital)) {
                int seen = forms.getOrDefault(form, 0);
                boolean plain = form.endsWith(word);
                if ((seen >= least || plain && oftenAsked && seen >= SEEN_OFTEN)
                    && !vocabulary.has(form.replace(' ', BLANK))) {
                  wanted.add(form);
                }
              }
            });
    return wanted;
  }

  // How byte-level files write a blank.
  private static final char BLANK = 'Ġ';

  private List<String> pieces(String word) {
    List<String> pieces = new ArrayList<>();
    int[] ids = tokenizer.encode(word);
    for (int i = 0; i < ids.length; i++) {
      pieces.add(tokenizer.decode(ids, i, i + 1).replace(' ', BLANK));
    }
    return pieces;
  }
}
