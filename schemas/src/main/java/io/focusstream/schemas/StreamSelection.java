package io.focusstream.schemas;

import java.util.HashSet;
import java.util.List;

/** Which streams a query is for. */
public sealed interface StreamSelection {
  /** Most streams that a query may list. */
  int MAX_LISTED = 256;

  /** For people, and as the stream of the answer: a name, several names, {@code web-*}. */
  String shown();

  /**
   * One stream: its answer is the answer.
   *
   * @param stream its name
   */
  record One(String stream) implements StreamSelection {
    public One {
      Limits.requireName("stream", stream, Limits.MAX_STREAM_CHARS);
    }

    @Override
    public String shown() {
      return stream;
    }
  }

  /**
   * Some streams: each answers, one answer has them all.
   *
   * @param streams their names, 1 to {@value #MAX_LISTED}, none twice
   */
  record Listed(List<String> streams) implements StreamSelection {
    public Listed {
      streams = List.copyOf(streams);
      Limits.requireRange("the number of streams", streams.size(), 1, MAX_LISTED);
      for (String stream : streams) {
        Limits.requireName("streams", stream, Limits.MAX_STREAM_CHARS);
      }
      if (new HashSet<>(streams).size() < streams.size()) {
        throw new IllegalArgumentException("streams must name none twice; got " + streams);
      }
    }

    @Override
    public String shown() {
      return Limits.cut(String.join(", ", streams), Limits.MAX_STREAM_CHARS);
    }
  }

  /**
   * All streams whose names begin so.
   *
   * @param prefix may be empty: all streams
   */
  record Prefixed(String prefix) implements StreamSelection {
    public Prefixed {
      Limits.requireNameOrEmpty("streamPrefix", prefix, Limits.MAX_STREAM_CHARS);
    }

    @Override
    public String shown() {
      return Limits.cut(prefix, Limits.MAX_STREAM_CHARS - 1) + "*";
    }
  }
}
