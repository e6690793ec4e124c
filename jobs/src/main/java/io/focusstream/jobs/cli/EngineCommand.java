package io.focusstream.jobs.cli;

import io.focusstream.operators.engine.djl.LoadedEngine;
import io.focusstream.operators.model.Precision;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Loads the natives and says what they are: on a new machine, and while an image is built. */
@Command(
    name = "engine",
    description = {
      "Load libtorch and say which it is, where it lies and how many GPUs it sees. What DJL unpacks for"
          + " that stays in its cache (DJL_CACHE_DIR), so that the next start needs not."
    })
final class EngineCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private CommonOptions common;

  @Override
  public Integer call() {
    Logging.quiet(common);
    LoadedEngine engine = LoadedEngine.load();
    PrintWriter out = spec.commandLine().getOut();
    out.println(engine);
    out.println("GPUs: " + engine.gpus());
    out.println("processor's products: " + Precision.forThisProcessor());
    out.flush();
    return ExitCodes.OK;
  }
}
