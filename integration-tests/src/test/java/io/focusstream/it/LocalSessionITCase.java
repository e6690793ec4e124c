package io.focusstream.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.focusstream.jobs.kafka.QuestionClient;
import io.focusstream.jobs.local.FollowedFile;
import io.focusstream.jobs.local.LocalException;
import io.focusstream.jobs.local.LocalSession;
import io.focusstream.jobs.local.LocalSettings;
import io.focusstream.jobs.local.Progress;
import io.focusstream.schemas.Answer;
import io.focusstream.schemas.AnswerStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.configuration.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalSessionITCase {
  private static final Duration DEADLINE = Duration.ofSeconds(60);

  @TempDir Path directory;

  @Test
  void secondStartResumesAndStillKnowsTheStream() throws IOException {
    Path log = directory.resolve("app.log");
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 2_000; i++) {
      text.append("line ").append(i).append(" of service-").append(i).append(": value-").append(i);
      text.append('\n');
    }
    Files.writeString(log, text);
    List<String> messages = new ArrayList<>();
    try (LocalSession session = start(log, messages)) {
      Progress progress = awaitCaughtUp(session);
      assertEquals(2_000, progress.events());
      assertEquals(text.length(), progress.tokens());
      assertTrue(progress.chunksSealed() > 50, progress.toString());
      Answer answer = ask(session, "what is the value of service-17?");
      assertEquals(AnswerStatus.OK, answer.status());
      assertEquals("value-17", answer.text());
      assertEquals("lines", answer.evidence().get(0).offsets().get(0).topic());
      assertTrue(
          answer.evidence().get(0).lines().stream().anyMatch(line -> line.contains("value-17")),
          answer.toString());

      assertThrows(LocalException.class, () -> start(log, new ArrayList<>()));
    }

    Files.writeString(log, "line 2000 of service-new: value-new\n", StandardOpenOption.APPEND);
    try (LocalSession session = start(log, messages)) {
      assertTrue(session.restored().isPresent());
      Progress progress = awaitCaughtUp(session);
      assertEquals(1, progress.events(), "only what is new is read");
      assertEquals("value-17", ask(session, "what is the value of service-17?").text());
      assertEquals("value-new", ask(session, "what is the value of service-new?").text());
      assertEquals(AnswerStatus.NOT_FOUND, ask(session, "who painted Guernica?").status());
    }
    try (LocalSession session = start(log, messages)) {
      Progress progress = awaitCaughtUp(session);
      assertEquals(0, progress.events());
      assertEquals("value-new", ask(session, "what is the value of service-new?").text());
    }
    assertFalse(messages.isEmpty());
  }

  private LocalSession start(Path log, List<String> messages) {
    return LocalSession.start(
        new LocalSettings(
            directory.resolve("data"),
            0,
            0,
            1,
            List.of(new FollowedFile(log, "app.log")),
            List.of(),
            List.of(),
            new Configuration()),
        Fakes.lexicalModel(0),
        messages::add);
  }

  private static Progress awaitCaughtUp(LocalSession session) {
    Progress[] last = new Progress[1];
    Await.until(
        DEADLINE,
        () -> "caught up; " + last[0] + " " + session.trouble().orElse(""),
        () -> {
          last[0] = session.progress();
          return last[0].caughtUp();
        });
    return last[0];
  }

  private static Answer ask(LocalSession session, String question) {
    try (QuestionClient client = session.newQuestionClient()) {
      return client.ask("app.log", question, null, Duration.ofSeconds(20)).orElseThrow();
    }
  }
}
