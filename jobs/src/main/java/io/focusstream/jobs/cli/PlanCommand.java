package io.focusstream.jobs.cli;

import io.focusstream.operators.config.StreamOptions;
import io.focusstream.operators.engine.djl.BundledModels;
import io.focusstream.operators.kv.Quantisation;
import io.focusstream.operators.model.Precision;
import io.focusstream.operators.model.checkpoint.FocusSettings.Readout;
import io.focusstream.operators.model.checkpoint.ModelConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.apache.flink.util.TimeUtils;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code focus plan}: what a load takes, on paper. */
@Command(
    name = "plan",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "What a load takes, on paper: bytes of state, device time a day, seconds a question, task"
          + " managers.",
      "The device's rates are the ones of --device, or measured ones from `focus bench`."
    })
public final class PlanCommand implements Callable<Integer> {
  private static final double DAY = 86_400;

  /** A task manager that is busier than that keeps its questions waiting. */
  private static final double BUSY = 0.6;

  private static final double SLOW_SECONDS = 5;

  /** A history in tokens; a small m is minutes. */
  private static final Pattern IS_TOKENS = Pattern.compile("[0-9]+[KkM]?");

  private static final int MAX_CHUNKS = StreamOptions.MAX_CHUNKS.defaultValue();
  private static final double GIB = 1L << 30;

  @Spec private CommandSpec spec;

  @Option(
      names = "--model",
      defaultValue = "small",
      description = "Name or folder: ${DEFAULT-VALUE}.")
  private String model;

  @Option(
      names = "--config",
      description = "A config.json instead of a model: its weights aren't needed.")
  private Path config;

  @Option(names = "--rate", required = true, description = "Events a second, of all streams.")
  private double rate;

  @Option(
      names = "--tokens-per-event",
      defaultValue = "40",
      description = "${DEFAULT-VALUE}, as log lines have.")
  private double tokensPerEvent;

  @Option(
      names = "--history",
      required = true,
      description = "How much of each stream is kept: a time, '7 d', or tokens, 400K.")
  private String history;

  @Option(names = "--streams", defaultValue = "1", description = "${DEFAULT-VALUE}, alike.")
  private long streams;

  @Option(
      names = {"--questions-per-minute", "--questions/min"},
      defaultValue = "1",
      description = "Of all streams: ${DEFAULT-VALUE}.")
  private double questionsPerMinute;

  @Option(names = "--question", defaultValue = "24", description = "Tokens: ${DEFAULT-VALUE}.")
  private int question;

  @Option(names = "--answer", defaultValue = "16", description = "Tokens: ${DEFAULT-VALUE}.")
  private int answer;

  @Option(names = "--chunk", defaultValue = "256", description = "Tokens: ${DEFAULT-VALUE}.")
  private int chunk;

  @Option(names = "--kv", defaultValue = "INT8", description = "States: ${COMPLETION-CANDIDATES}.")
  private Quantisation kv;

  @Option(names = "--device", defaultValue = "cpu", description = "${COMPLETION-CANDIDATES}.")
  private DeviceKind device;

  @Option(
      names = "--operations",
      description = "Measured operations a second in products (`focus bench`).")
  private Double operations;

  @Option(names = "--bandwidth", description = "Measured bytes a second (`focus bench`).")
  private Double bandwidth;

  /** Devices with the rates that are reckoned with. */
  public enum DeviceKind {
    /**
     * Measured: two cores with AVX-512 bf16, shape A by proposals: means of two benches, 32K to
     * 400K tokens.
     */
    cpu(Precision.BFLOAT16, 387e9, 14.7e9, 0.435, 0.35, 0.43, "measured, docs/performance.md"),
    /** The same of two cores without bfloat16, whose products are float32. */
    cpu_float32(Precision.FLOAT32, 121e9, 8.5e9, 0.54, 0.43, 0.3, "measured, docs/performance.md"),
    /** From its data sheet; the parts are assumed, never measured by us. */
    l4(
        Precision.BFLOAT16,
        121e12,
        300e9,
        0.4,
        0.4,
        0.5,
        "from its data sheet; the parts assumed, not measured"),
    /** From its data sheet; the parts are assumed, never measured by us. */
    h200(
        Precision.BFLOAT16,
        990e12,
        4.8e12,
        0.4,
        0.4,
        0.5,
        "from its data sheet; the parts assumed, not measured");

    private final Precision precision;
    private final double operations;
    private final double bandwidth;
    private final double condensePart;
    private final double askPart;
    private final double tokenPart;
    private final String source;

    DeviceKind(
        Precision precision,
        double operations,
        double bandwidth,
        double condensePart,
        double askPart,
        double tokenPart,
        String source) {
      this.precision = precision;
      this.operations = operations;
      this.bandwidth = bandwidth;
      this.condensePart = condensePart;
      this.askPart = askPart;
      this.tokenPart = tokenPart;
      this.source = source;
    }
  }

  @Override
  public Integer call() throws IOException {
    Path file = config != null ? config : BundledModels.folder(model).resolve("config.json");
    if (!Files.isReadable(file)) {
      throw new CliException(ExitCodes.USAGE, "no config.json can be read at " + file);
    }
    ModelConfig shape = ModelConfig.parse(file.toString(), Files.readString(file));
    if (!(rate > 0 && tokensPerEvent > 0 && questionsPerMinute >= 0) || streams < 1 || chunk < 1) {
      throw new CliException(
          ExitCodes.USAGE,
          "--rate, --tokens-per-event, --streams and --chunk must be above 0,"
              + " --questions-per-minute at least 0");
    }
    double perSecond = operations != null ? operations : device.operations;
    double bytesPerSecond = bandwidth != null ? bandwidth : device.bandwidth;

    double tokensPerSecond = rate * tokensPerEvent;
    double historyTokens =
        IS_TOKENS.matcher(history.strip()).matches()
            ? EvalCommand.parseLength(history)
            : tokensPerSecond * parse(history).toMillis() / 1000.0 / streams;
    double chunks = Math.max(1, historyTokens / chunk);
    double tokenBytes =
        (double) shape.layers() * kv.tokenBytes(shape.keyValueHeads(), shape.headDim());
    double stateBytes = historyTokens * streams * (tokenBytes + 4);
    double condenseRate = perSecond * device.condensePart / BenchCommand.tokenOperations(shape);
    double condenseSeconds = tokensPerSecond * DAY / condenseRate;
    Readout readout = shape.focus().readout();
    // a candidate is one of the question's rows
    int asked = readout == Readout.DECODER ? question : question + 1;
    double first =
        chunks * BenchCommand.stepOperations(shape, readout, asked) / (perSecond * device.askPart);
    double hotBytes =
        chunks
            * chunk
            * shape.stateElementsPerToken()
            * BenchCommand.bytesANumber(device.precision, kv, shape);
    double products = chunks * BenchCommand.stepOperations(shape, readout, 1) / perSecond;
    double further = (hotBytes / bytesPerSecond + products) / device.tokenPart;
    double questionSeconds = first + (answer - 1) * further;
    double askSeconds = questionsPerMinute * 1440 * questionSeconds;
    double managers = Math.ceil((condenseSeconds + askSeconds) / DAY / BUSY);

    PrintWriter out = spec.commandLine().getOut();
    print(out, "rates", "%.3g operations/s, %.3g bytes/s", perSecond, bytesPerSecond);
    print(
        out,
        "parts of them reached",
        "condensing %.0f%%, first token %.0f%%, further tokens %.0f%% of bytes and operations (%s)",
        100 * device.condensePart,
        100 * device.askPart,
        100 * device.tokenPart,
        operations != null || bandwidth != null ? "rates given" : device.source);
    print(out, "tokens a second", "%.0f", tokensPerSecond);
    print(out, "history a stream", "%.0f tokens, %.0f chunks", historyTokens, chunks);
    print(out, "state", "%.2f GiB, %.0f bytes a token", stateBytes / GIB, tokenBytes + 4);
    print(out, "hot, one stream", "%.2f GiB", hotBytes / GIB);
    print(
        out,
        "condensing",
        "%.0f tokens/s a device, %.0f device seconds a day",
        condenseRate,
        condenseSeconds);
    print(
        out,
        "a question",
        "first token %.2f s, each further %.0f ms, all %.2f s; %.0f device seconds a day",
        first,
        1000 * further,
        questionSeconds,
        askSeconds);
    print(out, "task managers", "%.0f, at most %.0f%% busy", managers, 100 * BUSY);
    if (first > SLOW_SECONDS) {
      out.printf(
          Locale.ROOT,
          "! A question takes longer than %.0f s: keep less (focus.stream.max-age), split the streams"
              + " finer, or take a faster device.%n",
          SLOW_SECONDS);
    }
    if (chunks > MAX_CHUNKS) {
      out.println(
          "! That is more chunks a stream than focus.stream.max-chunks keeps by default ("
              + MAX_CHUNKS
              + "), and more than the model that ships was trained for (docs/model.md).");
    }
    if (condenseRate < tokensPerSecond / streams) {
      out.println("! One stream alone is more than a device condenses: split it.");
    }
    if (further > 0.2) {
      out.println(
          "! Further tokens are slow: focus.engine.focus-share = 0.999 leaves out the chunks that"
              + " don't matter.");
    }
    out.flush();
    return ExitCodes.OK;
  }

  private static void print(PrintWriter out, String name, String format, Object... values) {
    out.printf(Locale.ROOT, "%-22s " + format + "%n", prepend(name, values));
  }

  private static Object[] prepend(String name, Object... values) {
    Object[] all = new Object[values.length + 1];
    all[0] = name;
    System.arraycopy(values, 0, all, 1, values.length);
    return all;
  }

  private static Duration parse(String written) {
    try {
      Duration duration = TimeUtils.parseDuration(written);
      if (duration.isZero() || duration.isNegative()) {
        throw new IllegalArgumentException("not above 0");
      }
      return duration;
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new CliException(
          ExitCodes.USAGE,
          "--history is a time such as '12 h' or '7 d', or tokens such as 400K; got '"
              + written
              + "'",
          e);
    }
  }
}
