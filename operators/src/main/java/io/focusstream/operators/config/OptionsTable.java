package io.focusstream.operators.config;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.util.TimeUtils;

/** Writes the table of options that {@code docs/options.md} holds. */
public final class OptionsTable {
  /** The classes whose options are documented. */
  public static final List<Class<?>> CLASSES =
      List.of(
          CondenseOptions.class,
          LocalOptions.class,
          AskOptions.class,
          EngineOptions.class,
          EvidenceOptions.class,
          KvOptions.class,
          StreamOptions.class);

  private static final String HEAD =
      """
      # Options

      Given to the job as `-Dkey=value`, or in Flink's configuration file. This page is generated from the
      `*Options` classes; a test holds it to them.

      | key | default | what it does |
      | --- | --- | --- |
      """;

  private OptionsTable() {}

  /** The whole page, in Markdown, options sorted by key. */
  public static String markdown(List<Class<?>> classes) {
    List<ConfigOption<?>> options = new ArrayList<>();
    for (Class<?> type : classes) {
      for (Field field : type.getFields()) {
        if (Modifier.isStatic(field.getModifiers()) && field.getType() == ConfigOption.class) {
          try {
            options.add((ConfigOption<?>) field.get(null));
          } catch (IllegalAccessException e) {
            throw new IllegalStateException(type.getName() + " must be public", e);
          }
        }
      }
    }
    options.sort(Comparator.comparing(ConfigOption::key));
    StringBuilder page = new StringBuilder(HEAD);
    for (ConfigOption<?> option : options) {
      page.append("| `").append(option.key()).append("` | ");
      page.append(option.hasDefaultValue() ? "`" + shown(option.defaultValue()) + "`" : "none");
      page.append(" | ").append(description(option)).append(" |\n");
    }
    return page.toString();
  }

  private static String shown(Object value) {
    if (value instanceof Duration duration) {
      return TimeUtils.formatWithHighestUnit(duration);
    }
    if (value instanceof MemorySize size) {
      return size.toString();
    }
    return String.valueOf(value);
  }

  private static String description(ConfigOption<?> option) {
    StringBuilder text = new StringBuilder();
    option.description().getBlocks().forEach(block -> text.append(plain(block)));
    return text.toString().replace("|", "\\|");
  }

  private static String plain(Object block) {
    if (block instanceof org.apache.flink.configuration.description.TextElement element) {
      return element.getFormat();
    }
    throw new IllegalStateException(
        "options are described in plain text; got " + block.getClass().getSimpleName());
  }
}
