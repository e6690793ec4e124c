package io.focusstream.jobs.training.data;

import java.util.Locale;

/** Makers of the small strings that logs are full of. */
final class Values {
  private Values() {}

  static String uuid(Rng rng) {
    return rng.hex(8)
        + "-"
        + rng.hex(4)
        + "-4"
        + rng.hex(3)
        + "-"
        + rng.chars("89ab", 1)
        + rng.hex(3)
        + "-"
        + rng.hex(12);
  }

  static String ip(Rng rng) {
    return switch (rng.below(5)) {
      case 0 -> "10." + rng.below(256) + "." + rng.below(256) + "." + rng.between(1, 254);
      case 1 -> "192.168." + rng.below(256) + "." + rng.between(1, 254);
      case 2 -> "172." + rng.between(16, 31) + "." + rng.below(256) + "." + rng.between(1, 254);
      default ->
          rng.between(1, 223) + "." + rng.below(256) + "." + rng.below(256) + "." + rng.below(256);
    };
  }

  static String host(Rng rng) {
    String base =
        rng.chance(0.5)
            ? rng.pick(
                "web", "db", "node", "app", "srv", "host", "worker", "cache", "edge", "api", "gw")
            : rng.pick(Words.NOUNS);
    String name = base + rng.pick("-", "", "0", "-0") + rng.between(1, rng.pick(9, 99, 400));
    return switch (rng.below(5)) {
      case 0 -> name + "." + rng.pick(Words.NOUNS) + "." + rng.pick(Words.TLDS);
      case 1 -> name + "." + rng.pick(Words.TLDS);
      default -> name;
    };
  }

  static String path(Rng rng) {
    StringBuilder out = new StringBuilder();
    for (int i = rng.between(1, 3); i > 0; i--) {
      out.append('/').append(rng.chance(0.6) ? rng.pick(Words.DIRS) : rng.pick(Words.NOUNS));
    }
    out.append('/').append(rng.chance(0.7) ? rng.pick(Words.NOUNS) : Words.invented(rng));
    if (rng.chance(0.3)) {
      out.append(rng.pick("-", "_", ".")).append(rng.number(rng.between(1, 4)));
    }
    if (rng.chance(0.7)) {
      out.append('.').append(rng.pick(Words.EXTENSIONS));
    }
    return out.toString();
  }

  static String url(Rng rng) {
    StringBuilder out = new StringBuilder();
    if (rng.chance(0.3)) {
      out.append("/api/v").append(rng.between(1, 3));
    }
    for (int i = rng.between(1, 3); i > 0; i--) {
      out.append('/').append(rng.pick(Words.NOUNS));
      if (rng.chance(0.25)) {
        out.append('/').append(rng.number(rng.between(1, 5)));
      }
    }
    return out.toString();
  }

  static String duration(Rng rng) {
    return switch (rng.below(8)) {
      case 0 -> rng.number(rng.between(1, 3)) + "." + rng.digits(rng.between(1, 3)) + "s";
      case 1 -> rng.number(rng.between(1, 2)) + "s";
      case 2 -> rng.number(rng.between(1, 4)) + " ms";
      case 3 -> rng.number(1) + "m" + rng.between(0, 59) + "s";
      case 4 -> rng.number(rng.between(1, 2)) + " seconds";
      default -> rng.number(rng.between(1, 5)) + "ms";
    };
  }

  static String size(Rng rng) {
    return switch (rng.below(6)) {
      case 0 ->
          rng.number(rng.between(1, 3)) + "." + rng.digits(1) + rng.pick(" MB", "MB", "GiB", "G");
      case 1 -> rng.number(rng.between(1, 3)) + rng.pick("KB", "MB", "MiB", "GB", "k", "M");
      case 2 -> rng.number(rng.between(2, 6)) + " bytes";
      default -> rng.number(rng.between(2, 8));
    };
  }

  static String version(Rng rng) {
    String v = rng.below(12) + "." + rng.below(20);
    return switch (rng.below(5)) {
      case 0 -> v;
      case 1 -> "v" + v + "." + rng.below(30);
      case 2 -> v + "." + rng.below(30) + "-" + rng.between(1, 9);
      case 3 ->
          v + "." + rng.below(30) + "-" + rng.pick("rc1", "beta", "SNAPSHOT", "alpha2", "final");
      default -> v + "." + rng.below(30);
    };
  }

  static String className(Rng rng) {
    String name = rng.pick(Words.CLASS_PARTS) + rng.pick(Words.CLASS_ENDS);
    return rng.chance(0.4) ? rng.pick(Words.CLASS_PARTS) + name : name;
  }

  static String packageName(Rng rng) {
    StringBuilder out =
        new StringBuilder(rng.pick("com", "org", "io", "net", "c", "o.a", "org.apache"));
    for (int i = rng.between(1, 3); i > 0; i--) {
      out.append('.').append(rng.pick(Words.PACKAGES));
    }
    return out.toString();
  }

  static String amount(Rng rng) {
    String n = rng.number(rng.between(1, 4)) + "." + rng.digits(2);
    return switch (rng.below(5)) {
      case 0 -> "$" + n;
      case 1 -> n + " " + rng.pick("EUR", "USD", "GBP", "CHF");
      case 2 -> rng.pick("EUR", "USD") + " " + n;
      default -> n;
    };
  }

  static String email(Rng rng) {
    return rng.pick(Words.NAMES)
        + (rng.chance(0.5) ? "." + rng.pick(Words.SURNAMES) : "")
        + "@"
        + rng.pick(Words.NOUNS)
        + "."
        + rng.pick(Words.TLDS);
  }

  static String errorCode(Rng rng) {
    return switch (rng.below(5)) {
      case 0 -> "E" + rng.number(rng.between(2, 5));
      case 1 -> rng.pick("ERR", "ORA", "APP", "SYS", "DB") + "-" + rng.number(rng.between(2, 5));
      case 2 -> "0x" + rng.hex(rng.pick(2, 4, 8));
      case 3 ->
          rng.pick("ECONNREFUSED", "ETIMEDOUT", "EPIPE", "ENOENT", "EACCES", "ENOSPC", "EAGAIN");
      default -> rng.number(rng.between(1, 4));
    };
  }

  static String reason(Rng rng) {
    return switch (rng.below(7)) {
      case 0 -> "connection " + rng.pick("refused", "reset by peer", "timed out", "closed");
      case 1 ->
          rng.pick(Words.NOUNS) + " not " + rng.pick("ready", "available", "reachable", "allowed");
      case 2 ->
          rng.pick("no space left on device", "out of memory", "permission denied", "disk full");
      case 3 -> "invalid " + rng.pick(Words.NOUNS);
      case 4 ->
          rng.pick(Words.NOUNS)
              + " "
              + rng.pick("timeout", "overflow", "mismatch", "limit exceeded");
      case 5 -> "missing " + rng.pick(Words.NOUNS) + " " + rng.pick(Words.NOUNS);
      default -> rng.pick(Words.ADJECTIVES) + " " + rng.pick(Words.NOUNS);
    };
  }

  static String slug(Rng rng) {
    return rng.pick(Words.ADJECTIVES) + rng.pick("-", "_") + rng.pick(Words.NOUNS);
  }

  static String mac(Rng rng) {
    StringBuilder out = new StringBuilder(rng.hex(2));
    for (int i = 0; i < 5; i++) {
      out.append(':').append(rng.hex(2));
    }
    return out.toString();
  }

  /** An identifier; {@code style} fixes the form, so that the ids of one stream look alike. */
  static String id(Rng rng, int style, String prefix) {
    return switch (style) {
      case 0 -> prefix + "-" + rng.number(4);
      case 1 -> prefix + "-" + rng.number(3);
      case 2 -> rng.number(5);
      case 3 -> rng.number(7);
      case 4 -> uuid(rng);
      case 5 -> rng.hex(8);
      case 6 -> prefix + "_" + rng.hex(6);
      case 7 -> "#" + rng.number(4);
      case 8 -> slug(rng);
      case 9 -> prefix.toUpperCase(Locale.ROOT) + "-" + rng.number(5);
      case 10 -> prefix + rng.number(2);
      case 11 -> Words.invented(rng) + "-" + rng.number(2);
      case 12 -> prefix + "-" + rng.letters(5);
      case 13 -> slug(rng) + "-" + rng.chars("bcdfghjklmnpqrstvwxz2456789", 5);
      case 14 -> rng.chars("ABCDEFGHJKLMNPQRSTUVWXYZ", 3) + rng.number(4);
      case 15 -> prefix + ":" + rng.number(4);
      case 16 -> rng.hex(12);
      case 17 -> prefix + "/" + rng.number(3);
      case 18 -> prefix + "[" + rng.number(3) + "]";
      default -> rng.pick(Words.NOUNS) + "-" + rng.number(2);
    };
  }

  static final int ID_STYLES = 20;

  /** A number that begins as another one does, with as many digits. */
  static String begunAs(Rng rng, String number) {
    int same = rng.between(1, number.length() - 1);
    return number.substring(0, same) + rng.digits(number.length() - same);
  }

  /** A string that differs from the given one in one or two characters, of the same classes. */
  static String lookAlike(Rng rng, String text) {
    StringBuilder out = new StringBuilder(text);
    int wanted = rng.chance(0.7) ? 1 : 2;
    for (int tries = 0, changed = 0; tries < 50 && changed < wanted; tries++) {
      int at = rng.below(out.length());
      char c = out.charAt(at);
      char next;
      if (c >= '0' && c <= '9') {
        next = (char) ('0' + rng.below(10));
      } else if (c >= 'a' && c <= 'f' && text.matches("[0-9a-f-]{6,}")) {
        next = "abcdef".charAt(rng.below(6));
      } else if (c >= 'a' && c <= 'z') {
        next = (char) ('a' + rng.below(26));
      } else if (c >= 'A' && c <= 'Z') {
        next = (char) ('A' + rng.below(26));
      } else {
        continue;
      }
      if (next != c) {
        out.setCharAt(at, next);
        changed++;
      }
    }
    return out.toString();
  }

  /**
   * The next of things that are numbered: a little more in the last number of more than one digit.
   */
  static String next(Rng rng, String text) {
    int end = text.length();
    while (end > 0) {
      while (end > 0 && !Character.isDigit(text.charAt(end - 1))) {
        end--;
      }
      int start = end;
      while (start > 0 && Character.isDigit(text.charAt(start - 1))) {
        start--;
      }
      if (end - start > 1 && end - start < 18) {
        long more = Long.parseLong(text.substring(start, end)) + (rng.chance(0.7) ? 1 : 2);
        String written = String.format("%0" + (end - start) + "d", more);
        return text.substring(0, start) + written + text.substring(end);
      }
      end = start;
    }
    return lookAlike(rng, text);
  }
}
