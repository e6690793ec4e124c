package io.focusstream.jobs.topology;

import io.focusstream.jobs.kafka.EventParser;
import io.focusstream.jobs.kafka.RawRecord;
import java.util.Objects;
import org.apache.flink.api.connector.source.Source;

/**
 * A source of events.
 *
 * @param name names it among the job's inputs, for example {@code raw}; part of its uids, so it
 *     must stay the same from one version to the next
 * @param source gives the records
 * @param parser reads them
 */
public record EventInput(String name, Source<RawRecord, ?, ?> source, EventParser parser) {
  public EventInput {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(source, "source");
    Objects.requireNonNull(parser, "parser");
  }
}
