package io.focusstream.operators.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.operators.testing.ShippedTokenizer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class FieldLabelsTest {
  private static final String BRAKE =
      "temperature=29 C|gear-play=0.474 deg|BT-186940|inspector=tomas|holdingTorque=55 Nm\n";

  private final TextTokenizer tokenizer = ShippedTokenizer.PROVIDER.open();
  private final PromptTemplate template = new PromptTemplate(tokenizer);
  private final WordCopies copies = new WordCopies(tokenizer);
  private final FieldLabels labels = new FieldLabels(tokenizer);

  private FieldLabels.Asked asked(String question) {
    int[] tokens = template.layOut(question);
    return labels.asked(tokens, copies.names(tokens));
  }

  /** What stands behind labels that are asked for, up to a blank or comma; with their weights. */
  private Map<String, Double> values(String question, String text) {
    int[] tokens = tokenizer.encode(text);
    Map<String, Double> values = new TreeMap<>();
    labels
        .values(asked(question), tokens)
        .forEach(
            (at, weight) -> {
              String rest = tokenizer.decode(Arrays.copyOfRange(tokens, at, tokens.length));
              values.put(rest.stripLeading().split("[\\s,|]")[0], Math.round(10 * weight) / 10.0);
            });
    return values;
  }

  private Set<String> only(String question, String text) {
    return values(question, text).keySet();
  }

  @Test
  void aFieldIsFoundHoweverItIsSpelt() {
    assertEquals(Map.of("0.474", 2.0), values("What is BT-186940's gear play?", BRAKE));
    assertEquals(Map.of("55", 2.0), values("holding torque of BT-186940", BRAKE));
    assertEquals(Map.of("29", 1.0), values("Temperature of BT-186940?", BRAKE));
    assertEquals(Map.of("tomas", 0.8), values("Who inspected BT-186940?", BRAKE));
    assertEquals(Map.of("0.474", 1.0), values("BT-186940 gear-play=", BRAKE));
    assertEquals(Map.of("0.474", 1.0), values("What is gear-play of BT-186940?", BRAKE));
    assertEquals(Map.of(), values("Where does BT-186940 stand?", BRAKE));
  }

  @Test
  void whatIsAskedAboutMayStandBetweenALabelAndItsValue() {
    String line = "INFO latency of web-1: 35ms, load of web-12: 7, size web-1/.main: +4 kB\n";
    assertEquals(Map.of("35ms", 0.9), values("latency of web-1", line));
    assertEquals(Map.of("+4", 1.0, "4", 1.0), values("What size has web-1?", line));
    assertEquals(Set.of("web-12:"), only("What load has web-1?", line), "behind a blank");
    assertEquals(Map.of("7", 1.0), values("What load has web-12?", line));
  }

  @Test
  void aLittleWordMayBeALabelByItself() {
    String line = "A897: to=<erin@logger.net>, from=jo@x.org, delay=2.6, goes to: 7\n";
    assertEquals(Map.of("erin@logger.net>", 0.5), values("to address of A897", line));
    assertEquals(Map.of("jo@x.org", 0.5), values("Who is A897 from?", line));
    assertEquals(Map.of(), values("recipient of A897", line));
  }

  @Test
  void signsAndWrappingsAreNoPartOfAValue() {
    String json = "{\"clientId\": \"web-95\", \"upstream\": \"http://10.1.2.3:80/\", \"lim\":39}\n";
    assertTrue(only("client id of user7?", json).contains("web-95\""));
    assertTrue(only("Which upstream failed for user7?", json).contains("10.1.2.3:80/\""));
    assertTrue(only("What limit has user7?", json).contains("39}"));
    assertEquals(Set.of("/srv/log.csv"), only("Which file did r8 copy?", "r8 file=/srv/log.csv\n"));
    assertEquals(Set.of("/srv/log.csv"), only("Which file did r8 copy?", "r8 file /srv/log.csv\n"));
    assertEquals(Set.of("10.1.2.3"), only("Which peer did r8 call?", "r8 peer=/10.1.2.3\n"));
    assertEquals(Set.of("43"), only("etag of r8", "r8 etag => 43, size => 7\n"));
  }

  @Test
  void behindABlankWhatLooksLikeAValueCountsMore() {
    String line = "repo r-86 locked by PID 98671, lock was made 48m ago, storage ID b33a3875\n";
    assertEquals(Map.of("b33a3875", 1.5, "ID", 0.5), values("r-86 storage id?", line));
    assertEquals(Set.of("Absent"), only("state of r-86?", "r-86, current state is Absent\n"));
    assertEquals(Set.of("98671"), only("pid for r-86", line));
    String order = "order ord-44 shipped to cust-309 by carrier dhl weight 48.0 kg\n";
    assertEquals(
        Map.of("cust-309", 0.5, "dhl", 0.5), values("Which carrier shipped ord-44?", order));
    assertEquals(
        Map.of("corrected", 0.5), values("parity error of R13", "R13 parity error corrected\n"));
    assertEquals(Set.of(), only("Who made the lock of r-86?", "r-86: lock was made by the\n"));
  }

  @Test
  void theLabelWithMoreOfTheWordsCountsMore() {
    String line = "first_axis_angle: 574.3, second_axis_angle: -71.0, id: P5316\n";
    assertEquals(
        Map.of("574.3", 1.9, "-71.0", 3.0), values("the second axis angle of P5316", line));
  }

  @Test
  void whatTheQuestionNamesIsNoValue() {
    String line = "connect failed, client: 172.21.5.9, server: x, upstream: 172.30.7.1\n";
    assertEquals(Set.of("172.30.7.1"), only("Which upstream failed for client 172.21.5.9?", line));
    assertEquals(Set.of("job-12"), only("parent of job-1?", "job-1 parent=job-12\n"));
    assertEquals(Set.of(), only("What are job-1 and job-1-clean?", "clean=5 s=6\n"));
    assertEquals(Set.of(), only("What is BT-18's state?", "BT-18 waited 4 s 200 times, s=5\n"));
    assertEquals(Set.of(), only("state of amber-salmon", "lockup [amber-salmon:776490]\n"));
  }

  private Set<String> next(String question, String text, String said) {
    int[] tokens = tokenizer.encode(text);
    return labels
        .next(labels.values(asked(question), tokens), tokens, tokenizer.encode(said))
        .keySet()
        .stream()
        .map(token -> tokenizer.decode(new int[] {token}))
        .collect(Collectors.toSet());
  }

  @Test
  void anAnswerIsLedOnlyThroughTheFirstWordOfAValue() {
    String question = "lag of r-86";
    String text = "r-86 lag=4071 ms, lag=4982 ms\n";
    assertEquals(Set.of("4"), next(question, text, ""));
    assertEquals(Set.of("0", "9"), next(question, text, "4"));
    assertEquals(Set.of("7"), next(question, text, "40"));
    assertEquals(Set.of(), next(question, text, "4071"));
    assertEquals(Set.of(), next(question, text, "4071 ms"));
    assertEquals(Set.of(), next(question, text, "86"));
    assertEquals(Set.of(), next(question, "r-86 lag=4", "4"), "the text ends there");
    assertEquals(
        Set.of(), next(question, "r-85 lag=4982 ms, r-86 lag=4 ms\n", "4"), "4 is a value too");
  }

  @Test
  void aTextWithoutEndIsReadToo() {
    for (String part : List.of("a", "aB", "A", "a_", "a ", "a=", "\"", "=> ", "a 7", "http://")) {
      int[] text = tokenizer.encode(part.repeat(20_000));
      assertTimeoutPreemptively(
          Duration.ofSeconds(20),
          () -> {
            labels.values(asked("a b of r-86"), text);
            labels.asked(text, copies.names(text));
          },
          part);
    }
    int unknown = tokenizer.vocabularySize() + 7;
    assertEquals(Map.of(), labels.values(asked("lag of r-86"), new int[] {unknown, unknown}));
  }
}
