package io.focusstream.operators.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.operators.testing.ShippedTokenizer;
import io.focusstream.operators.text.LineMatcher.Naming;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class LineMatcherTest {
  private static final int MOST = 8;
  private final TextTokenizer tokenizer = ShippedTokenizer.PROVIDER.open();
  private final PromptTemplate template = new PromptTemplate(tokenizer);
  private final LineMatcher matcher = new LineMatcher(tokenizer);

  private int[] text(List<String> lines) {
    return lines.stream()
        .flatMapToInt(line -> Arrays.stream(tokenizer.encode(EventText.of(line))))
        .toArray();
  }

  /** Chunks of so many lines; what was found in each, «3: text». */
  private List<String> found(List<String> lines, int linesAChunk, String question, int most) {
    List<int[]> texts = new ArrayList<>();
    for (int from = 0; from < lines.size(); from += linesAChunk) {
      texts.add(text(lines.subList(from, Math.min(lines.size(), from + linesAChunk))));
    }
    return matcher.find(texts, template.layOut(question), most).excerpts().stream()
        .map(
            excerpt -> {
              int[] all = texts.get(excerpt.text());
              int[] some = Arrays.stream(excerpt.tokens()).map(i -> all[i]).toArray();
              return excerpt.text() + ": " + tokenizer.decode(some);
            })
        .toList();
  }

  private static List<String> orders() {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      lines.add(
          "2026-11-28 10:%02d:00 INFO order Ord-%d shipped to customer cust-%d in %d ms"
              .formatted(i, 4200 + i, 900 + i, 70 + 3 * i));
    }
    return lines;
  }

  @Test
  void theLineThatNamesTheIdIsFoundAndNoOther() {
    assertEquals(
        List.of("2: " + orders().get(11) + "\n"),
        found(orders(), 5, "How long did ord-4211 take?", MOST));
    assertEquals(
        List.of("7: " + orders().get(39) + "\n"), found(orders(), 5, "customer of ORD-4239", MOST));
  }

  @Test
  void anIdThatIsNowhereFindsNothingWhereTheOtherWordsAreEverywhere() {
    assertEquals(List.of(), found(orders(), 5, "When was order ord-4290 shipped?", MOST));
    assertEquals(List.of(), found(orders(), 5, "?", MOST));
    assertEquals(List.of(), found(List.of(), 5, "order ord-4211", MOST));
  }

  @Test
  void whatIsRareByChanceIsNotFoundInsteadOfAnIdThatIsNowhere() {
    List<String> lines = orders();
    lines.set(7, "2026-11-28 10:07:00 WARN which carrier serves job 4 is not known");
    assertEquals(
        List.of("1: " + lines.get(7) + "\n"), found(lines, 5, "Which carrier is known?", MOST));
    assertEquals(List.of(), found(lines, 5, "Which carrier has pallet-1?", MOST));
    assertEquals(List.of(), found(lines, 5, "Which carrier has 77120?", MOST));
    assertEquals(
        List.of("2: " + lines.get(11) + "\n"),
        found(lines, 5, "Which carrier has ord_4211?", MOST),
        "written otherwise it still is what is asked about");
  }

  @Test
  void halfOfANameIsNotTheName() {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      lines.add("One of the special magic numbers for green-%c%d is: %d".formatted('a' + i, i, i));
    }
    lines.set(5, "One of the special magic numbers for pale-anchor is: 17");
    lines.set(25, "One of the special magic numbers for bright-lobster is: 18");
    assertEquals(
        List.of(), found(lines, 5, "What is the special magic number for pale-lobster?", MOST));
    assertEquals(
        List.of("1: " + lines.get(5) + "\n"),
        found(lines, 5, "What is the special magic number for pale-anchor?", MOST));
  }

  @Test
  void aNameIsOneWhole() {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      lines.add(
          "copy of /srv/%s/part-%d.csv done in 4 ms".formatted(i % 2 == 0 ? "web" : "db", i % 8));
    }
    lines.set(7, "copy of /srv/log/part-6.csv done in 4 ms");
    lines.set(29, "lag of job:/srv/log/part-6.csv, 12 records");
    assertEquals(
        List.of("1: " + lines.get(7) + "\n", "5: " + lines.get(29) + "\n"),
        found(lines, 5, "When was /srv/log/part-6.csv copied?", MOST),
        "and not those that have three of its words");
    assertEquals(
        List.of(),
        found(lines, 5, "When was /srv/log/part-7.csv copied?", MOST),
        "half of it is not it");
    lines.set(30, "srv and log: part 6 csv, apart");
    assertEquals(
        List.of("1: " + lines.get(7) + "\n", "5: " + lines.get(29) + "\n"),
        found(lines, 5, "/srv/log/part-6.csv", MOST),
        "words that aren't joined are no name");
  }

  @Test
  void aNameThatIsSaidTwiceCountsOnce() {
    assertEquals(
        List.of("2: " + orders().get(11) + "\n"),
        found(orders(), 5, "Was ord-4211 late, ord-4211?", MOST));
    assertEquals(
        List.of("2: " + orders().get(11) + "\n"), found(orders(), 5, "ord-4211 ".repeat(70), MOST));
  }

  @Test
  void aNameIsFoundBehindItsOwnBeginning() {
    List<String> lines = orders();
    lines.set(8, "shard-10:10.10.2.1 is down");
    lines.set(9, "shard-9:10.2.1 is up");
    assertEquals(List.of("1: " + lines.get(8) + "\n"), found(lines, 5, "state of 10.10.2.1", MOST));
  }

  @Test
  void aNameThatFindsNoRoomIsNotCutShort() {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      lines.add("copy of /srv/log/part-%d.csv done".formatted(i));
    }
    StringBuilder question = new StringBuilder();
    for (int i = 0; i < 62; i++) {
      question.append("w").append((char) ('a' + i % 26)).append((char) ('a' + i / 26)).append(' ');
    }
    assertEquals(List.of(), found(lines, 5, question + "/srv/log/part-6.csv", MOST));
    assertEquals(
        List.of("1: " + lines.get(6) + "\n"),
        found(lines, 5, question.substring(60) + "/srv/log/part-6.csv", MOST));
  }

  @Test
  void wordsThatHappenToBeRareDoNotHideWhatIsNamed() {
    List<String> lines = orders();
    lines.set(3, "emma had to wait, the screen is long gone");
    assertEquals(
        List.of("2: " + orders().get(11) + "\n"),
        found(lines, 5, "How long did ord-4211 have to wait at the screen?", MOST));
  }

  @Test
  void severalLinesOfOneThingAreOneExcerptAChunk() {
    List<String> lines = orders();
    lines.set(12, "order ord-4211 was returned");
    lines.set(30, "refund for ord-4211 paid");
    assertEquals(
        List.of(
            "2: " + orders().get(11) + "\n" + lines.get(12) + "\n", "6: " + lines.get(30) + "\n"),
        found(lines, 5, "ord-4211", MOST));
  }

  @Test
  void ofMoreThanAreWantedTheBestAreTakenAndAmongEqualsTheNewest() {
    List<String> lines = orders();
    for (int i = 0; i < 40; i += 10) {
      lines.set(i, "ord-7777 looked at by emma");
    }
    lines.set(3, "ord-7777 paid by emma at the till");
    List<String> all = found(lines, 2, "ord-7777", MOST);
    assertEquals(5, all.size());
    assertEquals(all.subList(3, 5), found(lines, 2, "ord-7777", 2));
    assertEquals(
        List.of("1: ord-7777 paid by emma at the till\n"),
        found(lines, 2, "When was ord-7777 paid at the till by emma?", 1));
  }

  @Test
  void aLineThatBeginsWithABlankBelongsToTheOneBefore() {
    List<String> lines = orders();
    lines.set(7, "Exception in order ord-9001: refused");
    lines.set(8, "\tat io.shop.Till.pay(Till.java:12)");
    lines.set(9, "    caused by a card that is too old");
    assertEquals(
        List.of("1: " + String.join("\n", lines.subList(7, 10)) + "\n"),
        found(lines, 5, "What happened to ord-9001?", MOST));
  }

  @Test
  void wordsThatAreInManyLinesDoNotOutweighARareOne() {
    List<String> lines = orders();
    lines.set(20, "the lobster escaped");
    assertEquals(
        List.of("4: the lobster escaped\n"),
        found(lines, 5, "To which customer was the lobster shipped?", MOST));
  }

  @Test
  void textInOtherScriptsAndSpecialTokensAreWordsToo() {
    List<String> lines = orders();
    lines.set(20, "Grüße aus Köln von Jürgen");
    lines.set(21, "<|answer|> 日本語のログ");
    assertEquals(
        List.of("4: Grüße aus Köln von Jürgen\n"), found(lines, 5, "Wer ist in Köln?", MOST));
    assertEquals(List.of("4: <|answer|> 日本語のログ\n"), found(lines, 5, "日本語のログ", MOST));
  }

  @Test
  void wordsBeyondAsciiAreToldApartAndSignsAreNoLetters() {
    List<String> lines = orders();
    lines.set(5, "gesehen: Möller");
    lines.set(10, "gesehen: Müller");
    lines.set(15, "seen: Иван");
    lines.set(20, "seen: Олег");
    lines.set(25, "seen: “Alice” — today");
    lines.set(30, "seen: «Bob»");
    assertEquals(List.of("2: gesehen: Müller\n"), found(lines, 5, "Wo war Müller?", MOST));
    assertEquals(List.of("3: seen: Иван\n"), found(lines, 5, "Иван?", MOST));
    assertEquals(List.of("5: seen: “Alice” — today\n"), found(lines, 5, "Alice?", MOST));
    assertEquals(List.of("6: seen: «Bob»\n"), found(lines, 5, "Where is Bob?", MOST));
  }

  @Test
  void whatElseIsSaidOfAnIdIsFoundTooHoweverFewOfTheOtherWordsItHas() {
    List<String> lines = orders();
    lines.set(11, "delivery address of ord-4211 confirmed by the warehouse: 12 Main Street");
    lines.set(37, "ord-4211 moved to 7 Mill Lane");
    assertEquals(
        List.of("2: " + lines.get(11) + "\n", "7: " + lines.get(37) + "\n"),
        found(lines, 5, "Which delivery address was confirmed for ord-4211?", MOST));
  }

  @Test
  void whereWhatIsNamedStandsIsSaid() {
    assertEquals(Naming.HERE, naming("customer of ord-4211"));
    assertEquals(Naming.NOWHERE, naming("customer of ord-4290"));
    assertEquals(Naming.NOWHERE, naming("Which customer is 77120?"));
    assertEquals(Naming.UNKNOWN, naming("Which order took 103 ms?"));
    assertEquals(Naming.UNKNOWN, naming("Who is known?"));
    assertEquals(Naming.UNKNOWN, naming("When did the check-in end?"), "not an id");
    assertEquals(Naming.NOWHERE, naming("Which customer has the wave_runner?"));
    assertEquals(Naming.NOWHERE, naming("size of /srv/well-known"));
    assertEquals(Naming.UNKNOWN, naming("?"));
  }

  private Naming naming(String question) {
    return matcher.find(List.of(text(orders())), template.layOut(question), MOST).naming();
  }

  @Test
  void aLongStreamIsReadInMoments() {
    List<int[]> texts = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      texts.add(text(List.of("2026-11-28 INFO event e-" + i + " is done", "a line of no matter")));
    }
    int[] question = template.layOut("when was e-1234 done?");
    long began = System.nanoTime();
    List<LineMatcher.Excerpt> found = matcher.find(texts, question, MOST).excerpts();
    double seconds = (System.nanoTime() - began) / 1e9;
    assertEquals(List.of(1234), found.stream().map(LineMatcher.Excerpt::text).toList());
    assertTrue(seconds < 2, "took " + seconds + " s");
  }
}
