package io.focusstream.operators.testing;

import java.util.ArrayList;
import java.util.List;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Configuration;
import org.apache.logging.log4j.core.config.LoggerConfig;
import org.apache.logging.log4j.core.config.Property;

/** What FocusStream's own classes log at INFO and above while this is open. */
public final class LogCapture implements AutoCloseable {
  private static final String OURS = "io.focusstream";

  private final LoggerContext context = (LoggerContext) LogManager.getContext(false);
  private final Memory memory = new Memory();

  private static final class Memory extends AbstractAppender {
    private final List<String> lines = new ArrayList<>();

    Memory() {
      super("memory", null, null, false, Property.EMPTY_ARRAY);
    }

    @Override
    public synchronized void append(LogEvent event) {
      lines.add(event.getLevel() + " " + event.getMessage().getFormattedMessage());
      for (Throwable t = event.getThrown(); t != null; t = t.getCause()) {
        lines.add(t.toString());
      }
    }

    synchronized List<String> lines() {
      return List.copyOf(lines);
    }
  }

  /** Begins to listen. */
  public LogCapture() {
    memory.start();
    Configuration configuration = context.getConfiguration();
    LoggerConfig ours = new LoggerConfig(OURS, Level.INFO, false);
    ours.addAppender(memory, Level.INFO, null);
    configuration.addLogger(OURS, ours);
    context.updateLoggers();
  }

  /** Messages so far, each after its level; those of thrown exceptions after theirs. */
  public List<String> lines() {
    return memory.lines();
  }

  @Override
  public void close() {
    context.getConfiguration().removeLogger(OURS);
    context.updateLoggers();
    memory.stop();
  }
}
