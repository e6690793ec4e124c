package io.focusstream.jobs.training.data;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** A conversation: people say things of themselves, between small talk. */
final class ChatScenario implements Scenario {
  /** What is said | field | questions. */
  private record Saying(String before, String field, String after, List<String> questions) {}

  private static final List<Saying> SAYINGS = new ArrayList<>();
  private static final List<String> TALK =
      List.of(
          "hello",
          "Hi there!",
          "How are you?",
          "ok",
          "sounds good",
          "I see.",
          "thanks a lot",
          "Sure.",
          "That is nice.",
          "let me think about it",
          "Tell me more.",
          "what do you mean?",
          "haha",
          "I don't know yet.",
          "Good morning everyone.",
          "see you later",
          "one moment please",
          "Can we talk about this tomorrow?",
          "right",
          "The weather is fine today.",
          "no problem",
          "I was busy all day.",
          "It was a long week.",
          "yes",
          "no",
          "Did you see the game?",
          "Maybe.");

  static {
    for (String line :
        """
        My favourite color is |color|.|What is the favourite color of {k}?;Which color does {k} like?;favourite color of {k};what's {k}'s favourite color
        I like |thing| very much|What does {k} like?;what is {k} fond of
        I live in |city|.|Where does {k} live?;in which city does {k} live;home of {k};where is {k} at home
        i was born in |city||Where was {k} born?;birthplace of {k};in which city was {k} born
        My phone number is |phone|.|What is the phone number of {k}?;phone number of {k};how can I call {k};what's {k}'s number
        My locker code is |digits||What is the locker code of {k}?;locker code of {k};{k} locker code
        I work as a |job|.|What is the job of {k}?;what does {k} do for a living;What does {k} work as?
        my dog is called |word||What is the dog of {k} called?;name of {k}'s dog;how is {k}'s dog called
        I have |small| children.|How many children does {k} have?;number of children of {k}
        I am |age| years old|How old is {k}?;age of {k};what age is {k}
        My flight number is |flight|.|What is the flight number of {k}?;which flight does {k} take;flight of {k}
        please send it to |email|, thanks|What is the email of {k}?;where to send it for {k};mail address of {k}
        my order number is |order|, where is it?|What is the order number of {k}?;order of {k};Which order is {k} asking about?
        I'll arrive at |clock|.|When will {k} arrive?;arrival of {k};what time does {k} arrive
        We meet in room |room|.|In which room does {k} meet?;room of {k}
        my birthday is on |date||When is the birthday of {k}?;birthday of {k}
        I am travelling to |city| next week.|Where is {k} travelling?;destination of {k};where is {k} going next week
        I paid |amount| for it|How much did {k} pay?;what did {k} pay
        I bought a new |noun| yesterday|What did {k} buy?;what did {k} get yesterday
        I am reading a book about |noun||What is the book of {k} about?;what does {k} read about
        """
            .strip()
            .split("\n")) {
      String[] parts = line.strip().split("\\|", -1);
      SAYINGS.add(new Saying(parts[0], parts[1], parts[2], List.of(parts[3].split(";"))));
    }
  }

  private final List<String> people = new ArrayList<>();
  private final String form;
  private final double talk;
  private final Set<String> said = new HashSet<>();
  private final LogHeader header;
  private final boolean withTime;
  private final Books books;

  ChatScenario(Rng rng, Books books) {
    this.books = books;
    int style = rng.below(3);
    for (int i = rng.logBetween(2, 20); i > 0; i--) {
      String name =
          switch (style) {
            case 0 -> Words.capital(rng.pick(Words.NAMES));
            case 1 -> rng.pick(Words.NAMES);
            default -> rng.pick("user", "guest", "caller", "agent") + rng.number(3);
          };
      if (!people.contains(name)) {
        people.add(name);
      }
    }
    form = rng.pick("%s: ", "<%s> ", "[%s] ", "%s> ", "%s says: ", "%s: ");
    talk = rng.pick(0.2, 0.5, 0.7);
    header = new LogHeader(rng);
    withTime = rng.chance(0.3);
  }

  private static String value(Rng rng, String field) {
    return switch (field) {
      case "color" -> rng.pick(Words.COLORS);
      case "thing" -> rng.pick(Words.THINGS);
      case "city" -> Words.capital(rng.pick(Words.CITIES));
      case "phone" -> rng.number(3) + "-" + rng.digits(4);
      case "digits" -> rng.digits(rng.between(4, 7));
      case "job" ->
          rng.pick(
              "doctor",
              "teacher",
              "pilot",
              "baker",
              "nurse",
              "lawyer",
              "driver",
              "farmer",
              "painter",
              "writer",
              "engineer",
              "cook",
              "sailor",
              "gardener",
              "singer");
      case "word" -> Words.capital(Words.invented(rng));
      case "small" -> rng.pick("two", "three", "four", "five", "six", "2", "3", "4", "5");
      case "age" -> String.valueOf(rng.between(18, 95));
      case "flight" -> rng.chars("ABCDEFGHKLMNSTUX", 2) + rng.number(rng.between(2, 4));
      case "email" -> Values.email(rng);
      case "order" -> rng.pick("", "#", "A-", "ord-") + rng.number(rng.between(4, 7));
      case "clock" -> rng.between(1, 23) + ":" + rng.between(10, 59);
      case "room" -> rng.chance(0.5) ? rng.number(3) : rng.chars("ABCDEF", 1) + rng.number(2);
      case "date" ->
          rng.pick(
                  "January",
                  "February",
                  "March",
                  "April",
                  "May",
                  "June",
                  "July",
                  "August",
                  "September",
                  "October",
                  "November",
                  "December")
              + " "
              + rng.between(1, 28);
      case "amount" -> Values.amount(rng);
      default -> rng.pick(Words.NOUNS);
    };
  }

  @Override
  public void emit(Rng rng, List<DraftLine> out) {
    String who = rng.pick(people);
    LineBuilder line = new LineBuilder();
    if (withTime) {
      LogHeader.time(line, header.time(rng), null, null, "time", List.of(), "", " ");
    }
    line.add(String.format(form, who));
    Saying saying = rng.pick(SAYINGS);
    if (rng.chance(talk) || !said.add(who + saying.before())) {
      line.mention(who);
      out.add(
          line.add(books != null && rng.chance(0.4) ? books.line(rng) : rng.pick(TALK)).build());
      return;
    }
    if (rng.chance(0.15)) {
      line.add(rng.pick("well, ", "You know, ", "by the way: ", "oh, ", "So "));
    }
    line.add(saying.before());
    line.fact(
        who,
        null,
        saying.before().strip(),
        List.of(),
        saying.questions(),
        value(rng, saying.field()),
        false);
    line.add(saying.after());
    out.add(line.build());
  }
}
