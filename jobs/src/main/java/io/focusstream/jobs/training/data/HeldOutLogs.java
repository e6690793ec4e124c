package io.focusstream.jobs.training.data;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Logs of kinds that training never sees, for evaluation alone: block storage, a phone's log, a
 * database server, a supercomputer's monitor, a compute cloud, a proxy's errors, a mail server, an
 * update service. Their words and layouts are theirs; {@link #SHAPES} holds a pattern for each,
 * which no training line may match.
 */
public final class HeldOutLogs {
  /** A pattern a kind, for the test that training never makes such a line. */
  public static final List<Pattern> SHAPES =
      List.of(
          Pattern.compile("^\\d{6} \\d{6} \\d+ INFO dfs\\."),
          Pattern.compile("^\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{3} +\\d+ +\\d+ [VDIWE] "),
          Pattern.compile("UTC \\[\\d+\\] \\w+@\\w+ LOG:"),
          Pattern.compile("^- \\d{10} \\d{4}\\.\\d\\d\\.\\d\\d R\\d\\d"),
          Pattern.compile("^nova-\\w+\\.log\\."),
          Pattern.compile(
              "^\\d{4}/\\d\\d/\\d\\d \\d\\d:\\d\\d:\\d\\d \\[error\\] \\d+#\\d+: \\*\\d+ "),
          Pattern.compile("postfix/(smtp|qmgr)\\[\\d+\\]: "),
          Pattern.compile(", Info +CBS +"));

  private final Rng rng;
  private final int kind;
  private final List<String> lines = new ArrayList<>();
  private final List<Question> questions = new ArrayList<>();
  private long seconds;

  private HeldOutLogs(long seed, int kind) {
    this.rng = Rng.of(seed ^ 0xE7A1L, kind);
    this.kind = kind;
    this.seconds = 1_600_000_000L + rng.below(100_000_000);
  }

  /** Number of kinds. */
  public static int kinds() {
    return SHAPES.size();
  }

  /**
   * An episode of one kind: that many lines, and about three questions for each ten of them, a
   * quarter of which have no answer. Where the answer follows in the line, every other question is
   * the piece of the line before it.
   */
  public static Episode episode(long seed, int kind, int lines) {
    if (kind < 0 || kind >= kinds() || lines < 1) {
      throw new IllegalArgumentException(
          "kind must be in [0, " + kinds() + ") and lines positive; got " + kind + " and " + lines);
    }
    HeldOutLogs logs = new HeldOutLogs(seed, kind);
    for (int i = 0; i < lines; i++) {
      logs.line();
    }
    return new Episode(logs.lines, logs.kept());
  }

  /** Only questions whose subject stands in one line, and those without answer in none. */
  private List<Question> kept() {
    List<Question> kept = new ArrayList<>();
    for (int i = 0; i < questions.size(); i++) {
      Question question = questions.get(i);
      String subject = subjects.get(i);
      int found = 0;
      for (String line : lines) {
        found += line.contains(subject) ? 1 : 0;
      }
      if (question.answer() == null ? found == 0 : found == 1) {
        kept.add(question);
      }
    }
    return kept;
  }

  private final List<String> subjects = new ArrayList<>();

  private String clock(String pattern) {
    seconds += rng.below(9);
    return java.time.format.DateTimeFormatter.ofPattern(pattern, java.util.Locale.ROOT)
        .format(java.time.LocalDateTime.ofEpochSecond(seconds, 0, java.time.ZoneOffset.UTC));
  }

  /** Adds a line, and with some chance a question of it and one of a subject that isn't there. */
  private void say(String line, String subject, String answer, String... forms) {
    lines.add(line);
    if (subject == null || !rng.chance(0.4)) {
      return;
    }
    int start =
        line.indexOf(
            answer,
            answer.equals(subject)
                ? 0
                : line.indexOf(subject) < line.indexOf(answer)
                    ? line.indexOf(subject) + subject.length()
                    : 0);
    String cloze = cloze(line, line.indexOf(subject), start, start + answer.length());
    String text =
        cloze != null && rng.chance(0.5) ? cloze : rng.pick(forms).replace("{k}", subject);
    questions.add(new Question(text, answer, lines.size() - 1, start));
    subjects.add(subject);
    if (rng.chance(0.33)) {
      String other = Values.lookAlike(rng, subject);
      questions.add(new Question(rng.pick(forms).replace("{k}", other), null, -1, -1));
      subjects.add(other);
    }
  }

  /** The line from its subject to the answer, for the answer to follow; null where it doesn't. */
  private static String cloze(String line, int subject, int start, int end) {
    boolean whole = end == line.length() || " ,;|\")]}".indexOf(line.charAt(end)) >= 0;
    return subject < start && whole ? line.substring(subject, start).strip() : null;
  }

  private void line() {
    switch (kind) {
      case 0 -> {
        String block = "blk_" + (rng.chance(0.5) ? "-" : "") + rng.number(19);
        String front = clock("yyMMdd HHmmss") + " " + rng.number(rng.between(2, 4)) + " INFO dfs.";
        String ip = Values.ip(rng);
        switch (rng.below(3)) {
          case 0 ->
              say(
                  front
                      + "DataNode$PacketResponder: Received block "
                      + block
                      + " of size "
                      + ip.length()
                      + rng.number(6)
                      + " from /"
                      + ip,
                  block,
                  ip,
                  "From which address was {k} received?",
                  "where did {k} come from");
          case 1 -> {
            String size = rng.number(8);
            say(
                front
                    + "FSNamesystem: BLOCK* NameSystem.addStoredBlock: blockMap updated: "
                    + ip
                    + ":50010 is added to "
                    + block
                    + " size "
                    + size,
                block,
                size,
                "What is the size of {k}?",
                "size of {k}",
                "how big is {k}");
          }
          default -> {
            String path =
                "/user/"
                    + rng.pick(Words.NAMES)
                    + "/"
                    + rng.pick(Words.NOUNS)
                    + "/part-0"
                    + rng.number(4);
            say(
                front + "FSNamesystem: BLOCK* NameSystem.allocateBlock: " + path + ". " + block,
                path,
                block,
                "Which block was allocated for {k}?",
                "block of {k}");
          }
        }
      }
      case 1 -> {
        String front =
            clock("MM-dd HH:mm:ss")
                + "."
                + rng.digits(3)
                + "  "
                + rng.number(4)
                + "  "
                + rng.number(4)
                + " "
                + rng.pick("V", "D", "I", "W", "E")
                + " ";
        String app = "com." + rng.pick(Words.NOUNS) + "." + rng.pick(Words.NOUNS);
        if (rng.chance(0.5)) {
          String pid = rng.number(5);
          say(
              front
                  + "ActivityManager: Start proc "
                  + pid
                  + ":"
                  + app
                  + "/u0a"
                  + rng.number(3)
                  + " for activity",
              app,
              pid,
              "What is the pid of {k}?",
              "pid of {k}",
              "which process number did {k} get?");
        } else {
          String ms = rng.number(4) + "ms";
          say(
              front + "ActivityTaskManager: Displayed " + app + "/.MainActivity: +" + ms,
              app,
              ms,
              "How long did {k} take to display?",
              "display time of {k}");
        }
      }
      case 2 -> {
        String user = rng.pick(Words.NAMES);
        String front =
            clock("yyyy-MM-dd HH:mm:ss")
                + " UTC ["
                + rng.number(5)
                + "] "
                + user
                + "@"
                + rng.pick(Words.NOUNS)
                + " LOG:  ";
        if (rng.chance(0.5)) {
          String ms = rng.number(4) + "." + rng.digits(3) + " ms";
          String table = rng.pick(Words.NOUNS) + "_" + rng.pick(Words.NOUNS);
          say(
              front
                  + "duration: "
                  + ms
                  + "  statement: SELECT * FROM "
                  + table
                  + " WHERE id = "
                  + rng.number(5),
              table,
              ms,
              "How long did the select from {k} take?",
              "duration of the statement on {k}");
        } else {
          String file = "base/pgsql_tmp/pgsql_tmp" + rng.number(5) + "." + rng.digits(1);
          String size = rng.number(8);
          say(
              front + "temporary file: path \"" + file + "\", size " + size,
              file,
              size,
              "What is the size of {k}?",
              "how large is {k}");
        }
      }
      case 3 -> {
        String node =
            "R"
                + rng.digits(2)
                + "-M"
                + rng.below(2)
                + "-N"
                + rng.below(10)
                + "-C:J"
                + rng.digits(2)
                + "-U"
                + rng.digits(2);
        String front =
            "- "
                + (seconds += rng.below(9))
                + " "
                + clock("yyyy.MM.dd")
                + " "
                + node
                + " RAS KERNEL INFO ";
        if (rng.chance(0.5)) {
          String n = rng.number(rng.between(2, 5));
          say(
              front + n + " floating point alignment exceptions",
              node,
              n,
              "How many alignment exceptions had {k}?",
              "alignment exceptions of {k}");
        } else {
          String address = "0x" + rng.hex(8);
          say(
              front + "instruction cache parity error corrected at " + address,
              node,
              address,
              "At which address was the parity error of {k}?",
              "parity error address of {k}");
        }
      }
      case 4 -> {
        String id = Values.uuid(rng);
        String front =
            "nova-compute.log.1."
                + clock("yyyy-MM-dd_HH:mm:ss")
                + " "
                + clock("yyyy-MM-dd HH:mm:ss")
                + "."
                + rng.digits(3)
                + " "
                + rng.number(4)
                + " INFO nova.compute.manager [req-"
                + rng.hex(8)
                + "] [instance: "
                + id
                + "] ";
        if (rng.chance(0.5)) {
          String took = rng.number(2) + "." + rng.digits(2) + " seconds";
          say(
              front + "Took " + took + " to spawn the instance on the hypervisor.",
              id,
              took,
              "How long did {k} take to spawn?",
              "spawn time of instance {k}");
        } else {
          String memory = rng.number(4) + " MB";
          say(
              front + "Attempting claim: memory " + memory + ", disk 20 GB, vcpus 1",
              id,
              memory,
              "How much memory did {k} claim?",
              "memory of instance {k}");
        }
      }
      case 5 -> {
        String client = Values.ip(rng);
        String up = Values.ip(rng) + ":" + rng.number(4);
        say(
            clock("yyyy/MM/dd HH:mm:ss")
                + " [error] "
                + rng.number(4)
                + "#"
                + rng.number(4)
                + ": *"
                + rng.number(6)
                + " connect() failed (111: Connection refused) while connecting to upstream, client: "
                + client
                + ", server: "
                + rng.pick(Words.NOUNS)
                + ".example, upstream: \"http://"
                + up
                + "/\"",
            client,
            up,
            "Which upstream failed for client {k}?",
            "upstream of {k}");
      }
      case 6 -> {
        String queue = rng.chars("0123456789ABCDEF", 10);
        String front = clock("MMM dd HH:mm:ss") + " mx" + rng.below(9) + " postfix/";
        if (rng.chance(0.5)) {
          String to = Values.email(rng);
          say(
              front
                  + "smtp["
                  + rng.number(5)
                  + "]: "
                  + queue
                  + ": to=<"
                  + to
                  + ">, relay=mx."
                  + rng.pick(Words.NOUNS)
                  + ".example["
                  + Values.ip(rng)
                  + "]:25, delay="
                  + rng.number(1)
                  + "."
                  + rng.digits(1)
                  + ", status=sent",
              queue,
              to,
              "To whom was {k} sent?",
              "recipient of {k}",
              "to address of {k}");
        } else {
          String size = rng.number(5);
          say(
              front
                  + "qmgr["
                  + rng.number(5)
                  + "]: "
                  + queue
                  + ": from=<"
                  + Values.email(rng)
                  + ">, size="
                  + size
                  + ", nrcpt=1 (queue active)",
              queue,
              size,
              "What is the size of {k}?",
              "size of mail {k}");
        }
      }
      default -> {
        String kb = "KB" + rng.number(7);
        String front = clock("yyyy-MM-dd HH:mm:ss") + ", Info                  CBS    ";
        if (rng.chance(0.5)) {
          String state = rng.pick("Installed", "Staged", "Absent", "Superseded", "Resolved");
          say(
              front + "Appl: Package " + kb + ", current state is " + state + ", applicable",
              kb,
              state,
              "What is the state of {k}?",
              "current state of {k}");
        } else {
          String session = rng.number(8) + "_" + rng.number(9);
          say(
              front + "Session: " + session + " initialized by client " + kb + ".",
              session,
              kb,
              "Which client initialized {k}?",
              "client of session {k}");
        }
      }
    }
  }
}
