package io.focusstream.jobs.training.data;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Hands out the names of things in one log: new ones, look-alikes of old ones, never one twice. */
final class Anchors {
  static final List<String> KINDS =
      List.of(
          "request",
          "job",
          "order",
          "session",
          "task",
          "transaction",
          "container",
          "pod",
          "node",
          "user",
          "message",
          "event",
          "file",
          "package",
          "payment",
          "invoice",
          "ticket",
          "build",
          "deployment",
          "query",
          "connection",
          "worker",
          "device",
          "sensor",
          "customer",
          "batch",
          "topic",
          "partition",
          "instance",
          "volume",
          "image",
          "shipment",
          "backup",
          "test",
          "run",
          "item",
          "account",
          "document",
          "stage",
          "upload",
          "service",
          "process",
          "thread",
          "client",
          "table",
          "index",
          "checkpoint",
          "lock",
          "disk",
          "report");

  private final String kind;
  private final int style;
  private final String prefix;
  private final double alike;
  private final List<String> made = new ArrayList<>();
  private final Set<String> used = new HashSet<>();

  Anchors(Rng rng) {
    this(rng, rng.pick(KINDS));
  }

  Anchors(Rng rng, String kind) {
    this.kind = kind;
    this.style = rng.below(Values.ID_STYLES);
    this.prefix =
        switch (rng.below(3)) {
          case 0 -> kind;
          case 1 -> kind.substring(0, Math.min(3, kind.length()));
          default -> rng.chance(0.5) ? rng.letters(2) : kind.substring(0, 1);
        };
    this.alike = rng.pick(0.0, 0.2, 0.4, 0.5);
  }

  String kind() {
    return kind;
  }

  /** A name that wasn't there before. */
  String next(Rng rng) {
    String name = null;
    for (int tries = 0; tries < 30; tries++) {
      name =
          !made.isEmpty() && rng.chance(alike)
              ? Values.lookAlike(rng, rng.pick(made))
              : Values.id(rng, style, prefix);
      if (used.add(name)) {
        made.add(name);
        return name;
      }
    }
    name = Values.id(rng, 4, prefix);
    made.add(name);
    return name;
  }

  /** One of the last few names, or null where there are none. */
  String recent(Rng rng) {
    return made.isEmpty() ? null : made.get(Math.max(0, made.size() - 1 - rng.below(6)));
  }
}
