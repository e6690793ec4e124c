package io.focusstream.jobs.training.data;

import java.util.List;

/** A web server's access log, in the common and combined forms and shuffled ones. */
final class AccessLogScenario implements Scenario {
  private static final List<String> AGENTS =
      List.of(
          "Mozilla/5.0 (X11; Linux x86_64)",
          "curl/8.4.0",
          "python-requests/2.31",
          "Go-http-client/1.1",
          "Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
          "okhttp/4.9",
          "kube-probe/1.28",
          "-");
  private final LogHeader header;
  private final boolean combined;
  private final boolean users;
  private final int form;

  AccessLogScenario(Rng rng) {
    header = new LogHeader(rng);
    combined = rng.chance(0.4);
    users = rng.chance(0.3);
    form = rng.below(4);
  }

  @Override
  public void emit(Rng rng, List<DraftLine> out) {
    String ip = Values.ip(rng);
    String url =
        Values.url(rng)
            + (rng.chance(0.5)
                ? "/" + rng.number(rng.between(2, 5))
                : "?" + rng.pick(Words.NOUNS) + "=" + rng.number(3));
    String anchor = rng.chance(0.5) ? url : ip;
    String kind = anchor.equals(ip) ? "client" : "url";
    String status =
        String.valueOf(
            rng.pick(
                200, 200, 200, 201, 204, 301, 302, 304, 400, 401, 403, 404, 404, 429, 500, 502,
                503));
    String method = rng.pick("GET", "GET", "GET", "POST", "PUT", "DELETE", "HEAD");
    String time = header.time(rng);
    LineBuilder line = new LineBuilder();
    Field client = Field.of("client");
    List<String> statusWords = List.of("status", "status code", "http status", "response code");
    List<String> statusQuestions =
        List.of("What status did {k} get?", "status of {k}", "how was {k} answered", "{k} status");
    if (form == 3) {
      line.add(method).add(" ");
      if (kind.equals("url")) {
        line.add(url);
      } else {
        line.fact(anchor, kind, Field.of("url"), Field.of("url").spoken(), url);
      }
      line.add(" ").fact(anchor, kind, "status", statusWords, statusQuestions, status, false);
      line.add(" ")
          .fact(
              anchor,
              kind,
              Field.of("duration"),
              Field.of("duration").spoken(),
              Values.duration(rng));
      line.add(" from ");
      if (kind.equals("client")) {
        line.add(ip);
      } else {
        line.fact(anchor, kind, client, client.spoken(), ip);
      }
      out.add(line.build());
      return;
    }
    if (kind.equals("client")) {
      line.add(ip);
    } else {
      line.fact(anchor, kind, client, client.spoken(), ip);
    }
    line.add(" - ");
    if (users) {
      line.fact(anchor, kind, Field.of("user"), Field.of("user").spoken(), rng.pick(Words.NAMES));
    } else {
      line.add("-");
    }
    line.add(" ");
    LogHeader.time(
        line,
        time.isEmpty() ? "" : time + (form == 0 ? " +0000" : ""),
        anchor,
        kind,
        "time",
        LogHeader.TIME_TEMPLATES,
        "[",
        "] ");
    line.add("\"");
    line.fact(
        anchor, kind, "method", List.of("method"), Field.of("method").templates(), method, false);
    line.add(" ");
    if (kind.equals("url")) {
      line.add(url);
    } else {
      line.fact(anchor, kind, Field.of("url"), Field.of("url").spoken(), url);
    }
    line.add(" HTTP/1.1\" ");
    line.fact(anchor, kind, "status", statusWords, statusQuestions, status, false);
    line.add(" ")
        .fact(
            anchor,
            kind,
            Field.of("size"),
            List.of("size", "bytes"),
            rng.number(rng.between(2, 6)));
    if (combined) {
      line.add(" \"")
          .add(
              rng.chance(0.5)
                  ? "-"
                  : "https://" + rng.pick(Words.NOUNS) + "." + rng.pick(Words.TLDS) + "/")
          .add("\" \"");
      line.add(rng.pick(AGENTS)).add("\"");
    }
    out.add(line.build());
  }
}
