package io.focusstream.jobs.training.data;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** A package manager's log: each package goes through its states, some are upgraded. */
final class PackageScenario implements Scenario {
  private static final List<String> VERSION =
      List.of(
          "Which version of {k} was installed?",
          "version of {k}",
          "what version of {k} is installed",
          "What version of {k} was installed?",
          "{k} version",
          "What is the version of {k}?",
          "which {k} version");
  private static final List<String> OLD =
      List.of(
          "Which version of {k} was there before?",
          "old version of {k}",
          "From which version was {k} upgraded?");
  private static final List<String> STATE =
      List.of(
          "What is the status of {k}?",
          "status of {k}",
          "current status of {k}",
          "In which state is {k}?");
  private static final List<String> VERSION_WORDS = List.of("version");
  private final LogHeader header;
  private final boolean architecture;
  private final boolean brief;
  private final int open;
  private final List<Deque<DraftLine>> pending = new ArrayList<>();
  private final Set<String> used = new HashSet<>();

  PackageScenario(Rng rng) {
    header = new LogHeader(rng);
    architecture = rng.chance(0.6);
    brief = rng.chance(0.4);
    open = rng.between(1, 4);
  }

  @Override
  public void emit(Rng rng, List<DraftLine> out) {
    while (pending.size() < open) {
      String name = name(rng);
      if (used.add(name)) {
        pending.add(steps(rng, name));
      }
    }
    int which = rng.below(pending.size());
    DraftLine line = pending.get(which).poll();
    if (pending.get(which).isEmpty()) {
      pending.remove(which);
    }
    // Times are written when the line is, so that they grow.
    LineBuilder timed = new LineBuilder();
    LogHeader.time(timed, header.time(rng), null, null, "time", List.of(), "", " ");
    out.add(timed.append(line).build());
  }

  private String name(Rng rng) {
    String stem = rng.chance(0.4) ? "lib" + rng.pick(Words.NOUNS) : rng.pick(Words.NOUNS);
    String name =
        switch (rng.below(5)) {
          case 0 -> stem + rng.between(1, 9);
          case 1 -> stem + "-" + rng.pick("dev", "common", "data", "doc", "utils", "bin", "core");
          case 2 -> "python3-" + stem;
          case 3 -> stem + "-" + rng.pick(Words.NOUNS);
          default -> stem;
        };
    return name + (architecture ? rng.pick(":amd64", ":all", ":amd64", ":arm64") : "");
  }

  private static String version(Rng rng) {
    return (rng.chance(0.15) ? rng.between(1, 3) + ":" : "")
        + rng.below(20)
        + "."
        + rng.below(40)
        + (rng.chance(0.6) ? "." + rng.below(20) : "")
        + (rng.chance(0.7) ? "-" + rng.between(1, 9) : "")
        + (rng.chance(0.2) ? rng.pick("+deb12u1", "ubuntu2", "+b1", "~rc2") : "");
  }

  private Deque<DraftLine> steps(Rng rng, String name) {
    Deque<DraftLine> steps = new ArrayDeque<>();
    String version = version(rng);
    if (rng.chance(0.3)) {
      LineBuilder line = new LineBuilder().add("upgrade ").add(name).add(" ");
      line.fact(name, "package", "old version", List.of("old version"), OLD, version(rng), false);
      steps.add(version(line.add(" "), name, version).build());
    } else {
      steps.add(
          version(new LineBuilder().add("install ").add(name).add(" <none> "), name, version)
              .build());
    }
    if (!brief) {
      status(steps, name, "half-installed", version);
      status(steps, name, "unpacked", version);
      steps.add(
          version(new LineBuilder().add("configure ").add(name).add(" "), name, version)
              .add(" <none>")
              .build());
      status(steps, name, "half-configured", version);
    }
    if (rng.chance(0.9)) {
      status(steps, name, rng.chance(0.9) ? "installed" : "triggers-pending", version);
    }
    return steps;
  }

  private static LineBuilder version(LineBuilder line, String name, String version) {
    return line.fact(name, "package", "version", VERSION_WORDS, VERSION, version, false);
  }

  private static void status(Deque<DraftLine> steps, String name, String state, String version) {
    LineBuilder line = new LineBuilder().add("status ");
    line.fact(name, "package", "status", List.of("status", "state"), STATE, state, true);
    steps.add(version(line.add(" ").add(name).add(" "), name, version).build());
  }
}
