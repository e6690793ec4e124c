package io.focusstream.jobs.cli;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Ctrl-C and SIGTERM. Not a shutdown hook: Flink has hooks of its own that take its directories
 * away while a last savepoint is still being written. Goes through reflection, as the JDK's signal
 * class is not part of its documented interface; where it isn't there, signals end the process at
 * once, and the last checkpoint stands.
 */
final class Signals {
  private Signals() {}

  /**
   * Has the first signal run an action on a thread of its own, and the second one end the process.
   *
   * @param action what stops everything; it ends the process itself
   */
  static void onStop(Runnable action) {
    AtomicInteger signals = new AtomicInteger();
    InvocationHandler handler =
        (proxy, method, arguments) -> {
          if (method.getName().equals("handle")) {
            if (signals.getAndIncrement() > 0) {
              Runtime.getRuntime().halt(130);
            }
            new Thread(action, "focus-stop").start();
            return null;
          }
          return switch (method.getName()) {
            case "hashCode" -> System.identityHashCode(proxy);
            case "equals" -> proxy == arguments[0];
            default -> "focus signal handler";
          };
        };
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> signalHandler = Class.forName("sun.misc.SignalHandler");
      Object instance =
          Proxy.newProxyInstance(
              Signals.class.getClassLoader(), new Class<?>[] {signalHandler}, handler);
      for (String name : new String[] {"INT", "TERM"}) {
        signal
            .getMethod("handle", signal, signalHandler)
            .invoke(null, signal.getConstructor(String.class).newInstance(name), instance);
      }
    } catch (ReflectiveOperationException | RuntimeException e) {
      // Without it the process ends as any other does.
      return;
    }
  }
}
