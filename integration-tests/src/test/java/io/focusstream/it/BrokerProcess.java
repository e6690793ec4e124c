package io.focusstream.it;

import io.focusstream.jobs.local.EmbeddedKafka;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/** A broker as a process of its own, to be killed. */
final class BrokerProcess {
  private BrokerProcess() {}

  /** Takes the broker's folder and its port; runs until it is killed. */
  public static void main(String[] args) throws InterruptedException {
    try (EmbeddedKafka kafka = EmbeddedKafka.start(Path.of(args[0]), Integer.parseInt(args[1]))) {
      System.out.println("broker on " + kafka.bootstrapServers());
      new CountDownLatch(1).await();
    }
  }

  /** Starts one; returns at once. */
  static Process start(Path folder, int port, Path output) throws IOException {
    return new ProcessBuilder(
            FlinkProcesses.java(),
            "-Xmx512m",
            "-Dlog4j2.configurationFile=focus-console-log4j2.xml",
            "-cp",
            FlinkProcesses.testClassPath(),
            BrokerProcess.class.getName(),
            folder.toString(),
            Integer.toString(port))
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()))
        .start();
  }
}
