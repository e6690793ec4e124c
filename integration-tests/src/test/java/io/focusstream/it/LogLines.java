package io.focusstream.it;

import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Random;

/** Lines as a package manager's log has them, the same for the same seed; no two alike. */
final class LogLines {
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss");
  private static final String[] STEMS = {
    "ssl",
    "curl",
    "python",
    "perl",
    "glib",
    "gnutls",
    "systemd",
    "kernel",
    "xml",
    "zstd",
    "pam",
    "mount",
    "crypt",
    "audit",
    "fonts",
    "jpeg",
    "mysql",
    "pcre",
    "readline",
    "sqlite"
  };
  private static final String[] STATES = {
    "half-configured", "half-installed", "unpacked", "installed", "triggers-pending", "config-files"
  };

  private final Random random;
  private LocalDateTime time = LocalDateTime.of(2025, 6, 24, 14, 36, 25);

  LogLines(long seed) {
    random = new Random(seed);
  }

  String next() {
    time = time.plusSeconds(random.nextInt(4));
    String name = "lib" + one(STEMS) + random.nextInt(100) + "-" + one(STEMS);
    if (random.nextInt(6) == 0) {
      return "%s upgrade %s:amd64 %s %s".formatted(TIME.format(time), name, version(), version());
    }
    return "%s status %s %s:amd64 %s".formatted(TIME.format(time), one(STATES), name, version());
  }

  private String version() {
    return "%d.%d.%d-%d~deb12u%d"
        .formatted(
            random.nextInt(300),
            random.nextInt(50),
            random.nextInt(20),
            1 + random.nextInt(9),
            1 + random.nextInt(5));
  }

  private String one(String[] words) {
    return words[random.nextInt(words.length)];
  }
}
