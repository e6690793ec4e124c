package io.focusstream.jobs.training.data;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A service's log in words: a few kinds of messages, and noise between them. */
final class ProseLogScenario implements Scenario {
  private final LogHeader header;
  private final List<ProseTemplates> templates = new ArrayList<>();
  private final Map<String, Anchors> anchors = new HashMap<>();
  private final Set<String> said = new HashSet<>();
  private final double noise;
  private final double again;

  ProseLogScenario(Rng rng) {
    header = new LogHeader(rng);
    ProseTemplates first = rng.pick(ProseTemplates.ALL);
    templates.add(first);
    for (ProseTemplates other : ProseTemplates.ALL) {
      if (other != first && other.kind().equals(first.kind()) && rng.chance(0.7)) {
        templates.add(other);
      }
    }
    for (int more = rng.below(4); more > 0; more--) {
      templates.add(rng.pick(ProseTemplates.ALL));
    }
    for (ProseTemplates template : templates) {
      anchors.computeIfAbsent(template.kind(), kind -> new Anchors(rng, kind));
    }
    noise = rng.pick(0.0, 0.1, 0.3, 0.6);
    again = rng.pick(0.0, 0.3, 0.5);
  }

  @Override
  public void emit(Rng rng, List<DraftLine> out) {
    LineBuilder line = new LineBuilder();
    if (rng.chance(noise)) {
      header.write(line, rng, null, null, List.of());
      line.add(ProseTemplates.noise(rng));
      header.end(line);
      out.add(line.build());
      return;
    }
    int which = rng.below(templates.size());
    ProseTemplates template = templates.get(which);
    Anchors names = anchors.get(template.kind());
    String anchor = rng.chance(again) ? names.recent(rng) : null;
    if (anchor == null || !said.add(anchor + which)) {
      anchor = names.next(rng);
      said.add(anchor + which);
    }
    List<String> times = template.questions().get("time");
    header.write(line, rng, anchor, template.kind(), template.timeWord(), times);
    template.write(line, rng, anchor);
    header.end(line);
    out.add(line.build());
  }
}
