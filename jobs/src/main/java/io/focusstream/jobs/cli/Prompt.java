package io.focusstream.jobs.cli;

import io.focusstream.jobs.kafka.QuestionClient;
import io.focusstream.jobs.local.LocalSession;
import io.focusstream.jobs.local.Progress;
import io.focusstream.schemas.Answer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/** Reads questions, waits until the job has read everything, and shows the answers. */
final class Prompt {
  private static final Duration LOOK_EVERY = Duration.ofMillis(100);
  private static final Duration SAY_EVERY = Duration.ofMillis(500);
  private static final Duration SAY_EVERY_PIPED = Duration.ofSeconds(5);

  /**
   * A stream that grows all the time is never read to its end: then a question takes what is there.
   */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final String HELP =
      """
      A line is a question to the stream in the prompt. Commands:
        :stream NAME   ask another stream
        :streams       the streams that this session follows
        :status        how far the job is
        :help          this
        :quit          stop (Ctrl-D and Ctrl-C do too)""";

  private final LocalSession session;
  private final QuestionClient client;
  private final BufferedReader in;
  private final PrintWriter out;
  private final boolean interactive;
  private final List<String> streams;
  private final Duration timeout;
  private final AnswerPrinter printer;
  private String stream;

  Prompt(
      LocalSession session,
      QuestionClient client,
      BufferedReader in,
      PrintWriter out,
      boolean interactive,
      List<String> streams,
      Duration timeout) {
    this.session = session;
    this.client = client;
    this.in = in;
    this.out = out;
    this.interactive = interactive;
    this.streams = List.copyOf(streams);
    this.timeout = timeout;
    this.printer = new AnswerPrinter(out, ZoneId.systemDefault());
    this.stream = streams.isEmpty() ? "" : streams.get(0);
  }

  /** Runs until the input ends; the exit code says whether each question got an answer in time. */
  int run() {
    awaitCaughtUp(null);
    if (interactive) {
      out.println("Ask a question, or type :help");
    }
    int exitCode = ExitCodes.OK;
    for (String line = read(); line != null; line = read()) {
      String text = line.strip();
      if (text.isEmpty()) {
        continue;
      }
      if (!interactive) {
        out.println();
        out.println((stream.isEmpty() ? "" : stream) + "> " + text);
      }
      if (text.equals(":quit") || text.equals(":q")) {
        break;
      } else if (text.startsWith(":")) {
        command(text);
      } else if (stream.isEmpty()) {
        out.println("Which stream? Say `:stream NAME` first; the name is the key of the records.");
      } else if (!ask(text)) {
        exitCode = ExitCodes.NO_ANSWER;
      }
      out.flush();
    }
    return exitCode;
  }

  private boolean ask(String question) {
    awaitCaughtUp(PATIENCE);
    Optional<Answer> answer = client.ask(stream, question, null, timeout);
    if (answer.isEmpty()) {
      out.println(
          "no answer within "
              + timeout.toSeconds()
              + " s"
              + session.trouble().map(reason -> "; the job: " + reason).orElse(""));
      return false;
    }
    printer.print(answer.get());
    return true;
  }

  private void command(String text) {
    String[] words = text.split("\\s+", 2);
    switch (words[0]) {
      case ":stream" -> {
        if (words.length == 2) {
          stream = words[1].strip();
        } else {
          out.println("asking stream '" + stream + "'");
        }
      }
      case ":streams" -> streams.forEach(out::println);
      case ":status" -> out.println(line(session.progress(), 0));
      default -> out.println(HELP);
    }
  }

  /**
   * Waits until everything is read and condensed, and says how far it is.
   *
   * @param patience how long; {@code null} as long as it takes
   */
  private void awaitCaughtUp(Duration patience) {
    long begin = System.nanoTime();
    long moving = begin;
    long said = begin;
    long saidTokens = -1;
    double tokensASecond = 0;
    boolean any = false;
    Duration sayEvery = interactive ? SAY_EVERY : SAY_EVERY_PIPED;
    Progress progress = session.progress();
    while (!progress.caughtUp()) {
      long now = System.nanoTime();
      if (patience != null && now - begin > patience.toNanos()) {
        break;
      }
      if (now - said >= sayEvery.toNanos()) {
        if (saidTokens >= 0) {
          tokensASecond = (progress.tokens() - saidTokens) * 1e9 / (now - said);
        }
        said = now;
        saidTokens = progress.tokens();
        any = true;
        say(line(progress, tokensASecond), false);
        session.trouble().ifPresent(reason -> say("the job restarts: " + reason, true));
      }
      if (progress.tokens() == 0) {
        moving = now;
      }
      LockSupport.parkNanos(LOOK_EVERY.toNanos());
      progress = session.progress();
    }
    if (any || patience == null) {
      double seconds = (System.nanoTime() - moving) / 1e9;
      say(line(progress, progress.tokens() / Math.max(seconds, 0.1)), true);
    }
  }

  /** A progress line: on a terminal it is overwritten by the next one. */
  private void say(String text, boolean last) {
    if (interactive) {
      out.print("\r\u001b[K" + text);
      if (last) {
        out.println();
      }
    } else {
      out.println(text);
    }
    out.flush();
  }

  private static String line(Progress p, double tokensASecond) {
    if (!p.running()) {
      return "starting the job, loading the model …";
    }
    return String.format(
        Locale.ROOT,
        "read %,d events, %,d tokens; %,d chunks sealed, %,d condensed%s%s",
        p.events(),
        p.tokens(),
        p.chunksSealed(),
        p.chunksCondensed(),
        tokensASecond > 0 ? String.format(Locale.ROOT, "; %,.0f tokens/s", tokensASecond) : "",
        p.caughtUp() ? "; caught up" : "");
  }

  private String read() {
    if (interactive) {
      out.print(stream + "> ");
      out.flush();
    }
    try {
      return in.readLine();
    } catch (IOException e) {
      throw new UncheckedIOException("standard input can't be read", e);
    }
  }
}
